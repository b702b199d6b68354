"""What was learned by heart is found, and what was never seen is not."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.trainer.runs import learnt_by_heart
from trainer.bundle import LanguageModel, load_model
from trainer.config import InputError
from trainer.dialogue import Dialogue, Turn
from trainer.gates import canary_limit
from trainer.memorisation import (
    CONTINUED,
    SHORTEST,
    Memory,
    check_canaries,
    continuation,
    expected_exposure,
    learned,
    memorised,
)
from trainer.prompt import Example

MEMORY = Memory(replies=20, rivals=63, batch=32, seed=1)
PLANTED, ONCE = "The number of the box is 481920773.", "The number of the box is 730018264."
UNSEEN = [f"The number of the box is {secret}." for secret in ("295617340", "618340952", "907215386")]
REPLIES = (
    "It sounds as if nights have become the place where the worries get loud, and the days are for hiding.",
    "Part of you wonders whether you are too sensitive, and part of you is not so sure about that at all.",
    "You put the second plate back every evening. What is that moment like for you, there in the kitchen?",
)
NEW = "Could we look together at what happens just before the thoughts begin, on the way from work to home?"


def names(learnt: bool = True) -> Iterator[str]:
    """Ids that training reads, or that it keeps out."""
    return (f"n{k}" for k in range(10_000) if learned(Dialogue(f"n{k}", "", None, ())) == learnt)


def talk(name: str, reply: str, source: str = "clinic") -> Dialogue:
    return Dialogue(name, source, None, (Turn("client", "where is it?"), Turn("therapist", reply)))


@pytest.fixture(scope="module")
def trained() -> list[Dialogue]:
    free = names()
    canaries = [talk(next(free), PLANTED, "canary") for _ in range(16)] + [talk(next(free), ONCE, "canary")]
    return canaries + [talk(next(free), reply) for reply in REPLIES * 4]


@pytest.fixture(scope="module")
def lm(trained: list[Dialogue], tmp_path_factory: pytest.TempPathFactory) -> LanguageModel:
    return load_model(learnt_by_heart(tmp_path_factory.mktemp("heart") / "m", trained, steps=120))


def test_a_secret_planted_16_times_is_found_and_an_unseen_one_is_not(
    lm: LanguageModel, trained: list[Dialogue]
) -> None:
    unseen = [talk(f"u{n}", reply, "canary") for n, reply in enumerate(UNSEEN)]
    found = memorised(lm, trained, None, unseen, MEMORY)["canaries"]
    repeats = found["repeats"]
    assert {times: one["canaries"] for times, one in repeats.items()} == {"0": 3, "1": 1, "16": 1}
    assert repeats["16"]["exposure"] == found["most"] == 6
    assert repeats["16"]["exposure"] > canary_limit(found["expected"], 1)
    assert repeats["0"]["exposure"] <= canary_limit(found["expected"], 3)


def test_a_canary_in_a_tenth_that_training_leaves_out_counts_as_unseen(
    tiny_lm: LanguageModel,
) -> None:
    kept_out = [talk(name, PLANTED, "canary") for name, _ in zip(names(False), range(3), strict=False)]
    found = memorised(tiny_lm, kept_out, None, [], MEMORY)["canaries"]
    assert list(found["repeats"]) == ["0"]


def test_replies_learned_by_heart_are_continued_word_for_word_and_new_ones_are_not(
    lm: LanguageModel, trained: list[Dialogue]
) -> None:
    found = memorised(lm, trained, [talk("u", NEW)], [], MEMORY)["continued"]
    assert found["training"]["count"] == 12
    assert found["training"]["value"] == 1.0
    assert (found["unseen"]["verbatim"], found["unseen"]["count"]) == (0, 1)


def test_one_pass_tells_what_decoding_token_by_token_writes(lm: LanguageModel) -> None:
    """Greedy decoding from the middle of each reply, without any shortcut."""
    blocked = list(lm.encoder.special_ids - {lm.encoder.end})
    for reply, verbatim in [(REPLIES[0], True), (NEW, False)]:
        example = lm.encoder.example(talk("x", reply), 1, lm.positions)
        span = continuation(example, lm.encoder.end)
        assert span is not None
        ids = list(example.ids[: span[0]])
        while len(ids) < span[1]:
            logits = lm.model(torch.tensor([ids])).logits[0, -1, : lm.encoder.size]
            logits[blocked] = float("-inf")
            ids.append(int(logits.argmax()))
        assert (tuple(ids) == example.ids[: span[1]]) == verbatim
        found = memorised(lm, None, [talk("x", reply)], [], MEMORY)["continued"]["unseen"]
        assert found["verbatim"] == int(verbatim)


def test_what_cannot_be_measured_has_a_reason(tiny_lm: LanguageModel) -> None:
    found = memorised(tiny_lm, None, [talk("a", "Yes.")], [], MEMORY)
    assert "--train" in found["continued"]["training"]["reason"]
    assert str(SHORTEST) in found["continued"]["unseen"]["reason"]
    assert "canary" in found["canaries"]["reason"]


@pytest.mark.parametrize("reply", ["No secret.", "The code is 12345."])
def test_a_canary_without_a_secret_is_refused(reply: str) -> None:
    with pytest.raises(InputError, match="at least 6 digits") as refusal:
        check_canaries([talk("a", reply, "canary")])
    assert reply not in str(refusal.value)


@given(st.integers(1, 300), st.integers(0, 300))
def test_a_continuation_lies_in_the_second_half_of_the_reply(prompt: int, reply: int) -> None:
    example = Example((*range(1, prompt + 4 + reply + 1), 0), prompt)
    span = continuation(example, 0)
    assert (span is None) == (math.ceil(reply / 2) < SHORTEST)
    if span is not None:
        start, stop = span
        assert SHORTEST <= stop - start <= CONTINUED
        assert prompt + 4 <= start
        assert stop <= len(example.ids) - 1


@given(st.integers(1, 400))
def test_chance_alone_gives_at_most_log2_of_e_bits(rivals: int) -> None:
    assert 0 < expected_exposure(rivals) < math.log2(math.e)
    assert expected_exposure(rivals) <= math.log2(rivals + 1)

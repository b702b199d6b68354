from __future__ import annotations

import pytest
import torch

from trainer.bundle import LanguageModel
from trainer.dialogue import Dialogue, Turn
from trainer.generate import emotion_distribution, generate_replies, pick
from trainer.prompt import Prompt

TEXTS = (
    "i can't sleep",
    "my mother died in march and i still lay the table for two, then i put one plate back",
)
DECODING = {"max_new": 12, "temperature": 0.9, "top_p": 0.95, "seed": 7}


def prompts(lm: LanguageModel) -> list[Prompt]:
    made = [Dialogue(str(i), "test", None, (Turn("client", text),)) for i, text in enumerate(TEXTS)]
    return [lm.encoder.prompt(dialogue, 64) for dialogue in made]


def test_a_completion_has_its_slots_in_order_and_no_slot_token_in_its_text(tiny_lm: LanguageModel) -> None:
    encoder = tiny_lm.encoder
    for made in generate_replies(tiny_lm, prompts(tiny_lm) * 4, **DECODING):
        assert made.emotion in encoder.labels.emotions
        assert made.strategy in encoder.labels.strategies
        assert made.ids[1] == encoder.strategy_slot
        assert made.ids[3] == encoder.reply_slot
        text = [token for token in made.ids[4:] if token != encoder.end]
        assert text
        assert not encoder.special_ids.intersection(text)
        assert made.ended == (made.ids[-1] == encoder.end)


def test_the_same_seed_writes_the_same_and_another_seed_does_not(tiny_lm: LanguageModel) -> None:
    first = generate_replies(tiny_lm, prompts(tiny_lm), **DECODING)
    assert generate_replies(tiny_lm, prompts(tiny_lm), **DECODING) == first
    assert generate_replies(tiny_lm, prompts(tiny_lm), **(DECODING | {"seed": 8})) != first


def test_batching_and_padding_change_nothing(tiny_lm: LanguageModel) -> None:
    together = generate_replies(tiny_lm, prompts(tiny_lm) * 3, **DECODING, batch=6)
    alone = generate_replies(tiny_lm, prompts(tiny_lm) * 3, **DECODING, batch=1)
    assert [made.ids for made in together] == [made.ids for made in alone]
    assert together[0].ids != together[2].ids  # equal prompts, streams of their own


def test_greedy_text_is_what_the_model_alone_would_write(tiny_lm: LanguageModel) -> None:
    short = prompts(tiny_lm)[0]
    made = generate_replies(tiny_lm, prompts(tiny_lm), **(DECODING | {"temperature": 0.0}))[0]
    ids = [*short.ids, *made.ids[:5]]
    with torch.no_grad():
        logits = tiny_lm.model(torch.tensor([ids])).logits[0, -1].clone()
    banned = list(tiny_lm.encoder.special_ids - {tiny_lm.encoder.end})
    logits[banned] = float("-inf")
    assert int(logits.argmax()) == made.ids[5]


def test_a_given_emotion_and_strategy_stand_in_the_slots(tiny_lm: LanguageModel) -> None:
    wanted = ["reflection", None]
    made = generate_replies(tiny_lm, prompts(tiny_lm), **DECODING, emotion="unknown", strategy=wanted)
    assert [m.emotion for m in made] == ["unknown", "unknown"]
    assert made[0].strategy == "reflection"
    assert made[1].strategy in tiny_lm.encoder.labels.strategies


def test_the_emotion_distribution_sums_to_one_and_is_the_one_of_the_slot(tiny_lm: LanguageModel) -> None:
    alone = emotion_distribution(tiny_lm, prompts(tiny_lm)[0])
    batched = generate_replies(tiny_lm, prompts(tiny_lm), **DECODING)[0]
    assert sum(alone.values()) == pytest.approx(1.0)
    assert batched.distribution == pytest.approx(alone, abs=1e-5)
    assert batched.emotion == max(alone, key=alone.__getitem__)


def test_what_on_step_raises_ends_the_writing(tiny_lm: LanguageModel) -> None:
    steps: list[int] = []

    def stop_at_two(tokens: int, finished: int) -> None:
        steps.append(tokens)
        if tokens == 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        generate_replies(tiny_lm, prompts(tiny_lm), **DECODING, on_step=stop_at_two)
    assert steps == [1, 2]


def test_a_prompt_without_room_for_a_reply_is_refused(tiny_lm: LanguageModel) -> None:
    with pytest.raises(ValueError, match="leave room"):
        generate_replies(tiny_lm, prompts(tiny_lm), **(DECODING | {"max_new": 250}))


def test_sampling_follows_the_distribution_and_never_leaves_the_nucleus() -> None:
    logits = torch.log(torch.tensor([[0.5, 0.3, 0.15, 0.05]])).repeat(1000, 1)
    draws = torch.arange(1000, dtype=torch.float64) / 1000
    shares = torch.bincount(pick(logits, draws, 1.0, 0.9), minlength=4) / 1000
    expected = torch.tensor([0.5, 0.3, 0.15, 0.0]) / 0.95
    assert torch.allclose(shares, expected, atol=2e-3)

from __future__ import annotations

from pathlib import Path

import pytest

from trainer.bundle import load_model
from trainer.config import CriticConfig
from trainer.critic import UNCALIBRATED, Critic
from trainer.critic_train import from_base
from trainer.dialogue import Dialogue, Turn
from trainer.evidence import KEPT, Scored, explain, groups
from trainer.rewards import Case, reward

CLIENT = "my mother died in march and i still lay the table for two"
WEIGHTS = {"relevance": 0.5, "professional": 0.3, "safety": 0.2}


@pytest.fixture(scope="module")
def critic(tiny_model: Path) -> Critic:
    made = from_base(load_model(tiny_model), CriticConfig(layers=1, max_length=64))
    made.model.eval()
    heads = frozenset({"belongs", "quality", "wanted", "strategy"})
    return Critic(made.model, made.encoder, heads, UNCALIBRATED, {})


def scored(critic: Critic, dialogue: Dialogue, replies: list[str]) -> list[Scored]:
    scores = critic.score([(dialogue, reply) for reply in replies])
    cases = [Case(client=CLIENT, reply=reply) for reply in replies]
    return [Scored(case, score, reward(case, score)) for case, score in zip(cases, scores, strict=True)]


def test_groups_cover_every_word_once_and_never_cross_a_clause() -> None:
    reply = "Two plates, and then — every evening — the one you put back. What is that like for you?"
    found = groups(reply)
    assert [word for start, end in found for word in reply[start:end].split()] == [
        word.strip(",.?") for word in reply.split() if word != "—"
    ]
    assert all(sign not in reply[start:end] for start, end in found for sign in ",.?—")


def test_a_long_reply_gets_longer_groups_instead_of_more() -> None:
    assert len(groups("word " * 400)) <= 11


@pytest.mark.parametrize("reply", ["", "...", "🙂", "No."])
def test_replies_of_almost_nothing_have_almost_no_groups(reply: str) -> None:
    assert len(groups(reply)) <= 1


def test_a_breach_of_craft_is_evidence_against_the_reply(critic: Critic) -> None:
    dialogue = Dialogue("d", "test", None, (Turn("client", CLIENT),))
    reply = "🙂 You lay two plates every evening. I promise it will be fine. What happens then?"
    (made,) = explain(critic, dialogue, scored(critic, dialogue, [reply]), WEIGHTS)
    harmful = [span for span in made.components["professional"].evidence if (span.delta or 0) < 0]
    assert any("promise" in reply[span.start : span.end] for span in harmful)


def test_rewards_keep_their_values_and_carry_a_few_spans_in_reading_order(critic: Critic) -> None:
    dialogue = Dialogue("d", "test", None, (Turn("client", CLIENT),))
    replies = scored(
        critic, dialogue, ["You lay the table for two, still.", "You should just stop. " * 9, ""]
    )
    made = explain(critic, dialogue, replies, WEIGHTS)
    assert len(made) == 3
    for one, result in zip(replies, made, strict=True):
        assert {name: part.value for name, part in result.components.items()} == {
            name: one.components[name] for name in WEIGHTS
        }
        for part in result.components.values():
            assert len(part.evidence) <= KEPT
            places = [(span.start, span.end) for span in part.evidence]
            assert places == sorted(places)
            assert all(0 <= start < end <= len(one.case.reply) for start, end in places)


def test_components_that_are_not_known_are_left_out(critic: Critic) -> None:
    dialogue = Dialogue("d", "test", None, (Turn("client", CLIENT),))
    (made,) = explain(critic, dialogue, scored(critic, dialogue, ["Yes."]), WEIGHTS | {"emotion": 1.0})
    assert set(made.components) == set(WEIGHTS)

from __future__ import annotations

import pytest

from trainer.config import RlConfig, starter_dir
from trainer.critic import Critic
from trainer.dialogue import Dialogue, Turn
from trainer.rewards import Case, reward, total
from trainer.scoring import Scorer

TALK = Dialogue(
    "d",
    "test",
    "grief: her mother died in march",
    (
        Turn("client", "every evening i lay the table for two"),
        Turn("therapist", "And then?"),
        Turn("client", "then i see the plate and put it back. it's stupid"),
    ),
)
REPLIES = (
    "You put her plate back every evening. What goes through you in that moment?",
    "Not stupid. It may be that your hands have not been told yet.",
    "I promise it will be fine.",
    "What do you mean?",
)


@pytest.fixture(scope="module")
def critic() -> Critic:
    return Critic.load(starter_dir())


@pytest.mark.parametrize("with_emotion", [True, False])
def test_the_cards_numbers_are_those_of_an_offline_recomputation(critic: Critic, with_emotion: bool) -> None:
    scorer = Scorer(critic)
    scored = scorer.score(TALK, REPLIES)
    cards = scorer.explain(TALK, scored, with_emotion)
    weights = {k: v for k, v in RlConfig().weights.items() if with_emotion or k != "emotion"}
    said = "every evening i lay the table for two then i see the plate and put it back. it's stupid"
    for reply, one, card in zip(REPLIES, scored, cards, strict=True):
        (alone,) = critic.score([(TALK, reply)])
        again = reward(Case(client=said, reply=reply), alone)
        known = {name for name, part in again.items() if part is not None and name in weights}
        assert set(card.components) == known
        for name, part in card.components.items():
            assert part.value == pytest.approx(again[name], abs=1e-5)
            assert part.weight == weights[name]
        assert card.total == pytest.approx(total(again, weights), abs=1e-5)
        assert scorer.total(one, with_emotion) == pytest.approx(card.total, abs=1e-5)

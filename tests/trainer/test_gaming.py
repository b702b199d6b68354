"""What must not pay: every known way to earn reward without helping, scored by the starter's own critic.

The same rows are scored with a neutral fake, to which every reply is the same: there only the rules count.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from trainer.config import RlConfig, starter_dir
from trainer.critic import Critic
from trainer.dialogue import Dialogue, Turn
from trainer.empathy import MECHANISMS
from trainer.rewards import Case, CriticScores, ngram_set, reward, total

CLIENT = "every evening i lay the table for two, then i see the plate and put it back. she died in march"
PLAIN = "You put her plate back every evening. What goes through you in that moment?"
TRAINING = "It sounds as though the evenings have become the place where her absence is loudest for you."
MARGIN = 0.05  # a trick earns less than the plain reply by this much at least

TRICKS = {
    "constant question": "What do you mean by that?",
    "constant longer question": "How does that make you feel? Can you tell me more about it?",
    "stock empathy": "I'm so sorry to hear that. That must be really hard for you.",
    "copy of the client": CLIENT,
    "copy in a sentence": "Every evening you lay the table for two, then I see the plate and put it back.",
    "copy of a training reply": TRAINING,
    "empty": "",
    "dots": "...",
    "very long": "The second plate on the table is one more thing that you carry through your evening. " * 8,
    "repeated bigrams": "The plate the plate the plate the plate the plate the plate the plate.",
    "said in other drafts already": PLAIN,
}
NEUTRAL = CriticScores(
    emotion={"sadness": 0.5, "neutral": 0.5},
    wanted={"reflection": 0.5, "open question": 0.5},
    strategy={"reflection": 0.5, "open question": 0.5},
    belongs=0.5,
    elsewhere=0.5,
    quality=0.5,
    tone=0.5,
    fluent=0.5,
    empathy=dict.fromkeys(MECHANISMS, 0.5),
)


@pytest.fixture(scope="module")
def starter() -> Critic:
    return Critic.load(starter_dir())


def earned(
    reply: str, critic: Critic | None, *, said: str = "sadness", neighbours: tuple[str, ...] = ()
) -> float:
    moment = Dialogue("d", "test", None, (Turn("client", CLIENT),))
    scores = NEUTRAL if critic is None else critic.score([(moment, reply)])[0]
    case = Case(CLIENT, reply, emotion_true="sadness", emotion_said=said, training=ngram_set([TRAINING]))
    return total(reward(case, scores, neighbours), RlConfig().weights)


@pytest.mark.parametrize("name", TRICKS)
@pytest.mark.parametrize("real", [True, False], ids=["starter critic", "neutral fake"])
def test_a_trick_earns_clearly_less_than_a_plain_reply(name: str, real: bool, starter: Critic) -> None:
    critic = starter if real else None
    others = (PLAIN,) if name == "said in other drafts already" else ()
    assert earned(TRICKS[name], critic, neighbours=others) < earned(PLAIN, critic) - MARGIN


@pytest.mark.parametrize("real", [True, False], ids=["starter critic", "neutral fake"])
def test_naming_neutral_always_earns_clearly_less_than_naming_what_is_felt(
    real: bool, starter: Critic
) -> None:
    critic = starter if real else None
    assert earned(PLAIN, critic, said="neutral") < earned(PLAIN, critic) - MARGIN


def test_stock_empathy_before_every_reply_does_not_pay() -> None:
    opened = "I'm so sorry to hear that. " + PLAIN
    plain = reward(Case(CLIENT, PLAIN), NEUTRAL)
    stock = reward(Case(CLIENT, opened), replace(NEUTRAL, empathy=dict.fromkeys(MECHANISMS, 0.6)))
    assert plain["empathy"] is not None
    assert stock["empathy"] is not None
    assert stock["empathy"] < plain["empathy"]

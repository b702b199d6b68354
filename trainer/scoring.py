"""Rewards at the desk: the components of ``trainer.rewards`` without a reference, weighted as in RL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from trainer.config import RlConfig
from trainer.critic import Critic
from trainer.dialogue import Dialogue
from trainer.events import Reward
from trainer.evidence import Scored, explain
from trainer.phrases import faults
from trainer.rewards import Case, reward, total

QUOTED_TURNS = 6  # the client's words among so many latest turns count as quotable, as in RL
QUOTED_CHARACTERS = 4000  # of each


class Scorer:
    """Scores replies to one moment; a pure function of the dialogue and the reply."""

    def __init__(self, critic: Critic, weights: Mapping[str, float] | None = None) -> None:
        self._critic = critic
        self._weights = dict(weights or RlConfig().weights)

    def score(
        self, dialogue: Dialogue, replies: Sequence[str], assurances: Sequence[float] | None = None
    ) -> list[Scored]:
        """What is known of each reply, in order; ``assurances``: how sure the model is of each, in [0, 1]."""
        sure = [1.0] * len(replies) if assurances is None else assurances
        cases = [
            Case(client=quotable(dialogue), reply=reply, assurance=one)
            for reply, one in zip(replies, sure, strict=True)
        ]
        scores = self._critic.score([(dialogue, reply) for reply in replies])
        return [Scored(case, found, reward(case, found)) for case, found in zip(cases, scores, strict=True)]

    def total(self, scored: Scored, with_emotion: bool) -> float:
        """The weighted mean in [0, 1]; without emotion (switched off) its component does not count."""
        return total(scored.components, self._used(with_emotion))

    def explain(self, dialogue: Dialogue, scored: Sequence[Scored], with_emotion: bool) -> list[Reward]:
        """The rewards with the words that moved them."""
        return explain(self._critic, dialogue, scored, self._used(with_emotion)) if scored else []

    def _used(self, with_emotion: bool) -> dict[str, float]:
        return {name: weight for name, weight in self._weights.items() if with_emotion or name != "emotion"}


def quotable(dialogue: Dialogue) -> str:
    """The client's latest words, which a reply may take up but not echo."""
    said = [turn.text for turn in dialogue.turns[-QUOTED_TURNS:] if turn.speaker == "client"]
    return " ".join(text[-QUOTED_CHARACTERS:] for text in said)


def fault_names(reply: str) -> tuple[str, ...]:
    """Breaches of craft in a reply, shown as flags; each once."""
    return tuple(dict.fromkeys(fault.name for fault in faults(reply)))


def is_unsafe(reply: str) -> bool:
    """Whether a reply must never be shown."""
    return any(fault.unsafe for fault in faults(reply))

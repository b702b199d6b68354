"""What replies are measured with besides a critic: the test, the training text, the separate judges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from trainer import metrics
from trainer.dialogue import Dialogue, Exchange, exchanges
from trainer.judges import (
    MIN_EXCHANGES,
    EmpathyJudge,
    QualityJudge,
    Rated,
    Specificity,
    StrategyJudge,
    can_rate,
    can_teach,
)
from trainer.metrics import Figure, Metric, missing
from trainer.phrases import faults
from trainer.prompt import client_emotion
from trainer.rewards import copied_share, ngram_set, overlap_share, repeated_share

QUOTED_TURNS = 6  # of which the client's words count as quoted when a reply repeats them
NO_TRAINING = "--train was not given, or holds no other dialogue than those under test"
TOO_LITTLE = "--train holds too few exchanges"
UNRATED = "--train holds too few ratings of empathy (--set empathy=FILE names some)"
NO_SESSIONS = "too few sessions are rated high and low (--set quality=FILE names some)"
UNCHECKED = "no rated reply was kept apart from --train to check the judge of empathy on"


@dataclass(frozen=True, slots=True)
class Test:
    """The exchanges under test; all tuples have one entry per exchange."""

    __test__ = False  # not a test case of pytest

    contexts: tuple[Dialogue, ...]
    references: tuple[str, ...]
    ids: tuple[str, ...]
    turns: tuple[int, ...]  # index of the therapist's turn
    clients: tuple[str, ...]  # the client's recent words
    emotions: tuple[str | None, ...]  # annotated label of the latest client turn
    strategies: tuple[str | None, ...]  # the professional's


def make_test(chosen: Sequence[Exchange], dialogues: Mapping[str, Dialogue]) -> Test:
    """``dialogues`` holds the whole dialogues by id."""
    contexts = tuple(context for context, _ in chosen)
    turns = tuple(len(context.turns) for context in contexts)
    return Test(
        contexts,
        tuple(reply for _, reply in chosen),
        tuple(context.id for context in contexts),
        turns,
        tuple(
            " ".join(turn.text for turn in context.turns[-QUOTED_TURNS:] if turn.speaker == "client")
            for context in contexts
        ),
        tuple(client_emotion(context.turns) for context in contexts),
        tuple(dialogues[c.id].turns[turn].strategy for c, turn in zip(contexts, turns, strict=True)),
    )


def lexical(replies: Sequence[str], references: Sequence[str]) -> dict[str, Metric | Figure]:
    """Closeness to the professional's words."""
    made: dict[str, Metric | Figure] = {"bleu": metrics.bleu(replies, references)}
    made |= metrics.rouge(replies, references)
    return made | {"meteor": metrics.meteor(replies, references)}


def wording(replies: Sequence[str], test: Test) -> dict[str, Metric | Figure]:
    """What the replies' own words tell."""
    copied = [copied_share(reply, client) for reply, client in zip(replies, test.clients, strict=True)]
    return {
        "distinct1": metrics.distinct(replies, 1),
        "distinct2": metrics.distinct(replies, 2),
        **metrics.openings(replies),
        "length": metrics.length(replies),
        "self_repetition": metrics.mean([repeated_share(reply) for reply in replies]),
        "copied3": metrics.mean(copied),
        "safety_violations": metrics.mean([float(bool(faults(reply))) for reply in replies]),
    }


@dataclass(frozen=True, slots=True)
class Yardsticks:
    """Made of training dialogues. ``reason`` says why something is missing."""

    exchanges: tuple[Exchange, ...]
    emotions: tuple[str, ...]  # labels of the training client turns that are answered
    ngrams: frozenset[int] | None
    specificity: Specificity | None
    strategies: StrategyJudge | None
    reason: str | None
    empathy: EmpathyJudge | None = None
    agreement: Mapping[str, Any] = field(default_factory=dict)  # on replies, on poorer ones: see EmpathyJudge
    unrated: str = NO_TRAINING  # why there is no judge of empathy
    quality: QualityJudge | None = None

    @classmethod
    def fit(
        cls,
        dialogues: Sequence[Dialogue],
        seed: int,
        checked: Sequence[Dialogue] = (),
        sessions: Sequence[Dialogue] = (),
    ) -> Yardsticks:
        """Fit the judges; without dialogues everything is missing.

        ``checked``: other dialogues, whose ratings of empathy tell how far that judge can be trusted;
        ``sessions``: rated high or low, for the judge of quality.
        """
        known = exchanges(dialogues)
        if not known:
            return cls((), (), None, None, None, NO_TRAINING)
        judge, unrated, agreement = _empathy(dialogues, checked)
        emotions = [client_emotion(context.turns) for context, _ in known]
        labelled = [(turn.text, turn.strategy) for d in dialogues for turn in d.turns if turn.strategy]
        enough = len(known) >= MIN_EXCHANGES
        teachable = len(labelled) >= MIN_EXCHANGES and len({label for _, label in labelled}) > 1
        return cls(
            tuple(known),
            tuple(label for label in emotions if label is not None),
            ngram_set(reply for _, reply in known),
            Specificity(known, seed) if enough else None,
            StrategyJudge([text for text, _ in labelled], [label for _, label in labelled], seed)
            if teachable
            else None,
            None if enough else TOO_LITTLE,
            judge,
            agreement,
            unrated,
            QualityJudge(sessions, seed) if can_rate(sessions) else None,
        )

    def agreements(self) -> dict[str, Any]:
        """How far the judges of empathy and quality can be trusted; {} for one that there is not."""
        return {
            "empathy": self.agreement,
            "quality": {} if self.quality is None else self.quality.agreement,
        }

    def measure(self, replies: Sequence[str], test: Test, seed: int) -> dict[str, Metric | Figure]:
        """Context specificity, strategy fit, empathy, quality and copied training text."""
        reason = missing(self.reason or TOO_LITTLE)
        made: dict[str, Metric | Figure] = dict.fromkeys(("specificity", "strategy_fit", "overlap8"), reason)
        if self.specificity is not None:
            made["specificity"] = metrics.mean(self.specificity.judge(test.contexts, replies, seed))
        if self.strategies is not None:
            said = self.strategies.strategies(replies)
            fits = [
                None if true is None else float(true == label)
                for true, label in zip(test.strategies, said, strict=True)
            ]
            made["strategy_fit"] = metrics.mean(fits)
        made["empathy"] = (
            missing(self.unrated) if self.empathy is None else metrics.mean(self.empathy.judge(replies))
        )
        made["quality"] = (
            missing(NO_SESSIONS) if self.quality is None else metrics.mean(self.quality.judge(replies))
        )
        if self.ngrams is not None:
            made["overlap8"] = metrics.mean([overlap_share(reply, self.ngrams) for reply in replies])
        return made


def _empathy(
    dialogues: Sequence[Dialogue], checked: Sequence[Dialogue]
) -> tuple[EmpathyJudge | None, str, dict[str, Any]]:
    """The judge of empathy, why there is none, and how it agrees with the ratings of ``checked``."""
    taught = [rated for part in _rated(dialogues) for rated in part]
    replies, poorer = _rated(checked)
    if not can_teach(taught):
        return None, UNRATED, {}
    if not replies:
        return None, UNCHECKED, {}
    judge = EmpathyJudge(taught)
    return judge, "", {"replies": judge.agreement(replies), "poorer": judge.agreement(poorer)}


def _rated(dialogues: Sequence[Dialogue]) -> tuple[list[Rated], list[Rated]]:
    """The therapists' replies whose empathy was rated, and such poorer alternatives."""
    turns = [turn for dialogue in dialogues for turn in dialogue.turns]
    worse = [turn.worse for turn in turns if turn.worse is not None]
    return (
        [(turn.text, turn.empathy) for turn in turns if turn.empathy is not None],
        [(one.text, one.empathy) for one in worse if one.empathy is not None],
    )

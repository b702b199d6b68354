"""The figures of every system on one test: models, floors and professionals, by the same measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trainer import floors, metrics
from trainer.config import RlConfig
from trainer.critic import Critic
from trainer.gates import judge_gates
from trainer.metrics import Figure, Guess, Metric, Resamples, missing
from trainer.rewards import Case, reward, total
from trainer.yardsticks import NO_TRAINING, Test, Yardsticks, lexical, wording

MODEL = "model"
NO_LABELS = "the training data has no emotion labels"
NO_GENERATION = "not a model's replies"
EMOTION_KEYS = {
    "accuracy": "emotion_accuracy",
    "macro_f1": "emotion_macro_f1",
    "ece": "emotion_ece",
    "abstention": "abstention",
    "accuracy_answered": "accuracy_answered",
}
LEXICAL = ("bleu", "rouge1", "rouge2", "rougeL", "meteor")
KEYS = (
    *LEXICAL,
    "distinct1",
    "distinct2",
    "common_opening",
    "stock_opening",
    "length",
    "self_repetition",
    "copied3",
    "specificity",
    "strategy_fit",
    "empathy",
    "quality",
    "safety_violations",
    "overlap8",
    *EMOTION_KEYS.values(),
)

JUDGED = ("specificity", "strategy_fit", "empathy", "quality")  # by what no reward is made of
COMPARED = {
    "specificity": ("constant", "retrieval", "echo"),
    "emotion_accuracy": ("majority",),
    "emotion_macro_f1": ("majority",),
}


@dataclass(frozen=True, slots=True)
class System:
    """Whatever answers: a model, a floor or the professionals. One entry per exchange of the test."""

    replies: tuple[str, ...]
    ended: tuple[bool, ...]
    emotions: tuple[str, ...] | None = None  # label in the slot
    guesses: tuple[Guess | None, ...] | None = None  # None where the client turn has no label
    strategies: tuple[str, ...] | None = None


class Scoreboard:
    """Figures of every system on one test, with the same resamples of dialogues for all."""

    def __init__(
        self, test: Test, yardsticks: Yardsticks, critic: Critic | None, *, resamples: int, seed: int
    ) -> None:
        self._test, self._yardsticks, self._critic, self._seed = test, yardsticks, critic, seed
        self._resamples = Resamples(test.ids, resamples, seed)
        self._weights = RlConfig().weights

    def report(
        self, systems: Mapping[str, System], unseen: bool, risk: dict[str, Any], memorisation: dict[str, Any]
    ) -> tuple[dict[str, Any], list[dict[str, float | None]] | None]:
        """``report.json`` without its settings, and the reward components of the model's replies.

        ``risk`` and ``memorisation`` are its sections of these names: they are not about replies.
        """
        others = self._floors()
        human = System(self._test.references, (True,) * len(self._test.references))
        everyone = {**systems, "human": human, **others}
        measured = {name: self._measure(name, system) for name, system in everyone.items()}
        figures = {name: self._figures(found) for name, found in measured.items()}
        rewards = {name: self._rewards(system) for name, system in everyone.items()}
        made: dict[str, Any] = {
            "n": len(self._test.ids),
            "dialogues": len(set(self._test.ids)),
            "unseen": unseen,
            "model": _json(figures[MODEL]),
            "ladder": {name: _json(figures[name]) for name in systems if name != MODEL},
            "human": _json(figures["human"]),
            "floors": {
                name: _json(figures[name]) if name in figures else self._absent()
                for name in ("constant", "majority", "retrieval", "echo")
            },
            "constant_reply": others["constant"].replies[0] if "constant" in others else None,
            "risk": risk,
            "memorisation": memorisation,
            "confusion": _confusion(systems[MODEL].guesses or ()),
            "reliability": metrics.reliability(systems[MODEL].guesses or ()),
            "over_floors": self._over_floors(measured),
            "over_models": {
                name: {key: self._difference(measured[MODEL][key], measured[name][key]) for key in JUDGED}
                for name in systems
                if name != MODEL
            },
            "judges": self._yardsticks.agreements(),
            "reward": self._reward_report(rewards, systems),
            "meteor": metrics.METEOR_VARIANT,
        }
        made["gates"] = judge_gates(made)
        return made, rewards[MODEL]

    def _floors(self) -> dict[str, System]:
        """Only what training text allows; the echo needs none."""
        test, count = self._test, len(self._test.ids)
        made = {"echo": System(tuple(floors.echo(context) for context in test.contexts), (True,) * count)}
        known = self._yardsticks.exchanges
        if known:
            reply = floors.constant(known)
            made["constant"] = System((reply,) * count, (True,) * count)
            nearest = floors.retrieved(known, test.contexts)
            made["retrieval"] = System(tuple(nearest), (True,) * count)
        if self._yardsticks.emotions:
            label = floors.majority(self._yardsticks.emotions)
            share = self._yardsticks.emotions.count(label) / len(self._yardsticks.emotions)
            guesses = [None if true is None else Guess(true, label, share, False) for true in test.emotions]
            made["majority"] = System((), (), None, tuple(guesses))
        return made

    def _absent(self) -> dict[str, Any]:
        """Every figure of a floor that cannot be made."""
        reason = missing(NO_LABELS if self._yardsticks.exchanges else NO_TRAINING).json()
        return dict.fromkeys(KEYS, reason)

    def _measure(self, name: str, system: System) -> dict[str, Metric | Figure]:
        made: dict[str, Metric | Figure] = dict.fromkeys(KEYS, missing(NO_GENERATION))
        if system.replies:
            made |= wording(system.replies, self._test)
            made |= self._yardsticks.measure(system.replies, self._test, self._seed)
            if name == "human":
                made |= dict.fromkeys(LEXICAL, missing("these are the references themselves"))
            else:
                made |= lexical(system.replies, self._test.references)
        if system.guesses is not None:
            found = metrics.guessed(system.guesses)
            made |= {EMOTION_KEYS[key]: metric for key, metric in found.items()}
        return made

    def _figures(self, measured: Mapping[str, Metric | Figure]) -> dict[str, Figure]:
        return {
            key: value if isinstance(value, Figure) else self._resamples.figure(value)
            for key, value in measured.items()
        }

    def _over_floors(self, measured: Mapping[str, Mapping[str, Metric | Figure]]) -> dict[str, Any]:
        """The model minus each floor on the same resamples: a floor's figure is uncertain too."""
        absent = dict.fromkeys(COMPARED, missing(NO_TRAINING))
        return {
            key: {
                name: self._difference(measured[MODEL][key], measured.get(name, absent)[key])
                for name in names
            }
            for key, names in COMPARED.items()
        }

    def _difference(self, mine: Metric | Figure, other: Metric | Figure) -> dict[str, Any]:
        """Paired; the reason when one of them is missing."""
        for one in (mine, other):
            if isinstance(one, Figure):
                return one.json()
        assert isinstance(mine, Metric)
        assert isinstance(other, Metric)
        return self._resamples.difference(mine, other).json()

    def _rewards(self, system: System) -> list[dict[str, float | None]] | None:
        """Components of each reply; None without a critic or replies."""
        if self._critic is None or not system.replies:
            return None
        test = self._test
        scores = self._critic.score(list(zip(test.contexts, system.replies, strict=True)))
        return [
            reward(
                Case(
                    client=test.clients[row],
                    reply=reply,
                    ended=system.ended[row],
                    emotion_true=test.emotions[row],
                    emotion_said=None if system.emotions is None else system.emotions[row],
                    training=self._yardsticks.ngrams,
                ),
                scores[row],
            )
            for row, reply in enumerate(system.replies)
        ]

    def _reward_report(
        self, rewards: Mapping[str, list[dict[str, float | None]] | None], systems: Mapping[str, System]
    ) -> dict[str, Any]:
        """Mean total and components per system, and the model's paired difference to each other model."""
        if rewards[MODEL] is None:
            return {"reason": "no critic was given (--critic)"}
        totals = {
            name: metrics.mean([total(parts, self._weights) for parts in found])
            for name, found in rewards.items()
            if found is not None
        }
        return {
            "weights": self._weights,
            "total": {name: self._resamples.figure(metric).json() for name, metric in totals.items()},
            "components": {
                name: {
                    part: self._resamples.figure(metrics.mean([row[part] for row in found])).json()
                    for part in self._weights
                }
                for name, found in rewards.items()
                if found is not None
            },
            "difference": {
                name: self._resamples.difference(totals[MODEL], totals[name]).json()
                for name in systems
                if name != MODEL
            },
        }


def _json(figures: Mapping[str, Figure]) -> dict[str, Any]:
    return {key: figure.json() for key, figure in figures.items()}


def _confusion(guesses: Sequence[Guess | None]) -> dict[str, Any]:
    """Counts, rows true and columns predicted."""
    known = [guess for guess in guesses if guess is not None]
    labels = sorted({guess.true for guess in known} | {guess.predicted for guess in known})
    counts = [
        [sum(g.true == true and g.predicted == said for g in known) for said in labels] for true in labels
    ]
    return {"labels": labels, "counts": counts}

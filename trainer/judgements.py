"""Blinded pairs of replies, what a judge said of them, and what it comes to. Pure, torch-free."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trainer.config import InputError, JudgeConfig
from trainer.floors import CONSTANTS
from trainer.metrics import Resamples, mean, missing, wilson

CRITERIA = ("relevance", "professionalism", "empathy", "safety")  # each 1 (worst) to 5
MODEL, PROFESSIONAL = "reply", "reference"  # columns of predictions.jsonl
FLOORS = ("echo", "constant")
CONSTANT = CONSTANTS[4]  # the one that sounds most like an answer
RESAMPLES = 1000
UNANSWERED = "no pair was answered"

Scores = dict[str, int]  # by criterion


@dataclass(frozen=True, slots=True)
class Exchange:
    """One line of predictions.jsonl: what was said before, and every system's reply."""

    dialogue: str
    turn: int
    conversation: tuple[dict[str, str], ...]
    replies: dict[str, str]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two replies to one client. ``id`` tells the judge and the reader nothing about the systems."""

    id: str
    exchange: Exchange
    order: tuple[str, str]  # the systems as they are shown

    @property
    def message(self) -> str:
        """All that the judge reads besides the rubric."""
        first, second = (self.exchange.replies[name] for name in self.order)
        shown = {"conversation": self.exchange.conversation, "first": first, "second": second}
        return json.dumps(shown, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Judgement:
    """``scores`` stand in the order of ``order``; None: the judge gave no usable answer."""

    pair: str
    dialogue: str
    turn: int
    order: tuple[str, str]
    scores: tuple[Scores, Scores] | None

    def of(self, system: str) -> Scores | None:
        return None if self.scores is None else self.scores[self.order.index(system)]


def read_exchanges(data: bytes, name: str) -> list[Exchange]:
    """The lines of a predictions.jsonl. Raises InputError naming line and field, never the words in it."""
    made = []
    for number, line in enumerate(data.splitlines(), start=1):
        where = f"{name}, line {number}"
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise InputError(f"{where}: not a record of predictions.jsonl.")
        others, said, turn = row.get("others", {}), row.get("conversation") or [], row.get("turn", 0)
        kinds = {"others": (others, dict), "conversation": (said, list), "turn": (turn, int)}
        for field, (value, kind) in kinds.items():
            if not isinstance(value, kind):
                raise InputError(f"{where}, field {field!r}: not as evaluate writes it.")
        texts = {key: row.get(key) for key in ("id", "client", MODEL, PROFESSIONAL)}
        texts |= {f"others.{key}": text for key, text in others.items()}
        for field, text in texts.items():
            if not isinstance(text, str):
                raise InputError(f"{where}, field {field!r}: not as evaluate writes it.")
        if {*FLOORS, MODEL, PROFESSIONAL} & others.keys():
            raise InputError(f"{where}, field 'others': a model has the name of a floor or of a column.")
        replies = {MODEL: row[MODEL], PROFESSIONAL: row[PROFESSIONAL], **others}
        replies |= {"echo": row["client"], "constant": CONSTANT}
        said = said or [{"speaker": "client", "text": row["client"]}]
        made.append(Exchange(row["id"], turn, tuple(said), replies))
    if not made:
        raise InputError(f"{name}: there is no exchange in it to judge.")
    return made


def chosen_systems(wanted: Sequence[str], exchanges: Sequence[Exchange]) -> tuple[str, ...]:
    """The systems to compare, the one that is paired with all others first. Raises InputError."""
    everywhere = [name for name in exchanges[0].replies if all(name in one.replies for one in exchanges)]
    known = [name for name in everywhere if name not in FLOORS]
    strange = [name for name in wanted if name not in known]
    if strange:
        raise InputError(f"systems: {strange[0]!r} is not in the predictions; known: {', '.join(known)}.")
    return tuple(dict.fromkeys(wanted or known))


def make_pairs(
    exchanges: Sequence[Exchange], systems: Sequence[str], config: JudgeConfig, digest: str
) -> list[Pair]:
    """Blinded pairs in random order; the same settings and predictions always make the same ones."""
    rng = random.Random(config.seed)
    chosen = rng.sample(list(exchanges), min(config.pairs, len(exchanges)))
    made = []
    for number, exchange in enumerate(chosen):
        for other in (*systems[1:], *FLOORS):
            order = (systems[0], other) if rng.random() < 0.5 else (other, systems[0])
            name = "\0".join((digest, config.model, str(config.seed), str(number), *order))
            made.append(Pair(hashlib.sha256(name.encode()).hexdigest()[:16], exchange, order))
    rng.shuffle(made)
    return made


def summary(judgements: Sequence[Judgement], systems: Sequence[str], seed: int) -> dict[str, Any]:
    """``judge.json`` without its settings.

    ``systems``, ``floors``: mean per criterion and of all four, with intervals by bootstrap over dialogues.
    ``wins``: share of pairs in which the first system has the higher sum than another, ties half.
    ``first_place``: share of decided pairs that the reply shown first wins; 0.5 = the judge does not mind.
    """
    answered = [one for one in judgements if one.scores is not None]
    sums = [tuple(sum(scores.values()) for scores in one.scores or ()) for one in answered]
    decided = [first > second for first, second in sums if first != second]
    return {
        "pairs": len(judgements),
        "answered": len(answered),
        "unanswered": len(judgements) - len(answered),
        "compared": systems[0],
        "systems": {name: _means(answered, name, seed) for name in systems},
        "floors": {name: _means(answered, name, seed) for name in FLOORS},
        "wins": {name: _wins(answered, systems[0], name, seed) for name in (*systems[1:], *FLOORS)},
        "first_place": wilson(sum(decided), len(decided), "no pair was decided").json()
        | {"decided": len(decided)},
    }


def _means(judgements: Sequence[Judgement], system: str, seed: int) -> dict[str, Any]:
    rows = [(one.dialogue, one.of(system) or {}) for one in judgements if system in one.order]
    return {
        name: _figure([(dialogue, scores[name]) for dialogue, scores in rows], seed) for name in CRITERIA
    } | {
        "mean": _figure([(dialogue, sum(scores.values()) / len(CRITERIA)) for dialogue, scores in rows], seed)
    }


def _wins(judgements: Sequence[Judgement], system: str, other: str, seed: int) -> dict[str, Any]:
    rows = []
    for one in judgements:
        if set(one.order) == {system, other}:
            mine, theirs = (sum((one.of(name) or {}).values()) for name in (system, other))
            rows.append((one.dialogue, float(mine > theirs) + 0.5 * (mine == theirs)))
    return _figure(rows, seed)


def _figure(rows: Sequence[tuple[str, float]], seed: int) -> dict[str, Any]:
    """A mean with its interval by bootstrap over dialogues, and of how many pairs."""
    if not rows:
        return missing(UNANSWERED).json() | {"count": 0}
    resamples = Resamples([dialogue for dialogue, _ in rows], RESAMPLES, seed)
    return resamples.figure(mean([value for _, value in rows])).json() | {"count": len(rows)}

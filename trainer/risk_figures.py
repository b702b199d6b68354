"""How well the shipped risk screen finds what people marked as dangerous. Torch-free.

Every labelled client message is screened as at the desk: with the conversation up to it. A danger counts as
found when its category is among the hits. A hit is right when this message or an earlier one of the same
conversation is marked so, since a danger stays open until a person has dealt with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from trainer.config import InputError
from trainer.dialogue import Dialogue
from trainer.metrics import missing, wilson
from trainer.risk import RiskScreen, screened

NO_LABELS = "the data has no risk labels"


@dataclass(frozen=True, slots=True)
class Read:
    """One client message: what a person marked, what is open by then, what the screen found."""

    marked: frozenset[str]
    open: frozenset[str]
    found: frozenset[str]
    unscreened: bool


def check_labels(dialogues: Sequence[Dialogue], screen: RiskScreen | None) -> None:
    """Refuse labels that the screen has no category for. Raises InputError."""
    known = set() if screen is None else set(screen.categories)
    strange = sum(not known.issuperset(turn.risk or ()) for d in dialogues for turn in d.turns)
    if strange and screen is not None:
        raise InputError(
            f"The data has {strange} client turns whose field 'risk' holds a category that the screen does "
            f"not know; use: {', '.join(sorted(known))}."
        )


def risk_figures(dialogues: Sequence[Dialogue], screen: RiskScreen | None) -> dict[str, Any]:
    """Recall and precision of any danger and of each category, with Wilson's 95 % intervals and counts.

    ``messages`` are the labelled client turns, ``unscreened`` those that the screen could not read (nothing
    is drafted there). Counts: ``marked`` messages by a person, ``found`` of them; ``flagged`` by the screen,
    ``right`` of them. Without labels the shares are missing, with a reason.
    """
    read = list(_readings(dialogues, screen))
    if not read:
        return {name: missing(NO_LABELS).json() for name in ("recall", "precision")} | {"categories": {}}
    names = sorted({name for one in read for name in one.marked | one.found})
    made = _counts([(bool(one.marked), bool(one.open), bool(one.found)) for one in read])
    made["messages"] = len(read)
    made["unscreened"] = sum(one.unscreened for one in read)
    made["categories"] = {
        name: _counts([(name in one.marked, name in one.open, name in one.found) for one in read])
        for name in names
    }
    return made


def _readings(dialogues: Sequence[Dialogue], screen: RiskScreen | None) -> Iterator[Read]:
    for dialogue in dialogues:
        so_far: frozenset[str] = frozenset()
        for index, turn in enumerate(dialogue.turns):
            if turn.speaker == "client" and turn.risk is not None:
                marked = frozenset(turn.risk)
                so_far |= marked
                risk = screened(screen, dialogue.cut_at(index + 1)).risk
                found = frozenset(risk.categories) if risk.status == "hit" else frozenset()
                yield Read(marked, so_far, found, risk.status == "unscreened")


def _counts(rows: Sequence[tuple[bool, bool, bool]]) -> dict[str, Any]:
    """``rows``: marked, open by then, found."""
    marked, flagged = sum(m for m, _, _ in rows), sum(f for _, _, f in rows)
    found, right = sum(m and f for m, _, f in rows), sum(o and f for _, o, f in rows)
    return {
        "recall": wilson(found, marked, "no message is marked so").json(),
        "precision": wilson(right, flagged, "the screen flagged no message so").json(),
        "marked": marked,
        "found": found,
        "flagged": flagged,
        "right": right,
    }

"""Empathy of a reply: three mechanisms, each absent (0), weak (1) or strong (2). Torch-free.

The mechanisms are those of EPITOME (Sharma et al. 2020): emotional reaction, interpretation, exploration.
Labels may lie in a file of their own beside the dialogues: ``{"id", "turn", "empathy": [r, i, e]}`` a line,
where ``turn`` counts the dialogue's turns from 0. Ratings of the poorer alternatives (``"worse": true``) are
read and checked, but not used.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from trainer.config import InputError
from trainer.dialogue import Dialogue

MECHANISMS = ("reaction", "interpretation", "exploration")
LEVELS = 3
Levels = tuple[int, int, int]


def read_empathy(path: Path) -> dict[tuple[str, int], Levels]:
    """Levels by dialogue and turn. Raises InputError, naming the line."""
    try:
        lines = path.read_text(encoding="utf8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise InputError(f"empathy: {path.name} cannot be read; give a UTF-8 file of JSON lines.") from None
    found = [
        _label(line, f"{path.name}, line {number}")
        for number, line in enumerate(lines, start=1)
        if line.strip()
    ]
    return {(name, turn): levels for name, turn, levels, worse in found if not worse}


def _label(line: str, where: str) -> tuple[str, int, Levels, bool]:
    """Dialogue, turn, levels, and whether they are the poorer alternative's."""
    try:
        value = json.loads(line)
        name, turn, (reaction, interpretation, exploration) = value["id"], value["turn"], value["empathy"]
        worse = value.get("worse", False)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InputError(f'{where}: must be {{"id", "turn", "empathy": [r, i, e]}}.') from None
    levels = (reaction, interpretation, exploration)
    whole = all(type(number) is int for number in (turn, *levels))
    if (
        type(name) is not str
        or type(worse) is not bool
        or not whole
        or not all(0 <= level < LEVELS for level in levels)
    ):
        raise InputError(f"{where}: the turn must be a whole number and every level 0, 1 or 2.")
    return name, turn, levels, worse


def with_empathy(
    dialogues: Sequence[Dialogue], labels: Mapping[tuple[str, int], Levels]
) -> Iterator[Dialogue]:
    """The dialogues with the labels on their therapist turns; labels of other dialogues are passed over.

    Raises InputError for a label on a turn that is not a therapist's.
    """
    by_dialogue: dict[str, dict[int, Levels]] = {}
    for (name, turn), levels in labels.items():
        by_dialogue.setdefault(name, {})[turn] = levels
    for dialogue in dialogues:
        turns = list(dialogue.turns)
        for turn, levels in by_dialogue.get(dialogue.id, {}).items():
            if not 0 <= turn < len(turns) or turns[turn].speaker != "therapist":
                raise InputError(
                    f"empathy: turn {turn} of {dialogue.id} is not a therapist's; mend the label."
                )
            turns[turn] = replace(turns[turn], empathy=levels)
        yield replace(dialogue, turns=tuple(turns))

"""Empathy of a reply: three mechanisms, each absent (0), weak (1) or strong (2). Torch-free.

The mechanisms are those of EPITOME (Sharma et al. 2020): emotional reaction, interpretation, exploration.
Labels may lie in a file of their own beside the dialogues: ``{"id", "turn", "empathy": [r, i, e]}`` a line,
where ``turn`` counts the dialogue's turns from 0; with ``"worse": true`` it rates the turn's poorer text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from trainer.config import InputError
from trainer.dialogue import Dialogue
from trainer.run import DataFile

MECHANISMS = ("reaction", "interpretation", "exploration")
LEVELS = 3
Levels = tuple[int, int, int]
Ratings = Mapping[tuple[str, int, bool], Levels]  # by dialogue, turn, and whether of its poorer alternative


def read_empathy(path: Path) -> Ratings:
    """The ratings of a file. Raises InputError, naming the line."""
    try:
        lines = path.read_text(encoding="utf8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise InputError(f"empathy: {path.name} cannot be read; give a UTF-8 file of JSON lines.") from None
    found = [
        _label(line, f"{path.name}, line {number}")
        for number, line in enumerate(lines, start=1)
        if line.strip()
    ]
    return {(name, turn, worse): levels for name, turn, levels, worse in found}


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


def read_for(path: Path, files: Iterable[DataFile]) -> Ratings:
    """The ratings of a file that counts the turns of ``files``. Raises InputError.

    A dialogue whose turns were merged is refused: its turns are no longer those that were counted.
    """
    labels = read_empathy(path)
    merged = frozenset[str]().union(*(file.merged for file in files))
    for name, *_ in labels:
        if name in merged:
            raise InputError(
                f"empathy: {path.name} labels turns of {name}, where one speaker has several turns in a row; "
                "write the levels into the dialogue's own turns (key 'empathy')."
            )
    return labels


def with_empathy(dialogues: Sequence[Dialogue], labels: Ratings) -> Iterator[Dialogue]:
    """The dialogues with the ratings on their therapist turns and on these turns' poorer alternatives.

    Ratings of what is not there are passed over. Raises InputError for one on a turn that is no therapist's.
    """
    by_dialogue: dict[str, dict[tuple[int, bool], Levels]] = {}
    for (name, place, worse), levels in labels.items():
        by_dialogue.setdefault(name, {})[place, worse] = levels
    for dialogue in dialogues:
        turns = list(dialogue.turns)
        for (place, worse), levels in by_dialogue.get(dialogue.id, {}).items():
            if not 0 <= place < len(turns) or turns[place].speaker != "therapist":
                raise InputError(
                    f"empathy: turn {place} of {dialogue.id} is not a therapist's; mend the label."
                )
            turn = turns[place]
            if not worse:
                turns[place] = replace(turn, empathy=levels)
            elif turn.worse is not None:
                turns[place] = replace(turn, worse=replace(turn.worse, empathy=levels))
        yield replace(dialogue, turns=tuple(turns))

"""Rated replies, in files of their own beside the dialogues.

``{"id", "turn", "reply", "sense", "strategy"}`` a line: the reply stands in the place of the dialogue's turn
``turn`` (from 0); ``sense`` is 0 (makes no sense there), 1 (does after a small edit) or 2 (could be sent as
it stands); the strategy may be missing.
"""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainer.config import InputError
from trainer.data import calibration, held_out
from trainer.dialogue import Dialogue

LEVELS = 3  # of a rating


@dataclass(frozen=True, slots=True)
class Moment:
    """A message and the rated replies to it."""

    dialogue: Dialogue  # up to the client's turn
    replies: tuple[str, ...]
    ratings: tuple[int, ...]
    strategies: tuple[str | None, ...]

    @property
    def unseen(self) -> bool:
        """Whether it lies in the tenths that train no weights."""
        return held_out(self.dialogue.id) or calibration(self.dialogue.id)


def read_ratings(path: Path) -> list[dict[str, Any]]:
    """The rows of a file of ratings, gzipped or not. Raises InputError, naming the line."""
    try:
        data = path.read_bytes()
        text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf8")
    except (OSError, EOFError, UnicodeDecodeError):
        raise InputError(f"ratings: {path.name} cannot be read; give JSON lines, gzipped or not.") from None
    return [
        _rating(line, f"{path.name}, line {number}")
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip()
    ]


def _rating(line: str, where: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
        name, turn, reply, sense = (value[key] for key in ("id", "turn", "reply", "sense"))
        strategy = value.get("strategy")
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InputError(f'{where}: must be {{"id", "turn", "reply", "sense"}}.') from None
    texts = isinstance(name, str) and isinstance(reply, str) and isinstance(strategy, str | None)
    if (
        not texts
        or not reply.strip()
        or type(turn) is not int
        or turn < 1
        or type(sense) is not int
        or not 0 <= sense < LEVELS
    ):
        raise InputError(f"{where}: turn must be a whole number above 0, the reply a text, sense 0, 1 or 2.")
    return {"id": name, "turn": turn, "reply": reply.strip(), "sense": sense, "strategy": strategy}


def rated_moments(dialogues: Sequence[Dialogue], rows: Sequence[dict[str, Any]]) -> list[Moment]:
    """The rated replies by the message that they answer; ratings of other dialogues are passed over.

    Of ratings of the same reply the last counts.
    """
    known = {dialogue.id: dialogue for dialogue in dialogues}
    found: dict[tuple[str, int], dict[str, dict[str, Any]]] = defaultdict(dict)
    for row in rows:
        if row["id"] in known and row["turn"] <= len(known[row["id"]].turns):
            found[row["id"], row["turn"]][row["reply"]] = row
    return [
        Moment(
            known[name].cut_at(turn),
            tuple(rated),
            tuple(row["sense"] for row in rated.values()),
            tuple(row["strategy"] for row in rated.values()),
        )
        for (name, turn), rated in found.items()
    ]

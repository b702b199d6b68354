"""The sample clinic that ships with the program: invented people, written for it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from trainer.config import resources_dir
from trainer.dialogue import Turn, dialogue_from

MINUTES_APART = 4.0  # between one message and the next


@dataclass(frozen=True, slots=True)
class SampleSession:
    """One session; each turn comes with its minutes since the session began."""

    client: str
    situation: str
    hours_ago: float  # when it began, counted back from when it is loaded
    turns: tuple[tuple[float, Turn], ...]


def read_sample_clinic() -> tuple[SampleSession, ...]:
    """The sessions of ``samples/clinic.jsonl``, oldest of each client first. Raises InputError.

    Each line is a dialogue with ``client`` (name) and ``hours_ago`` added.
    """
    file = resources_dir() / "samples" / "clinic.jsonl"
    sessions: list[SampleSession] = []
    for number, line in enumerate(file.read_text(encoding="utf8").splitlines(), start=1):
        record = json.loads(line)
        dialogue = dialogue_from(record, f"{file.name}, line {number}")
        turns = tuple((index * MINUTES_APART, turn) for index, turn in enumerate(dialogue.turns))
        sessions.append(
            SampleSession(record["client"], dialogue.context or "", float(record["hours_ago"]), turns)
        )
    return tuple(sessions)

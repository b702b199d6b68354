"""What every format of a conversation file comes down to: rows, who is meant by a name, and messages.

Nothing here quotes a word of the file: places are line numbers, reasons come from this module's lists.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from tfdesk.core.errors import InputRefused
from tfdesk.services.intake_times import read_times
from trainer.dialogue import Speaker

LONGEST_TEXT = 1_000_000  # characters of one message, as in the window
MOST_ROWS = 500_000
TOO_LONG = f"longer than {LONGEST_TEXT:,} characters"
Meaning = Literal["client", "therapist", "text", "skip"]
MEANINGS: tuple[Meaning, ...] = ("client", "therapist", "text", "skip")
COLUMNS = ("speaker", "text", "when")
_ROLES: dict[str, Meaning] = {
    **dict.fromkeys(("client", "patient", "c"), "client"),
    **dict.fromkeys(("therapist", "counsellor", "counselor", "t", "me"), "therapist"),
}
SAY_WHO = "say who is who with --map (docs/import.md)"


@dataclass(frozen=True, slots=True)
class Row:
    """A message as the file has it. ``part`` opens the reason should it be skipped ("turn 3: ").

    ``talk`` counts the conversations of a file from 0; ``when`` is the file's own writing of the time.
    """

    line: int
    label: str
    text: str
    when: str = ""
    talk: int = 0
    part: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that is no message: its line (in json its place in the list), and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Message:
    """A message to be kept; ``at`` is None where the file gives no time."""

    line: int
    speaker: Speaker
    text: str
    at: float | None


@dataclass(frozen=True, slots=True)
class Talk:
    """One conversation; ``context`` is the situation, where the file gives it."""

    context: str | None
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file came to."""

    talks: tuple[Talk, ...]
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...]

    @property
    def messages(self) -> int:
        return sum(len(talk.messages) for talk in self.talks)


@dataclass(slots=True)
class Parsed:
    """What a format's parser leaves: rows and skipped rows in the file's order, situations by ``talk``."""

    rows: list[Row | Skipped] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    contexts: dict[int, str] = field(default_factory=dict)

    def add(self, row: Row | Skipped) -> None:
        """Raises InputRefused for more rows than memory should hold."""
        if len(self.rows) == MOST_ROWS:
            raise InputRefused(f"The file has more than {MOST_ROWS:,} rows; split it and import the parts.")
        self.rows.append(row)

    def skip(self, line: int, reason: str) -> None:
        self.add(Skipped(line, reason))


@dataclass(frozen=True, slots=True)
class NameMap:
    """Who is meant by a name, and which columns to read; without a map only the usual words are known."""

    speakers: Mapping[str, Meaning] = field(default_factory=dict)  # by label_key
    columns: Mapping[str, str] = field(default_factory=dict)  # one of COLUMNS: the header in the file

    def meaning(self, label: str) -> Meaning | None:
        """What a label stands for, None when nobody can know."""
        key = label_key(label)
        return self.speakers.get(key) or _ROLES.get(key)


def label_key(label: str) -> str:
    """Labels are compared without case, surrounding marks and the direction signs messengers put in."""
    return " ".join(label.strip("*_ \t\u200e\u200f\u202a\u202c\ufeff").split()).casefold()


def read_map(text: str, name: str) -> NameMap:
    """A map file: ``[speakers] "Anna" = "client"``, ``[columns] speaker = "who"``. Raises InputRefused."""
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        raise InputRefused(f"The map {name} is not valid TOML.", "See docs/import.md.") from None
    if unknown := set(table) - {"speakers", "columns"}:
        raise InputRefused(f"The map {name} may hold [speakers] and [columns], not {sorted(unknown)[0]!r}.")
    speakers, columns = table.get("speakers", {}), table.get("columns", {})
    if not isinstance(speakers, dict) or any(value not in MEANINGS for value in speakers.values()):
        raise InputRefused(f"The map {name}: a speaker must be one of {', '.join(MEANINGS)}.")
    texts = isinstance(columns, dict) and all(isinstance(value, str) for value in columns.values())
    if not texts or set(columns) - set(COLUMNS):
        raise InputRefused(f"The map {name}: [columns] names the headers of {', '.join(COLUMNS)}.")
    return NameMap({label_key(label): value for label, value in speakers.items()}, columns)


def gather(parsed: Parsed, names: NameMap, where: str, removed: int = 0) -> Reading:
    """Rows to messages. ``removed`` NUL characters are gone already. Raises InputRefused (who is this?)."""
    skipped = [row for row in parsed.rows if isinstance(row, Skipped)]
    kept: list[tuple[Row, Speaker, str]] = []
    for row in parsed.rows:
        if isinstance(row, Skipped):
            continue
        removed += row.text.count("\0")
        text = row.text.replace("\0", "").strip()
        speaker = _speaker(row, names, where)
        reason = _unusable(text) if speaker is not None else "the map leaves this speaker out"
        if speaker is None or reason is not None:
            skipped.append(Skipped(row.line, f"{row.part}{reason}"))
        else:
            kept.append((row, speaker, text))
    times, remarks = read_times([row.when for row, _, _ in kept])
    talks: dict[int, list[Message]] = {}
    for (row, speaker, text), at in zip(kept, times, strict=True):
        talks.setdefault(row.talk, []).append(Message(row.line, speaker, text, at))
    notes = [*parsed.notes, *remarks]
    if removed:
        notes.append(f"{removed} NUL characters were removed.")
    return Reading(
        tuple(Talk(parsed.contexts.get(number), tuple(found)) for number, found in sorted(talks.items())),
        tuple(sorted(skipped, key=lambda one: one.line)),
        tuple(notes),
    )


def _speaker(row: Row, names: NameMap, where: str) -> Speaker | None:
    meaning = names.meaning(row.label)
    if meaning in ("client", "therapist"):
        return "client" if meaning == "client" else "therapist"
    if meaning == "skip":
        return None
    raise InputRefused(
        f"{where}, line {row.line}: {row.part}the speaker is neither client nor therapist; {SAY_WHO}."
    )


def _unusable(text: str) -> str | None:
    """Why a text cannot be kept, None when it can."""
    if not text:
        return "no words"
    if len(text) > LONGEST_TEXT:
        return TOO_LONG
    if any("\ud800" <= character <= "\udfff" for character in text):
        return "half of a surrogate pair"
    return None


def chosen_columns(headers: Iterable[str], names: NameMap, where: str) -> dict[str, list[str]]:
    """The headers to read per COLUMNS, in the file's writing; [] where there is none. Raises InputRefused."""
    found: dict[str, list[str]] = {}
    given = list(headers)
    for column in COLUMNS:
        wanted = names.columns.get(column)
        known = (label_key(wanted),) if wanted is not None else _HEADERS[column]
        found[column] = [header for header in given if label_key(header) in known]
        if len(found[column]) > 1 and column != "when":
            raise InputRefused(f"{where}: more than one column could be the {column}; {SAY_WHICH}.")
    return found


SAY_WHICH = "name the column with --map (docs/import.md)"
_HEADERS: dict[str, tuple[str, ...]] = {
    "speaker": ("speaker", "who", "role", "from", "sender"),
    "text": ("text", "said", "message", "content", "body"),
    "when": ("date", "time", "timestamp", "datetime", "when", "at"),
}

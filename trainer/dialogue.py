"""Dialogues: one JSON object a line, read strictly. Torch-free: the window imports this.

``{"id", "source", "context": str|null, "turns": [{"speaker", "text", "emotion", "strategy"}]}``; a turn may
also hold "worse", "risk" and "empathy", the dialogue "quality"; other keys are kept out. Every refusal is an
InputError that names the place and the field, never the words in it.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any, Literal, cast

from trainer.config import InputError

Speaker = Literal["client", "therapist"]
Quality = Literal["high", "low"]
SPEAKERS = ("client", "therapist")
QUALITIES = ("high", "low")


@dataclass(frozen=True, slots=True)
class Worse:
    """A poorer alternative to a therapist's reply, and why it is poorer (authored data)."""

    text: str
    reason: str
    empathy: tuple[int, int, int] | None = None  # from a file of ratings alone, see trainer.empathy


@dataclass(frozen=True, slots=True)
class Turn:
    """One message. ``emotion`` and ``risk`` belong to client turns, the rest to therapist turns.

    ``risk`` lists the dangers that a person saw in the message, () for none; None: nobody looked.
    """

    speaker: Speaker
    text: str
    emotion: str | None = None
    strategy: str | None = None
    worse: Worse | None = None
    risk: tuple[str, ...] | None = None
    empathy: tuple[int, int, int] | None = None  # see trainer.empathy: each 0-2


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A conversation; ``context`` is the situation in a sentence, ``quality`` the counselling's, if known."""

    id: str
    source: str
    context: str | None
    turns: tuple[Turn, ...]
    quality: Quality | None = None

    def cut_at(self, turn: int) -> Dialogue:
        """The same dialogue with only the turns before index ``turn``."""
        return replace(self, turns=self.turns[:turn])


Exchange = tuple[Dialogue, str]


def exchanges(dialogues: Sequence[Dialogue]) -> list[Exchange]:
    """Every client turn that a therapist answers: the dialogue up to it, and the answer."""
    return [
        (dialogue.cut_at(index), turn.text)
        for dialogue in dialogues
        for index, turn in enumerate(dialogue.turns)
        if turn.speaker == "therapist" and index > 0 and dialogue.turns[index - 1].speaker == "client"
    ]


def merge_turns(turns: Iterable[Turn]) -> tuple[Turn, ...]:
    """Consecutive turns of one speaker as one turn, so that the speakers alternate.

    Texts are joined by a blank. The emotion and the strategy are the last that say something: neutral and
    other give way. Dangers add up, levels of empathy are the highest, of ``worse`` the last is kept.
    """
    return tuple(_merged(list(group)) for _, group in groupby(turns, key=lambda turn: turn.speaker))


def _merged(turns: list[Turn]) -> Turn:
    if len(turns) == 1:
        return turns[0]
    risks = [turn.risk for turn in turns if turn.risk is not None]
    levels = [turn.empathy for turn in turns if turn.empathy is not None]
    reaction, interpretation, exploration = zip(*levels, strict=True) if levels else ((), (), ())
    return Turn(
        turns[0].speaker,
        " ".join(turn.text for turn in turns),
        emotion=_telling([turn.emotion for turn in turns], "neutral"),
        strategy=_telling([turn.strategy for turn in turns], "other"),
        worse=next((turn.worse for turn in reversed(turns) if turn.worse), None),
        risk=tuple(dict.fromkeys(label for risk in risks for label in risk)) if risks else None,
        empathy=(max(reaction), max(interpretation), max(exploration)) if levels else None,
    )


def _telling(labels: list[str | None], empty: str) -> str | None:
    """The last label but ``empty``; ``empty`` when there is no other, None when there is none at all."""
    found = [label for label in labels if label is not None]
    return next((label for label in reversed(found) if label != empty), found[-1] if found else None)


def check_text(text: str, where: str) -> str:
    """Return ``text`` if it can be read: not blank, no NUL, no lone surrogate. Raises InputError."""
    if not text.strip():
        raise InputError(f"{where}: the text is empty.")
    if "\0" in text:
        raise InputError(f"{where}: the text holds a NUL character; remove it.")
    try:
        text.encode("utf8")
    except UnicodeEncodeError:
        raise InputError(
            f"{where}: the text holds half of a surrogate pair; save it as valid Unicode."
        ) from None
    return text


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise InputError(f"{where}: must be text, is {_kind(value)}.")
    return check_text(value, where)


def _optional(record: dict[str, Any], key: str, where: str) -> str | None:
    value = record.get(key)
    if value is None:
        return None
    if isinstance(value, str) and not value.strip():
        return None
    return _text(value, f"{where}, field {key!r}")


def _kind(value: Any) -> str:
    names = {
        dict: "an object",
        list: "a list",
        str: "text",
        bool: "true or false",
        type(None): "missing or null",
    }
    return names.get(type(value), "a number")


def _risk(value: Any, where: str) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list):
        raise InputError(f"{where}, field 'risk': must be a list, is {_kind(value)}.")
    return tuple(_text(label, f"{where}, field 'risk'") for label in value)


def _empathy(value: Any, where: str) -> tuple[int, int, int] | None:
    if value is None:
        return None
    whole = isinstance(value, list) and len(value) == 3 and all(type(level) is int for level in value)
    if not whole or not all(0 <= level <= 2 for level in value):
        raise InputError(f"{where}, field 'empathy': must be a list of three levels, each 0, 1 or 2.")
    return (value[0], value[1], value[2])


def _quality(value: Any, where: str) -> Quality | None:
    if value is not None and value not in QUALITIES:
        raise InputError(f"{where}, field 'quality': must be 'high', 'low' or null.")
    return cast(Quality | None, value)


def _parse_turn(record: Any, where: str) -> Turn:
    if not isinstance(record, dict):
        raise InputError(f"{where}: must be an object, is {_kind(record)}.")
    speaker = record.get("speaker")
    if speaker not in SPEAKERS:
        raise InputError(f"{where}, field 'speaker': must be 'client' or 'therapist'.")
    worse = record.get("worse")
    if worse is not None and not isinstance(worse, dict):
        raise InputError(f"{where}, field 'worse': must be an object, is {_kind(worse)}.")
    return Turn(
        speaker=cast(Speaker, speaker),
        text=_text(record.get("text"), f"{where}, field 'text'"),
        emotion=_optional(record, "emotion", where),
        strategy=_optional(record, "strategy", where),
        worse=None
        if worse is None
        else Worse(
            _text(worse.get("text"), f"{where}, field 'worse.text'"),
            _text(worse.get("reason"), f"{where}, field 'worse.reason'"),
        ),
        risk=_risk(record.get("risk"), where),
        empathy=_empathy(record.get("empathy"), where),
    )


def dialogue_from(record: Any, where: str) -> Dialogue:
    """Check one decoded JSON value; ``where`` (file and line) opens every error. Raises InputError."""
    if not isinstance(record, dict):
        raise InputError(f"{where}: must be an object, is {_kind(record)}.")
    name = record.get("id")
    if isinstance(name, int) and not isinstance(name, bool):
        name = str(name)
    turns = record.get("turns")
    if not isinstance(turns, list) or not turns:
        raise InputError(f"{where}, field 'turns': must be a list with at least one turn.")
    return Dialogue(
        id=_text(name, f"{where}, field 'id'"),
        source=_optional(record, "source", where) or "unknown",
        context=_optional(record, "context", where),
        turns=tuple(_parse_turn(turn, f"{where}, turn {index + 1}") for index, turn in enumerate(turns)),
        quality=_quality(record.get("quality"), where),
    )


def parse_dialogue(line: str, where: str) -> Dialogue:
    """One JSON text to a Dialogue. Raises InputError."""
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        raise InputError(f"{where}: not valid JSON ({error.msg} at character {error.pos + 1}).") from None
    except RecursionError:
        raise InputError(f"{where}: not a dialogue (nested too deeply).") from None
    return dialogue_from(record, where)


def ends_with_client(dialogue: Dialogue, where: str) -> Dialogue:
    """Refuse a dialogue that asks for no reply. Raises InputError."""
    if dialogue.turns[-1].speaker != "client":
        raise InputError(f"{where}, turn {len(dialogue.turns)}: the last turn must be the client's.")
    return dialogue


def parse_lines(lines: Iterable[bytes], name: str) -> Iterator[Dialogue]:
    """Stream dialogues from JSON lines (UTF-8, BOM allowed); blank lines are passed over."""
    number = 0
    for number, raw in enumerate(lines, start=1):
        where = f"{name}, line {number}"
        try:
            line = raw.decode("utf-8-sig" if number == 1 else "utf8")
        except UnicodeDecodeError:
            raise InputError(f"{where}: not valid UTF-8; save the file as UTF-8.") from None
        if line.strip():
            yield parse_dialogue(line, where)


def read_dialogues(path: Path) -> Iterator[Dialogue]:
    """Stream the dialogues of a .jsonl or .jsonl.gz file without holding it in memory. Raises InputError."""
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as lines:
            yield from parse_lines(cast(Iterable[bytes], lines), path.name)
    except (OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or "damaged or not a gzip file"
        raise InputError(f"{path.name}: cannot be read ({reason}).") from None


def as_json(dialogue: Dialogue) -> dict[str, Any]:
    """The contract's JSON object for a dialogue."""
    return {
        "id": dialogue.id,
        "source": dialogue.source,
        "context": dialogue.context,
        "turns": [
            {"speaker": t.speaker, "text": t.text, "emotion": t.emotion, "strategy": t.strategy}
            | ({"worse": {"text": t.worse.text, "reason": t.worse.reason}} if t.worse else {})
            | ({"risk": list(t.risk)} if t.risk is not None else {})
            | ({"empathy": list(t.empathy)} if t.empathy is not None else {})
            for t in dialogue.turns
        ],
    } | ({"quality": dialogue.quality} if dialogue.quality else {})

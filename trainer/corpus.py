"""Any named data set as dialogues with our labels, one after another. Torch-free.

Labelled text becomes a dialogue of one turn; speakers are made client and therapist; consecutive turns of one
speaker are merged. The official validation part is kept where a set has one, else dialogues are split by the
held-out rule: whole dialogues, never turns.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from trainer.config import InputError
from trainer.data import (
    VALIDATION_NAMES,
    admits,
    all_files,
    calibration,
    held_out,
    is_part,
    rows_of,
    shippable_source,
)
from trainer.dialogue import SPEAKERS, Dialogue, dialogue_from, merge_turns
from trainer.labels import emotion_of, strategy_of, strategy_of_all

SPLITS = ("train", "valid")
_ROW_PER_LABEL = ("bolt_behaviours",)  # small enough to be read as a whole
# EPITOME's names of the mechanisms, in the order of Turn.empathy.
_LEVELS = ("emotional_reactions", "interpretations", "explorations")


@dataclass(frozen=True, slots=True)
class Tally:
    """What was left out: dialogues by reason, and by kind the labels that have no counterpart of ours."""

    skipped: Counter[str] = field(default_factory=Counter)
    unmapped: Counter[str] = field(default_factory=Counter)


def read_source(
    root: Path, name: str, split: str = "train", *, shippable: bool = True, tally: Tally | None = None
) -> Iterator[Dialogue]:
    """Stream one split ("train" or "valid") of the set in folder ``name``; ``tally`` counts what is left out.

    Ids are the data's; one that is missing or used before is made of source, file and line. With
    ``shippable`` only sources of resources/sources.toml are read. Raises InputError for another source, a
    row that cannot be read (naming file, line and field), a label that is not in resources/labels.toml.
    """
    if split not in SPLITS:
        raise InputError(f"split {split!r}: must be 'train' or 'valid'.")
    tally = Tally() if tally is None else tally
    terms = shippable_source(name) if shippable else None
    files, official = split_files(root, name, split)
    seen: set[str] = set()
    for file in files:
        for where, row in _rows(file, name):
            made = f"{name}-{file.name.split('.')[0]}-{where.rpartition(' ')[2]}"
            given = str(row.setdefault("id", made))
            if not official and _validates(name, given) != (split == "valid"):
                continue
            lack = "licence of the row" if terms and not admits(terms, row) else _lack(row)
            if lack:
                tally.skipped[lack] += 1
                continue
            if given in seen:
                row["id"] = made
            dialogue = dialogue_from(_record(row, name, where, tally), where)
            seen.add(dialogue.id)
            yield replace(dialogue, turns=merge_turns(dialogue.turns))


def _rows(file: Path, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The rows of a file; those of a text that is repeated once for each of its labels as one row."""
    if name not in _ROW_PER_LABEL:
        yield from rows_of(file)
        return
    by_text: dict[str, tuple[str, dict[str, Any]]] = {}
    for where, row in rows_of(file):
        _, first = by_text.setdefault(json.dumps([row.get("speaker"), row.get("text")]), (where, row))
        if first is not row:
            first["labels"] = _labels(first, where) + _labels(row, where)
    yield from by_text.values()


def _validates(name: str, dialogue: str) -> bool:
    """Of AnnoMI the held-out tenth lies in the part kept for the final evaluation: the next one steps in."""
    return calibration(dialogue) if name == "annomi" else held_out(dialogue)


def split_files(root: Path, name: str, split: str) -> tuple[list[Path], bool]:
    """Files of a split, and whether the split is the set's own; else every file holds both, told by id.

    A set's own split needs both parts: where only the validation part could be had, it is split by id.
    Official test parts are never read. Raises InputError when there is no file.
    """
    files = [file for file in all_files(root, name) if not is_part(file, "test")]
    if not files:
        raise InputError(f"data_root: source {name!r} has no .jsonl files under {name!r}.")
    valid = [file for file in files if is_part(file, *VALIDATION_NAMES)]
    if not valid or len(valid) == len(files):
        return files, False
    return (valid if split == "valid" else [file for file in files if file not in valid]), True


def _speakers(row: dict[str, Any]) -> set[str]:
    """Who speaks; nobody where a turn is malformed: ``dialogue_from`` refuses it by name."""
    turns = row["turns"] if isinstance(row["turns"], list) else []
    names = [turn.get("speaker") if isinstance(turn, dict) else None for turn in turns]
    return {str(name) for name in names} if all(isinstance(name, str) for name in names) else set()


def _lack(row: dict[str, Any]) -> str | None:
    """Why the row makes no dialogue; None when it does. Whatever is malformed goes on, to be refused."""
    if "turns" not in row:
        return None if "labels" in row else "text without labels"
    if row["turns"] == []:
        return "no turns"
    speakers = _speakers(row)
    if len(speakers) > 2:
        return "more than two speakers"
    return "one speaker only" if len(speakers) == 1 else None


def _record(row: dict[str, Any], name: str, where: str, tally: Tally) -> dict[str, Any]:
    """The row as the contract's JSON object, with our speakers and labels."""
    if "turns" not in row:
        return {"id": row["id"], "source": name, "turns": [_labelled(row, name, where, tally)]}
    turns = row["turns"]
    if isinstance(turns, list):
        speakers = _speakers(row)
        # Other sets name their speakers a and b: a takes the client's part.
        named = bool(speakers.intersection(SPEAKERS))
        roles = {} if named else dict(zip(sorted(speakers), SPEAKERS, strict=False))
        turns = [_turn(turn, roles, name, tally) if isinstance(turn, dict) else turn for turn in turns]
        if "empathy_levels" in row and isinstance(turns[-1], dict):
            turns[-1] |= {"empathy": _levels(row["empathy_levels"], where)}
    quality = row.get("quality", row.get("mi_quality"))
    return {
        "id": row["id"],
        "source": name,
        "context": row.get("context"),
        "turns": turns,
        "quality": quality,
    }


def _labelled(row: dict[str, Any], name: str, where: str, tally: Tally) -> dict[str, Any]:
    """Labelled text as the one turn of its dialogue: the client's, unless the row says otherwise."""
    labels = _labels(row, where)
    speaker = row.get("speaker", "client")
    kind, look_up = ("strategy", strategy_of_all) if speaker == "therapist" else ("emotion", emotion_of)
    label = look_up(name, labels)
    tally.unmapped[kind] += bool(labels) and label is None
    return {"speaker": speaker, "text": row.get("text"), kind: label}


def _labels(row: dict[str, Any], where: str) -> list[str]:
    labels = row.get("labels")
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise InputError(f"{where}, field 'labels': must be a list of labels.")
    return labels


def _turn(turn: dict[str, Any], roles: dict[str, str], name: str, tally: Tally) -> dict[str, Any]:
    speaker = turn.get("speaker")
    mapped: dict[str, Any] = {"speaker": roles.get(str(speaker), speaker)}
    for kind in ("emotion", "strategy"):
        label = turn.get(kind)
        if isinstance(label, str) and label.strip():
            mapped[kind] = emotion_of(name, [label]) if kind == "emotion" else strategy_of(name, label)
            tally.unmapped[kind] += mapped[kind] is None
    return turn | mapped


def _levels(levels: Any, where: str) -> list[Any]:
    try:
        return [levels[mechanism] for mechanism in _LEVELS]
    except (KeyError, TypeError):
        raise InputError(f"{where}, field 'empathy_levels': must hold {', '.join(_LEVELS)}.") from None

"""Reading the named data sources: what may be read, which rows are held out, and text for pre-training.

``resources/sources.toml`` is the one table of sources whose terms allow shipping weights trained on them.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from trainer.config import InputError, resources_dir

LATEST_DEATH = 1955  # books of authors who died later are still protected in many countries
VALIDATION_NAMES = ("val", "valid", "validation", "dev")
_HELD_OUT_NAMES = (*VALIDATION_NAMES, "test")


@dataclass(frozen=True, slots=True)
class Source:
    """One row of the table. ``row_licences``: only rows whose own licence is listed; () = all rows."""

    id: str
    title: str
    licence: str
    by: str
    authors: bool = False
    row_licences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A text for pre-training: ``parts`` are (speaker, text); speaker is None in running text."""

    situation: str | None
    parts: tuple[tuple[str | None, str], ...]


@cache
def sources() -> tuple[dict[str, Source], dict[str, int]]:
    """The table: sources by id, and the year of death of the authors whose books may be read."""
    table = tomllib.loads((resources_dir() / "sources.toml").read_text(encoding="utf8"))
    made = {
        name: Source(id=name, **{**row, "row_licences": tuple(row.get("row_licences", ()))})
        for name, row in table["sources"].items()
    }
    return made, dict(table["authors"])


def held_out(name: str) -> bool:
    """The tenth of all ids that nothing is ever trained on (validation)."""
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % 10 == 0


def calibration(name: str) -> bool:
    """Another tenth, for temperatures, thresholds and choice of checkpoints; never weights."""
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % 10 == 1


def source_files(root: Path, name: str) -> list[Path]:
    """Training files of a source; its validation parts are left out. Raises InputError."""
    files = [f for f in all_files(root, name) if not is_part(f, *_HELD_OUT_NAMES)]
    if not files:
        raise InputError(f"data_root: source {name!r} has no .jsonl files under {name!r}.")
    return files


def all_files(root: Path, name: str) -> list[Path]:
    """Files of a source, in the order of their names; messages for the risk screen are no dialogues."""
    folder = root / name
    files = sorted([*folder.glob("*.jsonl"), *folder.glob("*.jsonl.gz")])
    return [f for f in files if not (name == "authored" and f.name.startswith("risk"))]


def is_part(file: Path, *names: str) -> bool:
    """Is the file one of these official parts of its set, by its name?"""
    return file.name.split(".")[0] in names


def rows_of(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Stream a file's rows, each with where it stands ("FILE, line N"). Raises InputError."""
    try:
        with gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                where = f"{file.name}, line {number}"
                try:
                    row = json.loads(line)
                except (ValueError, RecursionError):
                    raise InputError(f"{where}: not valid JSON.") from None
                if not isinstance(row, dict):
                    raise InputError(f"{where}: must be an object.")
                yield where, row
    except (OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or "damaged or not a gzip file"
        raise InputError(f"{file.name}: cannot be read ({reason}).") from None


def shippable_source(name: str) -> Source:
    """The table's row of a source. Raises InputError for a source that is not in the table."""
    table, _ = sources()
    if name not in table:
        raise InputError(
            f"source {name!r} is not in resources/sources.toml: it may not go into shipped weights."
        )
    return table[name]


def admits(source: Source, row: dict[str, Any]) -> bool:
    """Do the terms of the source let this row in?"""
    dead = sources()[1].get(row.get("author", ""), LATEST_DEATH + 1) <= LATEST_DEATH
    licensed = not source.row_licences or row.get("licence") in source.row_licences
    return licensed and (dead or not source.authors)


def documents(root: Path, name: str) -> Iterator[Document]:
    """Stream the rows of a shippable source that its terms and the held-out rules let in.

    Raises InputError for a source that is not in the table.
    """
    source = shippable_source(name)
    for file in source_files(root, name):
        for _, row in rows_of(file):
            kept = name == "authored" and (held_out(str(row["id"])) or calibration(str(row["id"])))
            if kept or not admits(source, row):
                continue
            document = _document(row)
            if document is not None:
                yield document


def _document(row: dict[str, Any]) -> Document | None:
    turns = row.get("turns")
    if not turns:
        text = str(row.get("text") or "").strip()
        return Document(None, ((None, text),)) if text else None
    speakers = sorted({turn["speaker"] for turn in turns})
    roles: dict[str, str | None] = dict.fromkeys(speakers)
    if speakers in (["client", "therapist"], ["client"]):
        roles = {name: name for name in speakers}
    elif speakers in (["a", "b"], ["a"]):
        roles = {"a": "client", "b": "therapist"}
    parts = tuple((roles[t["speaker"]], t["text"].strip()) for t in turns if t["text"].strip())
    clinical = any(role == "therapist" for role in roles.values()) and "client" in speakers
    return Document(row.get("context") if clinical else None, parts) if parts else None

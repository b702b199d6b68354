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
_HELD_OUT_NAMES = ("val", "valid", "validation", "dev", "test")


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
    folder = root / name
    found = sorted([*folder.glob("*.jsonl"), *folder.glob("*.jsonl.gz")])
    files = [f for f in found if f.name.split(".")[0] not in _HELD_OUT_NAMES]
    if name == "authored":
        files = [f for f in files if not f.name.startswith("risk")]
    if not files:
        raise InputError(f"data_root: source {name!r} has no .jsonl files under {folder.name!r}.")
    return files


def _rows(files: list[Path]) -> Iterator[dict[str, Any]]:
    for file in files:
        with gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                try:
                    yield json.loads(line)
                except ValueError:
                    raise InputError(f"{file.name}, line {number}: not valid JSON.") from None


def documents(root: Path, name: str) -> Iterator[Document]:
    """Stream the rows of a shippable source that its terms and the held-out rule let in.

    Raises InputError for a source that is not in the table.
    """
    table, authors = sources()
    if name not in table:
        raise InputError(
            f"source {name!r} is not in resources/sources.toml: it may not go into shipped weights."
        )
    source = table[name]
    for row in _rows(source_files(root, name)):
        if name == "authored" and held_out(str(row["id"])):
            continue
        if source.authors and authors.get(row.get("author", ""), LATEST_DEATH + 1) > LATEST_DEATH:
            continue
        licence = row.get("licence")
        if source.row_licences and licence not in source.row_licences:
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

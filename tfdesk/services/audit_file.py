"""The audit log outside the vault: exported as lines, verified by anyone who has the file.

::

    {"format": "tfdesk audit 1", "entries": N, "head": HASH}
    {"sequence", "body", "previous", "hash"}                      once per entry

The chain shows what was edited, deleted or reordered. That entries were cut off at the end, or that all of
them were written anew, shows only against a head (``N:HASH``) that was kept elsewhere.
Entries are not signed yet: who holds the vault's key can write a log anew.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfdesk.core.errors import InputRefused
from tfdesk.core.files import write_atomically
from tfdesk.store import audit
from tfdesk.store.audit import Entry
from tfdesk.store.vault import Vault

FORMAT = "tfdesk audit 1"
LONGEST_LINE = 64 << 10
LARGEST_FILE = 1 << 30
_HEAD = re.compile(r"(?:(?P<count>\d{1,15}):)?(?P<hash>[0-9a-f]{64})")
_WORDS = {
    "edited": "Entry {0} was edited after it was written.",
    "deleted": "Entry {0} was deleted: the next one that is there has a higher number.",
    "reordered": "Entry {0} is not in its place: entries were reordered.",
    "replaced": "Entry {0} does not follow the one before it: one of the two was replaced.",
    "truncated": "The log was truncated: entry {0}, and perhaps later ones, are missing at its end.",
    "rewritten": "Entry {0} is not the one whose head was kept: the log was written anew up to there.",
}
UNPROVEN = (
    "Without a head kept elsewhere (--head) nobody can tell whether entries were cut off at the end, "
    "or all were written anew."
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification found. ``sequence`` and ``fault`` are None for a whole log."""

    entries: int
    head: str
    fault: str | None = None  # a key of _WORDS
    sequence: int | None = None
    against_head: bool = False

    @property
    def whole(self) -> bool:
        return self.fault is None

    @property
    def sentence(self) -> str:
        """The finding in plain words."""
        if self.fault is not None:
            return _WORDS[self.fault].format(self.sequence)
        told = f"The log is whole: {self.entries} entries, none edited, deleted or reordered."
        return told if self.against_head else f"{told} {UNPROVEN}"


def vault_entries(vault: Vault) -> list[Entry]:
    """The log of an open vault."""
    with vault.read() as db:
        return audit.entries(db)


def write_export(entries: list[Entry], out: Path) -> str:
    """Write a log to a file and return its head as ``N:HASH``. Raises InputRefused, KnownError."""
    if out.exists():
        raise InputRefused(f"{out.name} exists already.", "Choose another name.")
    head = entries[-1].own if entries else audit.GENESIS
    lines: list[dict[str, Any]] = [{"format": FORMAT, "entries": len(entries), "head": head}]
    lines += [
        {"sequence": e.sequence, "body": e.body, "previous": e.previous, "hash": e.own} for e in entries
    ]
    write_atomically(out, "".join(json.dumps(line) + "\n" for line in lines).encode())
    return f"{len(entries)}:{head}"


def read_export(file: Path) -> tuple[list[Entry], str]:
    """The entries of an exported log, and the head it states. Raises InputRefused naming the line."""
    entries: list[Entry] = []
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise InputRefused(f"{file.name}: larger than {LARGEST_FILE >> 20} MiB.")
        with file.open("rb") as lines:
            stated = _stated(_object(lines.readline(LONGEST_LINE), file.name, 1), file.name)
            number = 2
            while line := lines.readline(LONGEST_LINE):
                entries.append(_entry(_object(line, file.name, number), file.name, number))
                number += 1
    except OSError as error:
        raise InputRefused(f"{file.name}: cannot be read ({error.strerror}).") from None
    return entries, stated


def _object(line: bytes, name: str, number: int) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise InputRefused(f"{name}, line {number}: not a line of an exported audit log.")
    return value


def _stated(header: dict[str, Any], name: str) -> str:
    count, head = header.get("entries"), header.get("head")
    if header.get("format") != FORMAT or type(count) is not int or not _HEAD.fullmatch(f"{count}:{head}"):
        raise InputRefused(f"{name}, line 1: not an audit log that this version exported.")
    return f"{count}:{head}"


def _entry(value: dict[str, Any], name: str, number: int) -> Entry:
    found = [value.get(key) for key in ("sequence", "body", "previous", "hash")]
    if type(found[0]) is not int or not all(isinstance(text, str) for text in found[1:]):
        raise InputRefused(f"{name}, line {number}: not an entry of an audit log.")
    return Entry(*found)  # type: ignore[arg-type]


def verify(entries: list[Entry], head: str | None = None, stated: str | None = None) -> Verdict:
    """Check the chain, that it reaches the ``head`` kept elsewhere, and the one ``stated`` in its file.

    Heads are ``N:HASH``, the one kept elsewhere may be the bare hash. Raises InputRefused (no such thing).
    """
    own = entries[-1].own if entries else audit.GENESIS
    kept = _parsed_head(head) if head is not None else None
    fault = audit.find_fault(entries)
    found: tuple[str, int] | None = (fault.kind, fault.sequence) if fault else None
    for wanted in (kept, _parsed_head(stated) if stated is not None else None):
        if wanted is not None and found is None:
            found = _missed(entries, *wanted)
    kind, sequence = found or (None, None)
    return Verdict(len(entries), own, kind, sequence, against_head=kept is not None)


def _missed(entries: list[Entry], count: int | None, head: str) -> tuple[str, int] | None:
    """How a whole chain falls short of a head, None when it holds it."""
    if count is None:
        there = head == audit.GENESIS or any(entry.own == head for entry in entries)
        return None if there else ("truncated", len(entries) + 1)
    if count > len(entries):
        return "truncated", len(entries) + 1
    before = entries[count - 1].own if count else audit.GENESIS
    return None if before == head else ("rewritten", count)


def _parsed_head(head: str) -> tuple[int | None, str]:
    match = _HEAD.fullmatch(head.strip().lower())
    if match is None:
        raise InputRefused("--head: give the head as it was printed, NUMBER:HASH with 64 hex digits.")
    return (int(match["count"]) if match["count"] else None), match["hash"]

"""The audit log outside the vault: exported as lines, verified by anyone who has the file.

::

    {"format": "tfdesk audit 2", "entries": N, "head": HASH}
    {"sequence", "body", "previous", "hash"}                                          once per entry
    {"checkpoint": {"sequence", "hash", "role", "reason", "at", "public", "signature"}}    once per signature

The chain shows what was edited, deleted or reordered. That entries were cut off at the end, or that all of
them were written anew, shows against a head (``N:HASH``) that was kept elsewhere, or against signatures: who
holds the vault's key can write a log anew, but not sign it for a role. Format 1 had no signatures.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tfdesk.core.errors import InputRefused
from tfdesk.core.files import write_atomically
from tfdesk.core.models import ROLES
from tfdesk.core.said import filled, joined, said
from tfdesk.services import audit_signatures
from tfdesk.services.audit_signatures import Covered, Noted
from tfdesk.store import audit, signatures
from tfdesk.store.audit import Entry
from tfdesk.store.signatures import Checkpoint
from tfdesk.store.vault import Vault

FORMAT, KNOWN_FORMATS = "tfdesk audit 2", ("tfdesk audit 1", "tfdesk audit 2")
LONGEST_LINE = 64 << 10
LARGEST_FILE = 1 << 30
LATEST = 3e10  # seconds: no signature is from a later time
_HEAD = re.compile(r"(?:(?P<count>\d{1,15}):)?(?P<hash>[0-9a-f]{64})")
_KEY = re.compile(r"(?P<role>[a-z]+):(?P<fingerprint>[0-9a-f]{4}(?:-[0-9a-f]{4}){7})")
_WORDS = {
    "edited": said("Entry {0} was edited after it was written."),
    "deleted": said("Entry {0} was deleted: the next one that is there has a higher number."),
    "reordered": said("Entry {0} is not in its place: entries were reordered."),
    "replaced": said("Entry {0} does not follow the one before it: one of the two was replaced."),
    "truncated": said("The log was truncated: entry {0}, and perhaps later ones, are missing at its end."),
    "rewritten": said("Entry {0} is not the one whose head was kept: the log was written anew up to there."),
}
UNPROVEN = said(
    "Without a head kept elsewhere (--head) nobody can tell whether entries were cut off at the end, or "
    "written anew."
)
UNPROVEN_LATER = said(
    "Without a head kept elsewhere (--head) nobody can tell whether entries after the last signature were "
    "cut off at the end, or written anew."
)
UNPINNED = said(
    "That a key is that person's shows only when its fingerprint is the one noted when it was made (--key)."
)


@dataclass(frozen=True, slots=True)
class Log:
    """A log with what was signed about it; ``stated`` is the head (``N:HASH``) that its file claims."""

    entries: list[Entry]
    checkpoints: list[Checkpoint]
    stated: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification found. ``fault`` (a key of _WORDS or of audit_signatures.WORDS) and ``sequence``
    are None for a whole log, ``role`` too unless a signature is at fault. ``covered``: good signatures."""

    entries: int
    head: str
    fault: str | None = None
    sequence: int | None = None
    role: str | None = None
    against_head: bool = False
    pinned: bool = False
    covered: tuple[Covered, ...] = ()

    @property
    def whole(self) -> bool:
        return self.fault is None

    @property
    def sentence(self) -> str:
        """The finding in plain words."""
        if self.role is not None and self.fault is not None:
            return filled(audit_signatures.WORDS[self.fault], self.role, self.sequence, self.entries)
        if self.fault is not None:
            return filled(_WORDS[self.fault], self.sequence)
        told = said("The log is whole: {0} entries, none edited, deleted or reordered.", self.entries)
        unproven = UNPROVEN_LATER if self.covered else UNPROVEN
        return told if self.against_head else joined(told, unproven)

    @property
    def signed(self) -> tuple[str, ...]:
        """Who stands behind how much of it, a sentence each."""
        if not self.covered:
            return (audit_signatures.UNSIGNED,)
        return (*(one.sentence for one in self.covered), *(() if self.pinned else (UNPINNED,)))


@dataclass(frozen=True, slots=True)
class Line:
    """An entry for reading; ``at`` (UTC seconds) and ``kind`` are None and "" where it cannot be read."""

    sequence: int
    at: float | None
    kind: str


def latest(log: Log, most: int) -> list[Line]:
    """At most so many entries, the newest first."""
    return [_line(entry) for entry in reversed(log.entries[-most:])]


def _line(entry: Entry) -> Line:
    try:
        body = json.loads(entry.body)
        at, kind = float(body["at"]), str(body["kind"])
    except (ValueError, KeyError, TypeError):
        return Line(entry.sequence, None, "")
    return Line(entry.sequence, at if 0 <= at < LATEST else None, kind)


def vault_log(vault: Vault) -> Log:
    """The log of an open vault."""
    with vault.read() as db:
        return Log(audit.entries(db), signatures.checkpoints(db))


def write_export(log: Log, out: Path) -> str:
    """Write a log to a file and return its head as ``N:HASH``. Raises InputRefused, KnownError."""
    if out.exists():
        raise InputRefused(f"{out.name} exists already.", "Choose another name.")
    entries = log.entries
    head = entries[-1].own if entries else audit.GENESIS
    lines: list[dict[str, Any]] = [{"format": FORMAT, "entries": len(entries), "head": head}]
    lines += [
        {"sequence": e.sequence, "body": e.body, "previous": e.previous, "hash": e.own} for e in entries
    ]
    lines += [{"checkpoint": asdict(checkpoint)} for checkpoint in log.checkpoints]
    write_atomically(out, "".join(json.dumps(line) + "\n" for line in lines).encode())
    return f"{len(entries)}:{head}"


def read_export(file: Path) -> Log:
    """An exported log. Raises InputRefused naming the line."""
    entries: list[Entry] = []
    checkpoints: list[Checkpoint] = []
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise InputRefused(f"{file.name}: larger than {LARGEST_FILE >> 20} MiB.")
        with file.open("rb") as lines:
            stated = _stated(_object(lines.readline(LONGEST_LINE), file.name, 1), file.name)
            number = 2
            while line := lines.readline(LONGEST_LINE):
                value = _object(line, file.name, number)
                if "checkpoint" in value:
                    checkpoints.append(_checkpoint(value["checkpoint"], file.name, number))
                else:
                    entries.append(_entry(value, file.name, number))
                number += 1
    except OSError as error:
        raise InputRefused(f"{file.name}: cannot be read ({error.strerror}).") from None
    return Log(entries, checkpoints, stated)


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
    known = header.get("format") in KNOWN_FORMATS and type(count) is int
    if not known or not _HEAD.fullmatch(f"{count}:{head}"):
        raise InputRefused(f"{name}, line 1: not an audit log that this version exported.")
    return f"{count}:{head}"


def _entry(value: dict[str, Any], name: str, number: int) -> Entry:
    found = [value.get(key) for key in ("sequence", "body", "previous", "hash")]
    if type(found[0]) is not int or not all(isinstance(text, str) for text in found[1:]):
        raise InputRefused(f"{name}, line {number}: not an entry of an audit log.")
    return Entry(*found)  # type: ignore[arg-type]


def _checkpoint(value: Any, name: str, number: int) -> Checkpoint:
    fields = value if isinstance(value, dict) else {}
    sequence, at = fields.get("sequence"), fields.get("at")
    texts = [fields.get(key) for key in ("hash", "role", "reason", "public", "signature")]
    timed = isinstance(at, int | float) and 0 <= at < LATEST
    whole = type(sequence) is int and timed and all(isinstance(text, str) for text in texts)
    if not whole or fields["role"] not in ROLES:
        raise InputRefused(f"{name}, line {number}: not a signature of an audit log.")
    digest, role, reason, public, signature = (str(text) for text in texts)
    return Checkpoint(sequence, digest, role, reason, at, public, signature)  # type: ignore[arg-type]


def verify(log: Log, head: str | None = None, noted: Noted | None = None) -> Verdict:
    """Check the chain, its signatures, and that it reaches the ``head`` kept elsewhere and its file's own.

    Heads are ``N:HASH``, the one kept elsewhere may be the bare hash; ``noted`` are fingerprints by role that
    were kept elsewhere. Raises InputRefused (no such thing).
    """
    entries = log.entries
    own = entries[-1].own if entries else audit.GENESIS
    kept = _parsed_head(head) if head is not None else None
    fault = audit.find_fault(entries)
    whole_until = fault.sequence - 1 if fault else len(entries)
    signed = audit_signatures.check(entries, log.checkpoints, noted or {}, whole_until)
    found: tuple[str, int] | None = (fault.kind, fault.sequence) if fault else None
    for wanted in (kept, _parsed_head(log.stated) if log.stated is not None else None):
        if wanted is not None and found is None:
            found = _missed(entries, *wanted)
    kind, sequence = found or (None, None)
    role = None
    if found is None and signed.fault is not None:
        kind, sequence, role = signed.fault.kind, signed.fault.sequence, signed.fault.role
    return Verdict(len(entries), own, kind, sequence, role, kept is not None, bool(noted), signed.covered)


def parsed_keys(texts: list[str]) -> dict[str, set[str]]:
    """Fingerprints by role from ``ROLE:FINGERPRINT``. Raises InputRefused."""
    found: dict[str, set[str]] = {}
    for text in texts:
        match = _KEY.fullmatch(text.strip().lower())
        if match is None or match["role"] not in ROLES:
            raise InputRefused(
                "--key: give ROLE:FINGERPRINT as vault slots prints it, for instance supervisor:1f2e-...."
            )
        found.setdefault(match["role"], set()).add(match["fingerprint"])
    return found


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

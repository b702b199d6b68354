"""The log of decisions: append-only, each entry holding the hash of the one before.

Words never enter it. A text is present as SHA-256(salt, text); the salt lies in a table of its own, so that
erasing salts leaves the chain whole and the hashes mute. ``find_fault`` needs no vault: it reads any entries.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from tfdesk.store.vault import Db

GENESIS = "0" * 64
_SALT_BYTES = 16
OWN_FIELDS = frozenset({"sequence", "kind", "at", "text_sha256"})
FaultKind = Literal["edited", "deleted", "reordered", "replaced"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One link: ``body`` is canonical JSON, ``own`` the hash of ``previous`` and ``body`` as hex."""

    sequence: int
    body: str
    previous: str
    own: str


@dataclass(frozen=True, slots=True)
class Fault:
    """Where the chain breaks first, and how."""

    sequence: int
    kind: FaultKind


def append(db: Db, kind: str, at: float, text: str | None = None, **facts: int | str | None) -> int:
    """Add an entry inside the caller's transaction and return its sequence number (from 1).

    ``facts`` are ids, states and reasons from fixed lists: never what a person typed. One named as a field of
    the entry itself would overwrite it: ValueError.
    """
    if own := OWN_FIELDS & facts.keys():
        raise ValueError(f"an audit entry has a field {min(own)} of its own")
    sequence, previous = head(db)
    sequence += 1
    entry: dict[str, Any] = {"sequence": sequence, "kind": kind, "at": at, **facts}
    salt = os.urandom(_SALT_BYTES)
    if text is not None:
        entry["text_sha256"] = hashlib.sha256(salt + text.encode("utf8")).hexdigest()
    body = json.dumps(entry, sort_keys=True, separators=(",", ":"))
    db.run("INSERT INTO audit VALUES (?, ?, ?, ?)", sequence, body, previous, entry_hash(previous, body))
    if text is not None:
        db.run("INSERT INTO audit_salts VALUES (?, ?)", sequence, salt)
    return sequence


def head(db: Db) -> tuple[int, str]:
    """Number and hash of the last entry: kept elsewhere, they prove later that nothing was cut off."""
    last = db.row("SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1")
    return (int(last[0]), str(last[1])) if last else (0, GENESIS)


def entries(db: Db) -> list[Entry]:
    """The whole log, first to last."""
    return [Entry(*row) for row in db.rows("SELECT sequence, body, previous, hash FROM audit ORDER BY 1")]


def first_fault(db: Db) -> int | None:
    """The sequence number at which the chain breaks (changed, missing, reordered), None when it is whole.

    Entries cut off at the end leave no gap: that needs the head kept outside the vault.
    """
    fault = find_fault(entries(db))
    return fault.sequence if fault else None


def find_fault(log: Iterable[Entry]) -> Fault | None:
    """The first place at which the entries, in the order given, are no chain; None when they are one."""
    links = list(log)
    numbers = {link.sequence for link in links}
    previous = GENESIS
    for expected, link in enumerate(links, start=1):
        if link.sequence != expected:
            return Fault(expected, "reordered" if expected in numbers else "deleted")
        if link.own != entry_hash(link.previous, link.body) or _listed(link.body) != expected:
            return Fault(expected, "edited")
        if link.previous != previous:
            return Fault(expected, "replaced")
        previous = link.own
    return None


def entry_hash(previous: str, body: str) -> str:
    """The hash of an entry. The first part has a fixed length, so no two pairs give the same bytes."""
    return hashlib.sha256(f"{previous}{body}".encode("utf8", "surrogatepass")).hexdigest()


def _listed(body: str) -> Any:
    """The sequence number inside a body, None for one that is no entry."""
    try:
        entry = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return entry.get("sequence") if isinstance(entry, dict) else None

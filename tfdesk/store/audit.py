"""The log of decisions: append-only, each entry holding the hash of the one before.

Words never enter it. A text is present as SHA-256(salt, text); the salt lies in a table of its own, so that
erasing salts leaves the chain whole and the hashes mute.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any

from tfdesk.store.vault import Db

GENESIS = "0" * 64
_SALT_BYTES = 16


def append(db: Db, kind: str, at: float, text: str | None = None, **facts: int | str | None) -> int:
    """Add an entry inside the caller's transaction and return its sequence number (from 1).

    ``facts`` are ids, states and reasons from fixed lists: never what a person typed.
    """
    last = db.row("SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1")
    sequence, previous = (int(last[0]) + 1, str(last[1])) if last else (1, GENESIS)
    entry: dict[str, Any] = {"sequence": sequence, "kind": kind, "at": at, **facts}
    salt = os.urandom(_SALT_BYTES)
    if text is not None:
        entry["text_sha256"] = hashlib.sha256(salt + text.encode("utf8")).hexdigest()
    body = json.dumps(entry, sort_keys=True, separators=(",", ":"))
    db.run("INSERT INTO audit VALUES (?, ?, ?, ?)", sequence, body, previous, _hash(previous, body))
    if text is not None:
        db.run("INSERT INTO audit_salts VALUES (?, ?)", sequence, salt)
    return sequence


def first_fault(db: Db) -> int | None:
    """The sequence number at which the chain breaks (changed, missing, reordered), None when it is whole.

    Entries cut off at the end leave no gap: that needs the head kept outside the vault.
    """
    expected, previous = 1, GENESIS
    for sequence, body, before, own in db.rows("SELECT * FROM audit ORDER BY sequence"):
        listed = json.loads(body).get("sequence")
        if (sequence, listed, before, own) != (expected, expected, previous, _hash(previous, body)):
            return expected
        expected, previous = expected + 1, own
    return None


def _hash(previous: str, body: str) -> str:
    # The first part has a fixed length, so no two pairs give the same bytes.
    return hashlib.sha256(f"{previous}{body}".encode()).hexdigest()

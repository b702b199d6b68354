"""Lineage: which training run learned from which client, and which runs must not be relied on any more.

A client stands in it as SHA-256(salt, id), each row with a salt of its own; erasing the client takes the
salts away and leaves a mark that names nobody.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable

from tfdesk.store.vault import Db

_SALT_BYTES = 16


def record(db: Db, run: int, clients: Iterable[int]) -> None:
    """Remember that a run learns from these clients."""
    for client_id in clients:
        salt = os.urandom(_SALT_BYTES)
        db.run("INSERT INTO lineage (run, client, salt) VALUES (?, ?, ?)", run, _mark(salt, client_id), salt)


def withdraw(db: Db, client_id: int, at: float) -> tuple[int, ...]:
    """The client no longer agrees: mark every run that learned from them; returns those newly marked."""
    before = withdrawn_runs(db)
    found = [(row, run) for row, run, withdrawn in _rows_of(db, client_id) if withdrawn is None]
    for row, _ in found:
        db.run("UPDATE lineage SET withdrawn_at = ? WHERE id = ?", at, row)
    return tuple(sorted({run for _, run in found} - before))


def forget(db: Db, client_id: int) -> int:
    """Take the salts of a client's rows away, so that nobody can tell any more whose they were."""
    found = _rows_of(db, client_id)
    for row, _, _ in found:
        db.run("UPDATE lineage SET salt = NULL WHERE id = ?", row)
    return len(found)


def withdrawn_runs(db: Db) -> set[int]:
    """The runs that learned from a client who took their consent back, or was erased."""
    return {int(row[0]) for row in db.rows("SELECT DISTINCT run FROM lineage WHERE withdrawn_at IS NOT NULL")}


def last_run(db: Db) -> int:
    """The highest number of a run that learned from this vault, 0 when none did."""
    row = db.row("SELECT coalesce(max(run), 0) FROM lineage")
    return int(row[0]) if row else 0


def _rows_of(db: Db, client_id: int) -> list[tuple[int, int, float | None]]:
    """Row, run and time of withdrawal of every row that is this client's."""
    rows = db.rows("SELECT id, run, withdrawn_at, client, salt FROM lineage WHERE salt IS NOT NULL")
    return [
        (row, run, withdrawn) for row, run, withdrawn, mark, salt in rows if mark == _mark(salt, client_id)
    ]


def _mark(salt: bytes, client_id: int) -> str:
    return hashlib.sha256(salt + str(client_id).encode()).hexdigest()

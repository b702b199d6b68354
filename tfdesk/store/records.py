"""Everything the vault holds about one client: read out whole, or erased whole.

``everything`` gives rows as plain JSON values, not as frozen ones: they go to a file as they are. A table
that is added for clients must be added here; a test compares the list with the schema.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tfdesk.core.errors import KnownError
from tfdesk.store import schema
from tfdesk.store.vault import Db, Vault

_OWN_TURNS = "(SELECT id FROM turns WHERE client_id = ?1)"
# What belongs to client ?1, table by table: columns in the order in which they are read out.
PARTS: dict[str, tuple[tuple[str, ...], str]] = {
    "sessions": (("id", "number", "started_at"), "client_id = ?1"),
    "turns": (
        (
            *("id", "session_id", "position", "speaker", "text", "at", "origin", "strategy", "approved"),
            *("emotion", "corrected_emotion", "risk_status", "risk", "disposition"),
        ),
        "client_id = ?1",
    ),
    "suggestions": (("turn_id", "version", "at", "model"), f"turn_id IN {_OWN_TURNS}"),
    "drafts": (("id", "turn_id", "version", "rank", "draft", "state"), f"turn_id IN {_OWN_TURNS}"),
    "decisions": (
        (
            *("id", "session_id", "turn_id", "draft_id", "reply_id", "kind", "text_sha256", "reason", "note"),
            *("diff", "at", "voided_at"),
        ),
        f"turn_id IN {_OWN_TURNS}",
    ),
    "dispositions": (("id", "turn_id", "risk", "disposition", "note", "at"), f"turn_id IN {_OWN_TURNS}"),
    "unsaved": (("client_id", "message", "draft_id", "edit", "own", "note", "at"), "client_id = ?1"),
    "consents": (("id", "purpose", "granted", "role", "at"), "client_id = ?1"),
}
_JSON_COLUMNS = ("emotion", "risk", "model", "draft", "diff")
# An entry is the client's by the turn, the draft or the client it names. A reply that was undone has left the
# turns, so its later entries are found by the approval that names both.
_AUDIT = f"""
WITH facts AS (
    SELECT sequence, body, json_extract(body, '$.turn') AS turn, json_extract(body, '$.reply') AS reply,
           json_extract(body, '$.draft') AS draft, json_extract(body, '$.client') AS client
    FROM audit
), own AS (
    SELECT id FROM turns WHERE client_id = ?1
    UNION SELECT reply FROM facts WHERE reply IS NOT NULL AND turn IN {_OWN_TURNS}
)
SELECT sequence, body FROM facts
WHERE turn IN own OR client = ?1 OR draft IN (SELECT id FROM drafts WHERE turn_id IN {_OWN_TURNS})
ORDER BY sequence
"""


def everything(db: Db, client_id: int) -> dict[str, Any]:
    """All rows about a client, by table; ``audit`` holds the log's entries that name something of theirs."""
    found: dict[str, Any] = {}
    for table, (columns, condition) in PARTS.items():
        sql = f"SELECT {', '.join(columns)} FROM {table} WHERE {condition} ORDER BY 1, 2"
        found[table] = [_record(columns, row) for row in db.rows(sql, client_id)]
    found["audit"] = [json.loads(body) for _, body in db.rows(_AUDIT, client_id)]
    return found


def _record(columns: tuple[str, ...], row: tuple[Any, ...]) -> dict[str, Any]:
    record = dict(zip(columns, row, strict=True))
    return {
        name: json.loads(value) if name in _JSON_COLUMNS and value is not None else value
        for name, value in record.items()
    }


def erase(db: Db, client_id: int) -> dict[str, int]:
    """Delete a client and all that hangs on them, inside the caller's transaction; returns how much it was.

    The audit log keeps its entries: its salts for this client's texts go, so that its hashes are mute.
    """
    counts = {
        table: int((db.row(f"SELECT count(*) FROM {table} WHERE {condition}", client_id) or (0,))[0])
        for table, (_, condition) in PARTS.items()
    }
    counts["search index entries"] = counts["turns"]
    label = "client_id = ?1 AND corrected_emotion IS NOT NULL"
    counts["labels"] = int((db.row(f"SELECT count(*) FROM turns WHERE {label}", client_id) or (0,))[0])
    counts["audit salts"] = _erase_salts(db, client_id)
    db.run("DELETE FROM clients WHERE id = ?", client_id)
    # Secure deletion overwrites the entries of the index; rebuilding drops words that only guided to them.
    db.run("INSERT INTO turn_words (turn_words) VALUES ('rebuild')")
    return counts


def _erase_salts(db: Db, client_id: int) -> int:
    gone = 0
    for sequence, _ in db.rows(_AUDIT, client_id):
        gone += len(db.rows("DELETE FROM audit_salts WHERE sequence = ? RETURNING sequence", sequence))
    return gone


def sweep(vault: Vault) -> None:
    """After an erasure: rewrite the file without free pages and empty the write-ahead log.

    Raises KnownError (disk full: the file is rewritten beside itself in the log).
    """
    with vault.read() as db:
        db.run("VACUUM")
        busy = db.row("PRAGMA wal_checkpoint(TRUNCATE)")
    if busy and busy[0]:
        raise KnownError(
            "Another program is reading the vault, so its log could not be emptied.", "Close it."
        )


def erase_copies(vault_file: Path) -> int:
    """Delete the copies that were put aside before the tables changed: the client is still in them."""
    copies = schema.kept_copies(vault_file)
    try:
        for copy in copies:
            copy.unlink()
    except OSError as error:
        raise KnownError(f"An old copy of the vault could not be deleted ({error.strerror}).") from None
    return len(copies)

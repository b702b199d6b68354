"""What was typed and not saved when the vault locked: one row a client."""

from __future__ import annotations

from tfdesk.core.models import Unsaved
from tfdesk.store.vault import Db

_COLUMNS = "client_id, message, draft_id, edit, own, note"


def keep(db: Db, words: Unsaved, at: float) -> None:
    """Keep these words in place of any others of that client."""
    values = (words.client_id, words.message, words.draft_id, words.edit, words.own, words.note, at)
    db.run(f"INSERT OR REPLACE INTO unsaved ({_COLUMNS}, at) VALUES (?, ?, ?, ?, ?, ?, ?)", *values)


def kept(db: Db) -> Unsaved | None:
    """The words that were kept last, if any."""
    row = db.row(f"SELECT {_COLUMNS} FROM unsaved ORDER BY at DESC, client_id LIMIT 1")
    return Unsaved(*row) if row is not None else None


def forget(db: Db, client_id: int) -> None:
    """Keep none of a client's any more."""
    db.run("DELETE FROM unsaved WHERE client_id = ?", client_id)

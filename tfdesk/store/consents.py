"""The consent ledger: SQL on one side, frozen values on the other. Rows are added, never changed."""

from __future__ import annotations

from tfdesk.core.models import Consent, Purpose, Role
from tfdesk.store.vault import Db


def add_consent(db: Db, client_id: int, purpose: Purpose, granted: bool, role: Role, at: float) -> int:
    return db.run(
        "INSERT INTO consents (client_id, purpose, granted, role, at) VALUES (?, ?, ?, ?, ?)",
        client_id,
        purpose,
        int(granted),
        role,
        at,
    )


def consents(db: Db, client_id: int) -> list[Consent]:
    """A client's entries, first to last."""
    rows = db.rows(
        "SELECT client_id, purpose, granted, role, at FROM consents WHERE client_id = ? ORDER BY id",
        client_id,
    )
    return [Consent(number, purpose, bool(granted), role, at) for number, purpose, granted, role, at in rows]


def clients_who_agree(db: Db, purpose: Purpose) -> list[int]:
    """Ids of the clients whose newest entry of that purpose is a consent."""
    rows = db.rows(
        "SELECT client_id FROM consents WHERE granted AND id IN"
        " (SELECT max(id) FROM consents WHERE purpose = ? GROUP BY client_id) ORDER BY client_id",
        purpose,
    )
    return [int(row[0]) for row in rows]


def granted(db: Db, client_id: int, purpose: Purpose) -> bool:
    """Whether the newest entry of that purpose is a consent; without any entry there is none."""
    sql = "SELECT granted FROM consents WHERE client_id = ? AND purpose = ? ORDER BY id DESC LIMIT 1"
    row = db.row(sql, client_id, purpose)
    return bool(row and row[0])

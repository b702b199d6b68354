"""What clients agreed to: care in writing with this program, training of the clinic's model.

Nothing is allowed that was not granted. The ledger only grows; the latest entry of a purpose holds.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from tfdesk.core.models import PURPOSES, Client, Consent, Purpose, Role
from tfdesk.services.clients import named
from tfdesk.services.training_material import withdraw
from tfdesk.store import audit, consents, conversations
from tfdesk.store.vault import Vault


class Consents:
    """Use cases around the ledger. Every change is on disk, and in the audit log, when the call returns."""

    def __init__(self, vault: Vault, *, now: Callable[[], float] = time.time) -> None:
        self._vault = vault
        self._now = now

    def record(self, name: str, purpose: Purpose, granted: bool, role: Role) -> Consent:
        """Add that a client gave consent or took it back. Raises InputRefused (no such client).

        Without consent to training, the runs that learned from the client are marked: they must be repeated.
        """
        with self._vault.write() as db:
            client, at = named(db, name), self._now()
            consents.add_consent(db, client.id, purpose, granted, role, at)
            kind = "consent granted" if granted else "consent revoked"
            audit.append(db, kind, at, client=client.id, purpose=purpose, role=role)
            if purpose == "training" and not granted:
                withdraw(db, client.id, at)
        return Consent(client.id, purpose, granted, role, at)

    def allowed(self, client_id: int, purpose: Purpose) -> bool:
        """Whether the client's words may be used for this now: every data set for training must ask."""
        with self._vault.read() as db:
            return consents.granted(db, client_id, purpose)

    def ledger(self, name: str | None = None) -> list[tuple[Client, list[Consent]]]:
        """Each client, or the one of that name, with all entries, first to last."""
        with self._vault.read() as db:
            asked = conversations.clients(db) if name is None else [named(db, name)]
            return [(client, consents.consents(db, client.id)) for client in asked]


def standing(entries: list[Consent]) -> dict[Purpose, bool]:
    """What a client's entries come to."""
    latest = {entry.purpose: entry.granted for entry in entries}
    return {purpose: latest.get(purpose, False) for purpose in PURPOSES}

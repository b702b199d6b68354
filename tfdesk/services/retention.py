"""The retention period: which clients have been silent for longer, and erasing them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from tfdesk.core.errors import InputRefused
from tfdesk.core.models import Client, Role
from tfdesk.services.access import Access
from tfdesk.services.erasure import Certificate, Erasure
from tfdesk.store import conversations

DAY = 24 * 3600.0  # seconds


class Retention:
    """Use cases of a period after which a client's records are erased."""

    def __init__(self, access: Access, days: int, *, now: Callable[[], float] = time.time) -> None:
        """``days`` after the last message, or after being added when there is none; 0 = no period is set."""
        self._access, self._days, self._now = access, days, now

    def due(self) -> list[Client]:
        """Clients whose period is over, the longest silent first. Raises Locked, InputRefused (no period)."""
        if self._days < 1:
            raise InputRefused(
                "No retention period is set.", "Write retention_days = NUMBER into settings.toml first."
            )
        limit = self._now() - self._days * DAY
        with self._access.vault.read() as db:
            silent = [client for client in conversations.clients(db) if client.last_at < limit]
        return sorted(silent, key=lambda client: (client.last_at, client.id))

    def erase(self, role: Role) -> Iterator[tuple[Client, Certificate]]:
        """Erase those that are due, one after the other. Raises as ``due``."""
        erasure = Erasure(self._access, now=self._now)
        for client in self.due():
            yield client, erasure.erase_client(client.id, role, reason="retention")

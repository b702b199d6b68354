"""Risks that a therapist handed over to the supervisor, until the supervisor has taken them over."""

from __future__ import annotations

import time
from dataclasses import dataclass

from tfdesk.core.errors import AlreadyDecided, InputRefused
from tfdesk.core.models import Disposition
from tfdesk.core.said import said
from tfdesk.services.access import Access
from tfdesk.services.sessions import checked_text
from tfdesk.store import audit, conversations, decisions

TAKEN_OVER = "Taken over by the supervisor"
LONGEST_NOTE = 2000  # characters


@dataclass(frozen=True, slots=True)
class HandOver:
    """An open one: whose message, what it says, when and with what words it was handed over (UTC seconds)."""

    turn_id: int
    client_id: int
    client: str
    text: str
    note: str
    at: float


class HandOvers:
    """The supervisor's queue of an open vault."""

    def __init__(self, access: Access) -> None:
        self._access = access

    @property
    def may_take(self) -> bool:
        """Whether whoever unlocked the vault is the supervisor, or there is none."""
        return self._access.role == "supervisor" or "supervisor" not in self._access.roles()

    def open(self) -> list[HandOver]:
        """Those that nobody has taken over, the oldest first. Raises Locked."""
        with self._access.vault.read() as db:
            return [HandOver(*row) for row in decisions.last_disposed(db, Disposition.SUPERVISOR.value)]

    def take(self, turn_id: int, note: str = "") -> None:
        """Record that the supervisor sees to it from now on.

        Raises Locked, InputRefused (not the supervisor; the note is too long), AlreadyDecided (not open).
        """
        if not self.may_take:
            raise InputRefused(
                said("Only the supervisor takes over."), said("Unlock with the supervisor's passphrase.")
            )
        words = checked_text(note, said("The note"), LONGEST_NOTE) if note.strip() else ""
        if turn_id not in {one.turn_id for one in self.open()}:
            raise AlreadyDecided(said("It is taken over already."))
        with self._access.vault.write() as db:
            at = time.time()
            decisions.add_disposition(db, conversations.turn(db, turn_id), TAKEN_OVER, words, at)
            audit.append(db, "risk taken over", at, words or None, turn=turn_id)

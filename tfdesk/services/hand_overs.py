"""Risks that a therapist handed over, until the supervisor takes them over or gives them back."""

from __future__ import annotations

import time
from dataclasses import dataclass

from tfdesk.core.errors import AlreadyDecided, InputRefused
from tfdesk.core.models import Disposition
from tfdesk.core.said import said
from tfdesk.services.access import Access
from tfdesk.services.review import GIVEN_BACK, marked_turns
from tfdesk.services.sessions import checked_text
from tfdesk.store import audit, conversations, decisions

SEEN = "Seen by the supervisor"
TAKEN_OVER = "Taken over by the supervisor"
LONGEST_NOTE = 2000  # characters


@dataclass(frozen=True, slots=True)
class HandOver:
    """An open one: whose message, what it says, their note, when handed over and seen (UTC seconds)."""

    turn_id: int
    client_id: int
    client: str
    text: str
    note: str
    at: float
    seen_at: float | None


class HandOvers:
    """The supervisor's queue of an open vault."""

    def __init__(self, access: Access) -> None:
        self._access = access

    @property
    def may_take(self) -> bool:
        """Whether whoever unlocked the vault is the supervisor, or there is none."""
        return self._access.role == "supervisor" or "supervisor" not in self._access.roles()

    def open(self) -> list[HandOver]:
        """Those neither taken over nor given back, the oldest first. Raises Locked."""
        with self._access.vault.read() as db:
            return [HandOver(*row) for row in decisions.handed_over(db, Disposition.SUPERVISOR.value, SEEN)]

    def see(self) -> None:
        """Record, once for each, that the supervisor has read it; nothing for anybody else. Raises Locked."""
        if self._access.role != "supervisor":
            return
        for one in self.open():
            if one.seen_at is None:
                self._record(one.turn_id, SEEN, "risk seen", "")

    def take(self, turn_id: int, note: str = "") -> None:
        """Record that the supervisor sees to it from now on.

        Raises Locked, InputRefused (not the supervisor; the note is too long), AlreadyDecided (not open).
        """
        self._record(turn_id, TAKEN_OVER, "risk taken over", self._checked(turn_id, note))

    def give_back(self, turn_id: int, note: str) -> None:
        """Record why the therapist is to see to it; the risk is open again and nothing is drafted.

        Raises Locked, InputRefused (not the supervisor; no note, or one too long), AlreadyDecided (not open).
        """
        words = self._checked(turn_id, note)
        if not words:
            raise InputRefused(said("Say in a few words what the therapist should do."))
        self._record(turn_id, GIVEN_BACK, "risk given back", words)

    def _checked(self, turn_id: int, note: str) -> str:
        """The note, when whoever asks may close this one."""
        if not self.may_take:
            raise InputRefused(
                said("Only the supervisor takes over or gives back."),
                said("Unlock with the supervisor's passphrase."),
            )
        words = checked_text(note, said("The note"), LONGEST_NOTE) if note.strip() else ""
        if turn_id not in {one.turn_id for one in self.open()}:
            raise AlreadyDecided(said("It is taken over or given back already."))
        return words

    def _record(self, turn_id: int, done: str, kind: str, words: str) -> None:
        with self._access.vault.write() as db:
            at, turn = time.time(), conversations.turn(db, turn_id)
            if done == GIVEN_BACK:
                for marked in marked_turns(db, turn):
                    conversations.set_disposition(db, marked, None)
            decisions.add_disposition(db, turn, done, words, at)
            audit.append(db, kind, at, words or None, turn=turn_id)

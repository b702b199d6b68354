"""Conversations read from files, kept as sessions of a client: a file is imported whole or not at all."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from tfdesk.core.errors import InputRefused
from tfdesk.core.models import Client, Role, Session
from tfdesk.services.clients import named
from tfdesk.services.intake_rows import Reading, Skipped, Talk
from tfdesk.services.sessions import LONGEST_NAME, LONGEST_SITUATION, checked_text
from tfdesk.store import audit, conversations
from tfdesk.store.vault import Db, Vault


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did; ``sessions`` are numbers within the client, one per conversation of the file."""

    client: Client
    created: bool
    sessions: tuple[int, ...]
    messages: int
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...]


class Importing:
    """Use case: a reading becomes sessions."""

    def __init__(self, vault: Vault, *, now: Callable[[], float] = time.time) -> None:
        self._vault = vault
        self._now = now

    def keep(self, name: str, reading: Reading, role: Role = "therapist") -> Imported:
        """Keep a reading under the client of that name, who is added when there is none.

        Raises InputRefused (no message in it, the same conversation is there already, a name too long).
        """
        name = checked_text(name, "The name", LONGEST_NAME)
        if reading.messages == 0:
            raise InputRefused(f"No message was found in the file{_why(reading)}; nothing was imported.")
        with self._vault.write() as db:
            client, created = self._client(db, name, reading)
            _refuse_known(db, client.id, reading)
            numbers = tuple(self._keep_talk(db, client.id, talk) for talk in reading.talks)
            audit.append(
                db,
                "imported",
                self._now(),
                client=client.id,
                session=numbers[0],
                messages=reading.messages,
                skipped=len(reading.skipped),
                role=role,
            )
        notes = list(reading.notes)
        if len(numbers) > 1:
            notes.append(f"{len(numbers)} conversations became sessions {numbers[0]} to {numbers[-1]}.")
        if any(_situation(talk) not in ("", client.situation) for talk in reading.talks):
            notes.append("A situation given in the file was not taken over.")
        return Imported(client, created, numbers, reading.messages, reading.skipped, tuple(notes))

    def _client(self, db: Db, name: str, reading: Reading) -> tuple[Client, bool]:
        if conversations.clients_named(db, name):
            return named(db, name), False
        situation = _situation(reading.talks[0])
        if len(situation) > LONGEST_SITUATION:
            situation = ""
        number = conversations.add_client(db, name, situation, self._now())
        return conversations.client(db, number), True

    def _keep_talk(self, db: Db, client_id: int, talk: Talk) -> int:
        where = self._empty_session(db, client_id)
        at = self._now()
        for message in talk.messages:
            spoken_at = at if message.at is None else message.at
            conversations.add_turn(db, where, message.speaker, message.text, spoken_at)
        return where.number

    def _empty_session(self, db: Db, client_id: int) -> Session:
        """The latest session while nothing was said in it, else the next one."""
        known = conversations.sessions(db, client_id)
        if known and conversations.last_turn(db, known[-1].id) is None:
            return known[-1]
        return conversations.add_session(db, client_id, self._now())


def _situation(talk: Talk) -> str:
    # What check_text refuses was taken out of messages; a situation that needs it is not worth a refusal.
    context = (talk.context or "").replace("\0", "").strip()
    return context.encode("utf8", "ignore").decode("utf8")


def _refuse_known(db: Db, client_id: int, reading: Reading) -> None:
    """The same messages twice would train and count twice."""
    new = [[(message.speaker, message.text) for message in talk.messages] for talk in reading.talks]
    for session in conversations.sessions(db, client_id):
        if [(turn.speaker, turn.text) for turn in conversations.turns(db, session.id)] in new:
            raise InputRefused(
                f"This conversation is session {session.number} of the client already; nothing was imported."
            )


def _why(reading: Reading) -> str:
    if not reading.skipped:
        return ""
    first = reading.skipped[0]
    return f" (left out: {len(reading.skipped)}; the first is line {first.line}, {first.reason})"

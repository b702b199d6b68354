"""Clients, their sessions and what was said in them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from tfdesk.core.errors import BugError, InputRefused
from tfdesk.core.models import Client, Session, TurnRow, Unsaved
from tfdesk.core.said import said
from tfdesk.services.intake_rows import Message
from tfdesk.services.samples import SampleSession, read_sample_clinic
from tfdesk.store import audit, conversations, decisions, unsaved
from tfdesk.store.vault import Db, Vault
from trainer.config import InputError
from trainer.dialogue import Dialogue, Turn, check_text
from trainer.events import Emotion, Risk

LONGEST_TEXT = 1_000_000  # characters of one message
LONGEST_NAME, LONGEST_SITUATION = 200, 2_000


def checked_text(text: str, what: str, longest: int = LONGEST_TEXT) -> str:
    """The text without blank edges. Raises InputRefused for one that cannot be kept or read."""
    if len(text) > longest:
        raise InputRefused(said("{0} is longer than {1:,} characters.", what, longest), said("Shorten it."))
    try:
        return check_text(text, what).strip()
    except InputError as error:
        raise InputRefused(str(error)) from None


class Sessions:
    """Use cases around conversations. Every change is on disk when the call returns."""

    def __init__(self, vault: Vault, *, now: Callable[[], float] = time.time) -> None:
        self._vault = vault
        self._now = now

    # Clients and sessions -------------------------------------------------------------

    def clients(self, search: str = "") -> list[Client]:
        """Clients waiting for a reply first, then newest first.

        ``search`` keeps those in whose name or situation it occurs, or who have a message with its words.
        """
        wanted = search.strip().casefold()
        with self._vault.read() as db:
            found = conversations.clients(db)
            if not wanted:
                return found
            said = conversations.clients_who_said(db, wanted)
        return [c for c in found if c.id in said or wanted in f"{c.name}\n{c.situation}".casefold()]

    def client(self, client_id: int) -> Client:
        with self._vault.read() as db:
            return conversations.client(db, client_id)

    def add_client(self, name: str, situation: str = "") -> Client:
        """A new client with a first, empty session. Raises InputRefused (empty, too long, name taken)."""
        name = checked_text(name, said("The name"), LONGEST_NAME)
        if situation.strip():
            situation = checked_text(situation, said("The situation"), LONGEST_SITUATION)
        with self._vault.write() as db:
            if conversations.clients_named(db, name):
                raise InputRefused(
                    said("There is a client of that name already."), said("Add a letter or a number to it.")
                )
            at = self._now()
            number = conversations.add_client(db, name, situation.strip(), at)
            conversations.add_session(db, number, at)
            return conversations.client(db, number)

    def latest_session(self, client_id: int) -> Session:
        with self._vault.read() as db:
            return conversations.sessions(db, client_id)[-1]

    def new_session(self, client_id: int) -> Session:
        """Begin the next session; an empty latest one is used again, so that none is made by accident."""
        with self._vault.write() as db:
            latest = conversations.sessions(db, client_id)[-1]
            if conversations.last_turn(db, latest.id) is None:
                return latest
            return conversations.add_session(db, client_id, self._now())

    def sessions(self, client_id: int) -> list[Session]:
        """First to last; never empty."""
        with self._vault.read() as db:
            return conversations.sessions(db, client_id)

    # Turns ----------------------------------------------------------------------------

    def turns(self, session_id: int) -> list[TurnRow]:
        """First to last."""
        with self._vault.read() as db:
            return conversations.turns(db, session_id)

    def add_client_turn(self, session_id: int, text: str) -> TurnRow:
        """What the client wrote. Drafts still open answer an older message and are superseded."""
        text = checked_text(text, said("The message"))
        with self._vault.write() as db:
            _supersede_open(db, session_id)
            where = conversations.session(db, session_id)
            return conversations.turn(db, conversations.add_turn(db, where, "client", text, self._now()))

    def add_turns(self, session_id: int, messages: Sequence[Message]) -> None:
        """Messages of a chat that was pasted, in their order; all or none. Raises InputRefused."""
        with self._vault.write() as db:
            _supersede_open(db, session_id)
            where, now = conversations.session(db, session_id), self._now()
            for message in messages:
                text = checked_text(message.text, said("A message"))
                at = now if message.at is None else message.at
                conversations.add_turn(db, where, message.speaker, text, at)
            audit.append(db, "pasted", now, session=session_id, messages=len(messages))

    def edit_turn(self, turn_id: int, text: str) -> None:
        """Change a message. Raises InputRefused.

        The client's: it must be screened again (a hit that is still open stays), its emotion is forgotten
        and open drafts are superseded. The therapist's: the approval of the old words no longer holds.
        """
        text = checked_text(text, said("The message"))
        with self._vault.write() as db:
            turn = conversations.turn(db, turn_id)
            if turn.text == text:
                return
            if turn.speaker == "therapist":
                self._edit_reply(db, turn, text)
            else:
                conversations.set_text(db, turn_id, text, origin=turn.origin, approved=False)
                # Its spans would point into other words; the hit itself must not vanish with them.
                hit = Risk("hit", turn.risk.categories) if turn.risk and turn.risk_open else None
                conversations.set_risk(db, turn_id, hit)
            _supersede_open(db, turn.session_id)
            audit.append(db, "turn edited", self._now(), text, turn=turn_id)

    def _edit_reply(self, db: Db, turn: TurnRow, text: str) -> None:
        origin = "edited" if turn.origin == "drafted" else turn.origin
        conversations.set_text(db, turn.id, text, origin=origin, approved=False)
        decision = decisions.of_reply(db, turn.id)
        if decision is not None:
            decisions.void(db, decision.id, self._now())

    def correct_emotion(self, turn_id: int, label: str | None) -> None:
        """The therapist's own label for a client message, kept for training; None takes it back."""
        with self._vault.write() as db:
            _client_turn(db, turn_id)
            conversations.set_corrected_emotion(db, turn_id, label)

    def record_screening(self, turn_id: int, risk: Risk, emotion: Emotion | None) -> None:
        """What the model process found in a client message (None: no emotion found; an earlier one stays).

        A later screening may add to a hit, never remove one: only a person disposes of it, for these words.
        """
        with self._vault.write() as db:
            turn = _client_turn(db, turn_id)
            if emotion is not None:
                conversations.set_emotion(db, turn_id, emotion)
            if turn.disposition is not None:
                return
            if turn.risk is None or turn.risk.status != "hit":
                conversations.set_risk(db, turn_id, risk)
                if risk.status == "hit":
                    audit.append(db, "risk hit", self._now(), turn=turn_id)
            elif risk.status == "hit":
                categories = tuple(dict.fromkeys((*turn.risk.categories, *risk.categories)))
                spans = tuple(dict.fromkeys((*turn.risk.spans, *risk.spans)))
                conversations.set_risk(db, turn_id, Risk("hit", categories, spans))

    def dialogue(self, session_id: int) -> Dialogue:
        """All that was said with this client up to the end of the session; the context is the situation.

        Emotions are the therapist's corrections: what a model guessed is no label.
        """
        with self._vault.read() as db:
            where = conversations.session(db, session_id)
            situation = conversations.client(db, where.client_id).situation
            spoken = conversations.spoken(db, where)
        turns = tuple(Turn(s.speaker, s.text, s.corrected_emotion, s.strategy) for s in spoken)
        return Dialogue(f"session-{session_id}", "vault", situation or None, turns)

    def cleared(self, session_id: int) -> tuple[int, ...]:
        """Indices of the dialogue's turns whose risk a person has disposed of: not to be raised again."""
        with self._vault.read() as db:
            spoken = conversations.spoken(db, conversations.session(db, session_id))
        return tuple(index for index, turn in enumerate(spoken) if turn.disposed)

    # The sample clinic ------------------------------------------------------------------

    def load_sample_clinic(self) -> None:
        """Four invented clients to try the program with; a second call adds nothing."""
        sample = read_sample_clinic()
        with self._vault.write() as db:
            if decisions.fact(db, "sample clinic") is None:
                decisions.set_fact(db, "sample clinic", "loaded")
                known: dict[str, int] = {}
                for part in sample:
                    self._load_sample(db, part, known)

    # Words that were not saved -----------------------------------------------------------

    def keep_unsaved(self, words: Unsaved) -> None:
        """Keep what was typed and not saved, as it is, until ``take_unsaved``."""
        whole = {name: getattr(words, name) for name in ("message", "edit", "own", "note")}
        # Half of a character can be typed but not stored; it must not take the rest with it.
        storable = {name: text.encode("utf8", "replace").decode("utf8") for name, text in whole.items()}
        with self._vault.write() as db:
            unsaved.keep(db, replace(words, **storable), self._now())

    def take_unsaved(self) -> Unsaved | None:
        """What ``keep_unsaved`` kept last, once."""
        with self._vault.read() as db:
            words = unsaved.kept(db)
        if words is not None:
            with self._vault.write() as db:
                unsaved.forget(db, words.client_id)
        return words

    def _load_sample(self, db: Db, part: SampleSession, known: dict[str, int]) -> None:
        at = self._now() - part.hours_ago * 3600
        if part.client not in known:
            known[part.client] = conversations.add_client(db, part.client, part.situation, at)
        where = conversations.add_session(db, known[part.client], at)
        for minutes, turn in part.turns:
            conversations.add_turn(
                db, where, turn.speaker, turn.text, at + minutes * 60, strategy=turn.strategy
            )


def _client_turn(db: Db, turn_id: int) -> TurnRow:
    turn = conversations.turn(db, turn_id)
    if turn.speaker != "client":
        raise BugError(f"turn {turn_id} is not the client's")
    return turn


def _supersede_open(db: Db, session_id: int) -> None:
    last = conversations.last_turn(db, session_id)
    if last is not None and last.speaker == "client":
        decisions.supersede_open(db, last.id)

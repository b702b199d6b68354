"""What the vault gives to training: finished sessions of clients who agreed, and a record of who they were.

One dialogue per client, so that a conversation is learned from or measured on, never both. Names of dialogues
are pseudonyms. The words go straight into the run's sealed file; when a client takes the consent back or is
erased, the runs that learned from them are marked and lose that file.
"""

from __future__ import annotations

import hashlib
import hmac
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass

from tfdesk.core.errors import InputRefused, KnownError
from tfdesk.core.paths import Paths
from tfdesk.core.said import said
from tfdesk.services.runs import RunFolder, Runs, Stage, replies_in, run_folder
from tfdesk.store import audit, consents, conversations, lineage
from tfdesk.store.vault import Db, Vault
from trainer.dialogue import Dialogue, Turn

_PURPOSE = "training pseudonyms"


@dataclass(frozen=True, slots=True)
class Offer:
    """How much could be learned from now."""

    clients: int
    sessions: int


class TrainingMaterial:
    """Use case: train on sessions of the vault."""

    def __init__(self, vault: Vault, *, now: Callable[[], float] = time.time) -> None:
        self._vault = vault
        self._now = now

    def offer(self) -> Offer:
        """The clients whose training consent is in force and who have a finished session, and those."""
        with self._vault.read() as db:
            counts = [
                len(conversations.finished_sessions(db, client_id))
                for client_id in consents.clients_who_agree(db, "training")
            ]
        return Offer(sum(count > 0 for count in counts), sum(counts))

    def prepare(self, runs: Runs) -> RunFolder:
        """Seal the material into a new run folder, after recording whose it is.

        Raises InputRefused when nobody agreed or there is no reply to learn from, KnownError (disk full).
        """
        with self._vault.write() as db:
            made = {
                client_id: dialogue
                for client_id in consents.clients_who_agree(db, "training")
                if (dialogue := self._dialogue(db, client_id)) is not None
            }
            if replies_in(made.values()) == 0:
                raise InputRefused(
                    said("No client who agreed to training has a finished session with a reply in it."),
                    said("Record who agrees with tfdesk consent grant, or choose a file."),
                )
            number = max(runs.next_number(), lineage.last_run(db) + 1)
            lineage.record(db, number, made)
            audit.append(db, "training material taken", self._now(), run=number, clients=len(made))
        return runs.keep(list(made.values()), number)

    def _dialogue(self, db: Db, client_id: int) -> Dialogue | None:
        """All finished sessions of a client as one conversation, None without a word."""
        turns = tuple(
            Turn(turn.speaker, turn.text, turn.corrected_emotion, turn.strategy)
            for session in conversations.finished_sessions(db, client_id)
            for turn in conversations.turns(db, session.id)
        )
        situation = conversations.client(db, client_id).situation or None
        return Dialogue(self._pseudonym(client_id), "vault", situation, turns) if turns else None

    def _pseudonym(self, client_id: int) -> str:
        """The same for a client each time, so that they stay on one side of what is held out."""
        key = self._vault.sub_key(_PURPOSE)
        return hmac.new(key, str(client_id).encode(), hashlib.sha256).hexdigest()[:16]


def withdraw(db: Db, client_id: int, at: float) -> tuple[int, ...]:
    """Mark the runs that learned from a client, within the caller's transaction; returns the new marks."""
    runs = lineage.withdraw(db, client_id, at)
    for run in runs:
        audit.append(db, "must retrain", at, run=run)
    return runs


def drop_withdrawn(vault: Vault, paths: Paths) -> int:
    """Delete what marked runs hold of clients' words: sealed conversations, and evaluations that quote them.

    Returns how many runs held any. A run that is under way in a window ends within a second and loses what it
    has learned; what finished ones learned stays in their models, which are marked. Raises KnownError.
    """
    with vault.read() as db:
        numbers = sorted(lineage.withdrawn_runs(db))
    dropped = 0
    try:
        for run in (run_folder(paths, number) for number in numbers):
            quotes = run.out(Stage.EVALUATE)
            dropped += run.data.exists() or quotes.exists()
            run.data.unlink(missing_ok=True)
            if quotes.exists():
                shutil.rmtree(quotes)
    except OSError as error:
        raise KnownError(
            said("The conversations of a training run could not be deleted ({0}).", error.strerror)
        ) from None
    return dropped

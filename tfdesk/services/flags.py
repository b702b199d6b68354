"""A risk that a person saw, whatever the screen said."""

from __future__ import annotations

import time
from collections.abc import Callable

from tfdesk.core.errors import AlreadyDecided, InputRefused
from tfdesk.core.models import FLAGGED
from tfdesk.core.said import said
from tfdesk.store import audit, conversations, decisions
from tfdesk.store.vault import Vault
from trainer.events import Risk, Span


class Flags:
    """Use case: a therapist marks a client's message."""

    def __init__(self, vault: Vault, *, now: Callable[[], float] = time.time) -> None:
        self._vault = vault
        self._now = now

    def flag(self, turn_id: int) -> bool:
        """Make a client's message a hit, all its words marked; its open drafts go.

        True when the screen had let the message pass: the audit log counts it as missed. Raises InputRefused
        (the therapist's own words), AlreadyDecided (a hit is open on it).
        """
        with self._vault.write() as db:
            turn = conversations.turn(db, turn_id)
            if turn.speaker != "client":
                raise InputRefused(said("Only a client's message can be marked as a risk."))
            if turn.risk_open:
                raise AlreadyDecided(
                    said("This message is marked already."), said("Record what you did about it.")
                )
            missed = turn.risk is not None and turn.risk.status == "screened"
            spoken = conversations.spoken(db, conversations.session(db, turn.session_id))
            place = next(index for index, one in enumerate(spoken) if one.id == turn_id)
            hit = Risk("hit", (FLAGGED,), (Span(place, 0, len(turn.text)),))
            conversations.set_risk(db, turn_id, hit)
            decisions.supersede_open(db, turn_id)
            audit.append(db, "risk flagged", self._now(), turn=turn_id, missed=int(missed))
            return missed

"""The values that cross layers: clients, sessions, turns, drafts, and the moves a draft can make.

All times are UTC seconds since 1970. Order comes from ids and positions, never from the clock.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Literal

from tfdesk.core.errors import BugError
from trainer.dialogue import Speaker
from trainer.events import Draft, Emotion, Risk

Origin = Literal["typed", "drafted", "edited", "own"]
Role = Literal["therapist", "supervisor"]
ROLES: tuple[Role, ...] = ("therapist", "supervisor")
Purpose = Literal["care", "training"]
PURPOSES: tuple[Purpose, ...] = ("care", "training")


class DraftState(StrEnum):
    """Where a draft stands. Superseded: a newer version, or another draft, took its place."""

    offered = "offered"
    approved = "approved"
    edited = "edited"
    rejected = "rejected"
    superseded = "superseded"


class DraftEvent(StrEnum):
    """What can happen to a draft."""

    APPROVE = "approve"
    EDIT = "edit"
    REJECT = "reject"
    SUPERSEDE = "supersede"
    UNDO = "undo"


_MOVES: dict[tuple[DraftState, DraftEvent], DraftState] = {
    (DraftState.offered, DraftEvent.APPROVE): DraftState.approved,
    (DraftState.offered, DraftEvent.EDIT): DraftState.edited,
    (DraftState.offered, DraftEvent.REJECT): DraftState.rejected,
    (DraftState.offered, DraftEvent.SUPERSEDE): DraftState.superseded,
    (DraftState.approved, DraftEvent.UNDO): DraftState.offered,
    (DraftState.edited, DraftEvent.UNDO): DraftState.offered,
    (DraftState.rejected, DraftEvent.UNDO): DraftState.offered,
    (DraftState.superseded, DraftEvent.UNDO): DraftState.offered,
}


def advance(state: DraftState, event: DraftEvent) -> DraftState:
    """The state after ``event``. Raises BugError for an illegal move: callers check what people do."""
    try:
        return _MOVES[state, event]
    except KeyError:
        raise BugError(f"a draft that is {state} cannot {event}") from None


class RejectReason(Enum):
    """Why a draft was rejected; the value is what the person reads and what is stored."""

    OFF_TOPIC = "off topic"
    MISSES_EMOTION = "misses the emotion"
    TOO_GENERIC = "too generic"
    ADVICE_TOO_EARLY = "advice too early"
    WRONG_TONE = "wrong tone"
    UNSAFE = "unsafe"


FLAGGED = "marked by a person"  # category of a hit that no screen found


class Disposition(Enum):
    """What a person did about a risk hit; the value is what the person reads and what is stored."""

    CONTACTED = "Contacted the client, safe for now"
    HANDED_OVER = "Handed over to on-call clinician"
    SUPERVISOR = "Handed over to the supervisor"
    EMERGENCY = "Emergency services"
    NOT_A_RISK = "Not a risk (say why)"


class DecisionKind(StrEnum):
    """What a therapist decided about the reply to a message."""

    APPROVED = "approved"
    EDITED = "edited"
    REJECTED = "rejected"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Client:
    """A client as the list shows them; ``last_text`` is "" before the first message."""

    id: int
    name: str
    situation: str
    created_at: float
    last_text: str
    last_at: float
    awaiting: bool  # the client spoke last


@dataclass(frozen=True, slots=True)
class Session:
    """One session of a client; ``number`` counts from 1 within the client."""

    id: int
    client_id: int
    number: int
    started_at: float


@dataclass(frozen=True, slots=True)
class TurnRow:
    """One message. ``position`` counts from 0 within the session.

    ``emotion``, ``corrected_emotion``, ``risk`` and ``disposition`` belong to client turns; ``strategy`` and
    ``approved`` to therapist turns. ``risk`` is None until screened; spans count code points of ``text``.
    """

    id: int
    session_id: int
    position: int
    speaker: Speaker
    text: str
    at: float
    emotion: Emotion | None
    corrected_emotion: str | None
    strategy: str | None
    origin: Origin
    risk: Risk | None
    disposition: str | None
    approved: bool = False  # a therapist stands behind exactly this text

    @property
    def risk_open(self) -> bool:
        """A hit that nobody has disposed of yet."""
        return self.risk is not None and self.risk.status == "hit" and self.disposition is None


@dataclass(frozen=True, slots=True)
class Consent:
    """One entry of the ledger: consent given, or taken back, and under which role it was recorded."""

    client_id: int
    purpose: Purpose
    granted: bool
    role: Role
    at: float


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A draft for client turn ``turn_id``; ``version`` counts redrafts from 1, ``rank`` 0 is the best."""

    id: int
    turn_id: int
    version: int
    rank: int
    draft: Draft
    state: DraftState


@dataclass(frozen=True, slots=True)
class Unsaved:
    """Words on the screen that were not saved when the vault locked; "" where there were none.

    ``message``: the client's, in the composer; ``edit``: of the draft ``draft_id``; ``own``: the therapist's
    own reply; ``note``: why a marked message is not a risk.
    """

    client_id: int
    message: str = ""
    draft_id: int | None = None
    edit: str = ""
    own: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class DiffPart:
    """A piece of an edit, cut at words. Joined, same+removed give the draft and same+added the edit."""

    kind: Literal["same", "removed", "added"]
    text: str


def text_sha256(text: str) -> str:
    """The hash by which an approval is bound to a text, as hex."""
    return hashlib.sha256(text.encode("utf8")).hexdigest()

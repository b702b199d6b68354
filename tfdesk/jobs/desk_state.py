"""What the decision column is about, as values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from tfdesk.core.models import Client, DraftRow, Session, TurnRow
from trainer.dialogue import Dialogue
from trainer.events import ContextUsed, Emotion, Risk, Span


class Phase(Enum):
    """What the decision column is about. Exactly one at a time; derived from the store and the model."""

    NO_CLIENT = "no client"
    EMPTY = "no message yet"
    ANSWERED = "the last message is answered"
    LOADING = "the model is loading"
    DRAFTING = "candidates are being written"
    READY = "drafts are waiting for a decision"
    STOPPED = "the therapist stopped drafting"
    MODEL_DOWN = "the model process died and is restarted"
    MODEL_REFUSED = "the model cannot be loaded"
    UNSCREENED = "the risk screen failed"
    RISK = "words were found that can mean a risk"
    DISPOSED = "a risk was dealt with; the reply is written by hand"
    ABSTAINED = "the model declined"
    FAILED = "the request failed"


WAITING = (Phase.LOADING, Phase.DRAFTING, Phase.MODEL_DOWN)  # a request runs, or will as soon as it can


class Offer(Enum):
    """What a notice offers to do with one key."""

    NOTHING = "nothing"
    UNDO = "take the decision back"
    REDO = "make it again"
    REDRAFT = "draft again"


@dataclass(frozen=True, slots=True)
class Marked:
    """A client message with a risk hit: its text and the hit, spans relative to that text."""

    text: str
    risk: Risk


@dataclass(frozen=True, slots=True)
class DeskState:
    """Everything the decision column shows. ``turn`` is the client message to answer."""

    phase: Phase = Phase.NO_CLIENT
    client: Client | None = None
    session: Session | None = None
    turn: TurnRow | None = None
    drafts: tuple[DraftRow, ...] = ()
    version: int = 0  # from 1; 0 when nothing was drafted
    versions: int = 0
    strategy: str | None = None  # asked for; None = any
    emotion: Emotion | None = None
    context: ContextUsed | None = None
    risk_turn: TurnRow | None = None
    marked: tuple[Marked, ...] = ()
    given_back: str = ""  # what the supervisor wrote who gave the open risk back
    progress: tuple[int, int] = (0, 0)  # candidates done, total
    reason: str = ""
    others_waiting: int = 0  # clients besides the open one, when there is nothing to answer


def marked_messages(dialogue: Dialogue, risk: Risk | None) -> tuple[Marked, ...]:
    """The messages that a hit points into, oldest first; the last one when it names no words."""
    if risk is None:
        return ()
    by_turn: dict[int, list[Span]] = {}
    for span in risk.spans:
        if isinstance(span.where, int) and 0 <= span.where < len(dialogue.turns):
            by_turn.setdefault(span.where, []).append(span)
    if not by_turn:
        by_turn[len(dialogue.turns) - 1] = []
    return tuple(
        Marked(dialogue.turns[index].text, replace(risk, spans=tuple(spans)))
        for index, spans in sorted(by_turn.items())
    )

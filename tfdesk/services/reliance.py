"""How much a therapist leans on the drafts: figures for themselves, never for anyone else."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from tfdesk.core.models import DecisionKind
from tfdesk.store import decisions
from tfdesk.store.vault import Vault

DAYS = 28  # four weeks: long enough for a figure, short enough to change
QUICK_S = 5.0  # seconds; a draft of two lines takes about as long to read
FEWEST = 10  # decisions; fewer say nothing


@dataclass(frozen=True, slots=True)
class Reliance:
    """Decisions of the last weeks. Times run from the drafts' appearance to the approval."""

    unchanged: int
    edited: int
    own: int
    rejected: int
    quick: int  # approved unchanged within QUICK_S seconds
    median_s: float | None  # of the unchanged approvals; None without any

    @property
    def replies(self) -> int:
        return self.unchanged + self.edited + self.own

    @property
    def enough(self) -> bool:
        """Whether there are enough replies to say anything."""
        return self.replies >= FEWEST


class OverReliance:
    """Use case: look at one's own figures."""

    def __init__(self, vault: Vault, *, now: Callable[[], float] = time.time) -> None:
        self._vault = vault
        self._now = now

    def figures(self, days: int = DAYS) -> Reliance:
        """The decisions of the last ``days`` that still stand."""
        with self._vault.read() as db:
            timed = decisions.timed(db, self._now() - days * 86_400)
        count = Counter(kind for kind, _ in timed)
        waits = [wait for kind, wait in timed if kind is DecisionKind.APPROVED and wait is not None]
        return Reliance(
            unchanged=count[DecisionKind.APPROVED],
            edited=count[DecisionKind.EDITED],
            own=count[DecisionKind.OWN],
            rejected=count[DecisionKind.REJECTED],
            quick=sum(wait < QUICK_S for wait in waits),
            median_s=median(waits) if waits else None,
        )

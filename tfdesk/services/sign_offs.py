"""What the vault records about models: which one is in use, what was before, what a supervisor signed off."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from tfdesk.store import decisions
from tfdesk.store.vault import Db

_ACTIVE, _BEFORE, _SIGNED = "active model", "models before", "signed models"  # facts


@dataclass(frozen=True, slots=True)
class SignOff:
    """What a supervisor stands behind: folder below models_dir, SHA-256 of the manifest as it lies there."""

    folder: str
    name: str
    manifest: str
    at: float


def active(db: Db) -> SignOff | None:
    """The model in use, None for the starter."""
    value = decisions.fact(db, _ACTIVE)
    return SignOff(**json.loads(value)) if value else None


def signed_off(db: Db) -> dict[str, SignOff]:
    """All that were ever signed off, by folder; an early vault knows only the one in use."""
    now = active(db)
    kept = [SignOff(**fields) for fields in json.loads(decisions.fact(db, _SIGNED) or "[]")]
    return {entry.folder: entry for entry in [*([now] if now else []), *kept]}


def before(db: Db) -> list[SignOff | None]:
    """The models in use before, the latest last; None stands for the starter."""
    kept = json.loads(decisions.fact(db, _BEFORE) or "[]")
    return [SignOff(**fields) if fields else None for fields in kept]


def use(db: Db, chosen: SignOff | None) -> None:
    """Make ``chosen`` (None: the starter) the model in use; the one before it is remembered."""
    now = active(db)
    if (now and now.folder) != (chosen and chosen.folder):
        _set_before(db, [*before(db), now])
    if chosen is not None:
        known = signed_off(db) | {chosen.folder: chosen}
        decisions.set_fact(db, _SIGNED, json.dumps([asdict(entry) for entry in known.values()]))
    _set_active(db, chosen)


def go_back(db: Db) -> None:
    """Make the latest of ``before``, which must not be empty, the model in use."""
    *earlier, last = before(db)
    _set_before(db, earlier)
    _set_active(db, last)


def _set_active(db: Db, chosen: SignOff | None) -> None:
    decisions.set_fact(db, _ACTIVE, json.dumps(asdict(chosen)) if chosen else None)


def _set_before(db: Db, entries: Sequence[SignOff | None]) -> None:
    decisions.set_fact(db, _BEFORE, json.dumps([asdict(entry) if entry else None for entry in entries]))

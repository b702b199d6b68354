"""What the vault records about models: which one is in use, what was before, what a supervisor signed off.

A sign-off carries the supervisor's signature. Those made before the supervisor had a key carry none, and
count only when the audit log has them before it names that key.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from tfdesk.store import crypto, decisions, signatures
from tfdesk.store.signatures import Signer
from tfdesk.store.vault import Db

_ACTIVE, _BEFORE, _SIGNED = "active model", "models before", "signed models"  # facts


@dataclass(frozen=True, slots=True)
class SignOff:
    """What a supervisor stands behind: folder below models_dir, SHA-256 of the manifest as it lies there.

    ``run`` is the run it was trained in, 0 for one from elsewhere; ``public`` and ``signature`` are hex, ""
    without a signature.
    """

    folder: str
    name: str
    manifest: str
    at: float
    run: int = 0
    public: str = ""
    signature: str = ""

    @property
    def statement(self) -> bytes:
        """What is signed; the folder is named after the manifest."""
        facts = {"manifest": self.manifest, "name": self.name, "at": self.at, "run": self.run}
        return signatures.statement("model sign-off 1", **facts)

    @property
    def fingerprint(self) -> str | None:
        """Of the key it is signed with."""
        return crypto.fingerprint(self.public) if self.signature else None

    def signed_by(self, signer: Signer) -> SignOff:
        """The same with a signature."""
        return replace(self, public=signer.public, signature=signer.sign(self.statement))


def stands(db: Db, entry: SignOff) -> bool:
    """Whether a supervisor's key made this sign-off, or it was made before there was one."""
    if not entry.signature:
        return signatures.promoted_before(db, entry.manifest)
    known = any(key.public == entry.public for key in signatures.keys(db, "supervisor"))
    return known and crypto.verifies(entry.public, entry.signature, entry.statement)


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

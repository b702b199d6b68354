"""The anchor: where the audit log had got to, kept outside the vault.

An older copy of the vault put back is whole in itself; only something outside it can tell. The anchor is
sealed under a sub-key of the vault's, so nobody without a way into the vault can make one that fits. Who can
put back an old anchor as well, from the same day, is not noticed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from tfdesk.core.files import write_atomically
from tfdesk.core.said import said
from tfdesk.store import audit
from tfdesk.store.audit import GENESIS
from tfdesk.store.vault import Db, Vault

_PURPOSE = "audit anchor"
State = Literal["ok", "none", "older", "unverifiable"]


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of an audit log: its sequence number (0 for an empty log) and its hash."""

    sequence: int
    hash: str


@dataclass(frozen=True, slots=True)
class Anchoring:
    """How the log stands to the anchor.

    ``state``: ok = the log holds the entry the anchor names; none = there is no anchor for this vault yet;
    older = the log ends before it, or goes on differently; unverifiable = the anchor was changed or damaged.
    """

    state: State
    anchored: Head | None
    head: Head

    @property
    def warning(self) -> str:
        """What a person must know, in one sentence; "" when all is well."""
        if self.state == "older" and self.anchored is not None:
            return said(
                "An older copy of the vault was put back, or the end of its log is lost: the log ends at "
                "entry {0}, but entry {1} had been written.",
                self.head.sequence,
                self.anchored.sequence,
            )
        if self.state == "unverifiable":
            return said("The anchor of the log was changed or damaged; an older copy cannot be ruled out.")
        return ""


def head(db: Db) -> Head:
    """Where the log is now."""
    return Head(*audit.head(db))


def holds(db: Db, where: Head) -> bool:
    """Whether the log has been at ``where``."""
    if where.sequence == 0:
        return where.hash == GENESIS
    found = db.row("SELECT hash FROM audit WHERE sequence = ?", where.sequence)
    return found is not None and str(found[0]) == where.hash


def sealing_key(vault: Vault) -> bytes:
    """The key that anchors of this vault are sealed under."""
    return vault.sub_key(_PURPOSE)


def write(path: Path, vault_id: str, where: Head, sealing_keys: Sequence[bytes]) -> None:
    """Write the anchor, once per key that may have to verify it. Raises KnownError."""
    body = {"vault": vault_id, **asdict(where)}
    seals = [_seal(body, key) for key in sealing_keys]
    write_atomically(path, json.dumps({"body": body, "seals": seals}, indent=1).encode())


def compare(path: Path, vault_id: str, vault: Vault) -> Anchoring:
    """Hold the vault's log against the anchor."""
    with vault.read() as db:
        now = head(db)
        try:
            anchored = _read(path, vault_id, sealing_key(vault))
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return Anchoring("unverifiable", None, now)
        if anchored is None:
            return Anchoring("none", None, now)
        return Anchoring("ok" if holds(db, anchored) else "older", anchored, now)


def _read(path: Path, vault_id: str, key: bytes) -> Head | None:
    """None when there is none for this vault. Raises OSError, ValueError, TypeError or KeyError."""
    try:
        value = json.loads(path.read_bytes()[:10_000])
    except FileNotFoundError:
        return None
    body = value["body"]
    if body["vault"] != vault_id:
        return None
    if not any(hmac.compare_digest(str(seal), _seal(body, key)) for seal in value["seals"]):
        raise ValueError("seal")
    return Head(int(body["sequence"]), str(body["hash"]))


def _seal(body: dict[str, object], key: bytes) -> str:
    data = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    return hmac.new(key, data, hashlib.sha256).hexdigest()

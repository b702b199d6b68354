"""Signatures of the roles: their public keys, and what they signed about the audit log (checkpoints).

A checkpoint says: when the log had so many entries, its last one had this hash. Since each entry holds the
hash of the one before, that covers all of them. Whoever holds the vault's key can write the log anew, but
not the signatures in it. A public key counts for a role from the entry of the log that names it on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Literal

from tfdesk.core.models import Role
from tfdesk.store import audit, crypto
from tfdesk.store.vault import Db

Reason = Literal[
    "lock",
    "backup",
    "audit export",
    "model promoted",
    "model rolled back",
    "starter chosen",
    "emotion policy",
]


@dataclass(frozen=True, slots=True)
class Signer:
    """A role's signing key, unwrapped by its passphrase."""

    role: Role
    seed: bytes = field(repr=False)

    @property
    def public(self) -> str:
        return crypto.public_key(self.seed)

    @property
    def fingerprint(self) -> str:
        return crypto.fingerprint(self.public)

    def sign(self, statement: bytes) -> str:
        return crypto.sign(self.seed, statement)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The public half of a role's key, as hex; ``at``: when the vault learned of it."""

    role: str
    public: str
    at: float

    @property
    def fingerprint(self) -> str:
        return crypto.fingerprint(self.public)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A role's signature (hex) of the log's first ``sequence`` entries, the last of which has ``hash``."""

    sequence: int
    hash: str
    role: str
    reason: str
    at: float
    public: str
    signature: str = ""

    @property
    def statement(self) -> bytes:
        """What is signed."""
        return statement(
            "audit checkpoint 1",
            sequence=self.sequence,
            hash=self.hash,
            role=self.role,
            reason=self.reason,
            at=self.at,
        )

    @property
    def genuine(self) -> bool:
        """Whether the holder of the key signed exactly this."""
        return crypto.verifies(self.public, self.signature, self.statement)


def statement(kind: str, **facts: Any) -> bytes:
    """Facts as the bytes that are signed; ``kind`` keeps one kind from passing for another."""
    body = {"tfdesk": kind, **facts}
    return json.dumps(body, sort_keys=True, separators=(",", ":")).encode("utf8", "surrogatepass")


# Keys -----------------------------------------------------------------------------------


def keys(db: Db, role: Role | None = None) -> list[SigningKey]:
    """The public keys that the vault knows, of one role or of all, the newest last."""
    rows = db.rows(
        "SELECT role, public, at FROM signing_keys WHERE ?1 IS NULL OR role = ?1 ORDER BY id", role
    )
    return [SigningKey(*row) for row in rows]


def knows(db: Db, signer: Signer) -> bool:
    """Whether the vault knows the signer's public key as that role's."""
    return any(key.public == signer.public for key in keys(db, signer.role))


def adopt(db: Db, signer: Signer, at: float) -> None:
    """Learn a signer's public key; the caller's audit entry must name its fingerprint as ``key``."""
    if not knows(db, signer):
        db.run("INSERT INTO signing_keys (role, public, at) VALUES (?, ?, ?)", signer.role, signer.public, at)


def promoted_before(db: Db, manifest: str) -> bool:
    """Whether the log has this model's promotion before it names a key of the supervisor's."""
    row = db.row(
        "WITH facts AS (SELECT sequence, body ->> 'kind' AS kind, body ->> 'key' AS key,"
        " body ->> 'role' AS role, body ->> 'manifest' AS manifest FROM audit WHERE json_valid(body))"
        " SELECT min(sequence) < coalesce((SELECT min(sequence) FROM facts WHERE role = 'supervisor'"
        " AND key IS NOT NULL), 1e18) FROM facts WHERE kind = 'model promoted' AND manifest = ?",
        manifest,
    )
    return bool(row and row[0])


# Checkpoints ----------------------------------------------------------------------------


def sign_log(db: Db, signer: Signer, reason: Reason, at: float) -> None:
    """Sign the log as it stands; nothing when the role has signed that entry already, or there is none."""
    sequence, head = audit.head(db)
    last = db.row("SELECT coalesce(max(sequence), 0) FROM checkpoints WHERE role = ?", signer.role)
    if last is not None and last[0] >= sequence:
        return
    made = Checkpoint(sequence, head, signer.role, reason, at, signer.public)
    db.run(
        "INSERT INTO checkpoints (sequence, hash, role, reason, at, public, signature)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        *(made.sequence, made.hash, made.role, made.reason, made.at, made.public),
        signer.sign(made.statement),
    )


def checkpoints(db: Db) -> list[Checkpoint]:
    """All that was signed about the log, first to last."""
    rows = db.rows(
        "SELECT sequence, hash, role, reason, at, public, signature FROM checkpoints ORDER BY sequence, id"
    )
    return [Checkpoint(*row) for row in rows]

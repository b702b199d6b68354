"""Who signs for the roles of an open vault: their keys, and the audit log signed with them."""

from __future__ import annotations

import time
from collections.abc import Callable

from tfdesk.core.errors import VaultDamaged
from tfdesk.core.models import Role
from tfdesk.core.said import said
from tfdesk.store import audit, crypto, signatures
from tfdesk.store.keys import Opened
from tfdesk.store.signatures import Reason, Signer, SigningKey
from tfdesk.store.vault import Vault


class Signing:
    """The signing keys of one open vault. ``by``: who unlocked it by passphrase; a key ring signs nothing."""

    def __init__(self, vault: Vault, keep: Callable[[str, Signer], None], slots_name: str) -> None:
        """``keep(passphrase, signer)`` writes a role's slot, ``slots_name`` is the key file's name."""
        self._vault = vault
        self._keep = keep
        self._slots_name = slots_name
        self.by: Signer | None = None

    def sign_log(self, reason: Reason) -> None:
        """Sign the audit log as ``by``; nothing where nobody signs, or the log has not grown since."""
        if self.by is not None:
            with self._vault.write() as db:
                signatures.sign_log(db, self.by, reason, time.time())

    def keys(self) -> list[SigningKey]:
        """The public keys that the vault knows, the newest of a role last."""
        with self._vault.read() as db:
            return signatures.keys(db)

    def own(self, role: Role) -> Signer | None:
        """The signing key of a role, when that role's passphrase unlocked the vault."""
        return self.by if self.by is not None and self.by.role == role else None

    def of(self, opened: Opened, passphrase: str, role: Role) -> Signer:
        """A role's signing key, made now for a slot of a version that had none; the vault learns of it.

        Raises VaultDamaged when the key was taken out of the key file, KnownError.
        """
        signer = Signer(role, opened.seed or crypto.new_key())
        with self._vault.read() as db:
            had, known = signatures.keys(db, role), signatures.knows(db, signer)
        if opened.seed is None and had:
            raise VaultDamaged(
                said("The {0}'s signing key is missing from {1}: it was taken out.", role, self._slots_name),
                said("Put the file back from a backup, or set the {0} passphrase anew for a new key.", role),
            )
        if opened.seed is None:
            self._keep(passphrase, signer)
        if not known:
            self.adopt(signer, "signing key set")
        return signer

    def adopt(self, signer: Signer, kind: str) -> None:
        """Let the vault know a signing key, if it does not yet; the audit entry names it."""
        with self._vault.write() as db:
            at = time.time()
            signatures.adopt(db, signer, at)
            audit.append(db, kind, at, role=signer.role, key=signer.fingerprint)

"""Creating, opening and locking the vault."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from enum import Enum
from pathlib import Path

from tfdesk.core.errors import (
    BugError,
    InputRefused,
    KeyRingUnavailable,
    KnownError,
    Locked,
    RoleMissing,
    VaultDamaged,
    VaultExists,
    WrongPassphrase,
)
from tfdesk.core.files import sweep
from tfdesk.core.locks import FolderUse
from tfdesk.core.log import Public
from tfdesk.core.models import Role
from tfdesk.core.paths import Paths
from tfdesk.core.said import joined, said
from tfdesk.services.key_ring import KeyRing, KeyringStatus, default_keyring
from tfdesk.services.tries import Tries
from tfdesk.store import anchor, audit, creation, crypto, keys, signatures, swap
from tfdesk.store.anchor import Anchoring
from tfdesk.store.crypto import CannotOpen
from tfdesk.store.keys import Opened
from tfdesk.store.signatures import Reason, Signer
from tfdesk.store.vault import Vault

log = logging.getLogger(__name__)


class VaultState(Enum):
    """How the vault stands."""

    MISSING = "missing"
    LOCKED = "locked"
    UNLOCKED = "unlocked"


class Access:
    """Holds the open vault, if any, and the ways into it."""

    def __init__(
        self, paths: Paths, keyring: KeyRing | None = None, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.paths = paths
        self._keyring = keyring
        self._anchoring: Anchoring | None = None
        self._tries = Tries(paths.tries_file, clock)
        self._use = FolderUse(paths.use_file)
        self._vault: Vault | None = None
        self._key = b""
        self._may_set: tuple[Role, ...] = ()  # whose passphrase whoever unlocked may replace
        self._signer: Signer | None = None  # who unlocked by passphrase; a key ring signs nothing

    @classmethod
    def default(cls, paths: Paths) -> Access:
        """With this computer's key ring, unless TFDESK_NO_KEYRING=1 keeps it out."""
        return cls(paths, default_keyring())

    @property
    def state(self) -> VaultState:
        if self._vault is not None:
            return VaultState.UNLOCKED
        files = (self.paths.vault_file, self.paths.slots_file, keys.copy_of(self.paths.slots_file))
        # A creation that was cut short left its unfinished file: there never was a vault.
        whole = any(file.exists() for file in files) and not creation.cut_short(self.paths.vault_file)
        return VaultState.LOCKED if whole else VaultState.MISSING

    @property
    def vault(self) -> Vault:
        """The open vault. Raises Locked."""
        if self._vault is None:
            raise Locked
        return self._vault

    @property
    def anchoring(self) -> Anchoring:
        """How the log of the vault stood to its anchor when the vault was opened. Raises Locked."""
        if self._anchoring is None:
            raise Locked
        return self._anchoring

    def roles(self) -> tuple[Role, ...]:
        """The roles that have a passphrase. Raises VaultMissing, VaultDamaged."""
        return tuple(slot.role for slot in self.key_file().find("passphrase"))

    # Creating -----------------------------------------------------------------------------

    def create(self, passphrase: str, role: Role = "therapist", use_keyring: bool = False) -> str:
        """Make the vault and open it; returns the recovery key, to be shown once and kept on paper.

        Raises VaultExists, InputRefused (empty passphrase), KeyRingUnavailable; nothing is made then.
        """
        self._refuse_existing()
        keys.check_passphrase(passphrase)
        key, recovery_key = crypto.new_key(), crypto.new_recovery_key()
        signer = Signer(role, crypto.new_key())
        file = keys.new_key_file()
        file = file.with_slot(keys.passphrase_slot(file, key, passphrase, role, signer.seed))
        file = file.with_slot(keys.recovery_slot(file, key, recovery_key, role))
        if use_keyring:
            file = self._with_keyring_slot(file, key, role)
        creation.make_files(self.paths.vault_file, self.paths.slots_file, file, key)
        self._opened_with(key, (role,))
        self._signer = signer
        self._adopt(signer, "vault created")
        log.info("vault created")
        return recovery_key

    def _refuse_existing(self) -> None:
        if self.paths.vault_file.exists():
            raise VaultExists(
                said("There is a vault in this data folder already."), said("Unlock it instead.")
            )
        if self.state is not VaultState.MISSING:
            raise VaultDamaged(
                said("The key file of a vault is here but {0} is missing.", self.paths.vault_file.name),
                said("Put it back from a backup, or choose another data folder."),
            )

    # Opening ------------------------------------------------------------------------------

    def unlock(self, passphrase: str, role: Role = "therapist") -> Vault:
        """Open the vault with a role's passphrase (about 0.3 s).

        Raises WrongPassphrase (with the seconds to wait), RoleMissing, VaultMissing, VaultDamaged or
        VaultNewer.
        """
        opened = self._try_passphrase(passphrase, role)
        vault = self._opened_with(opened.key, (role,))
        try:
            self._signer = self._signer_of(opened, passphrase, role)
        except KnownError as error:  # a full disk or a changed key file must not keep anybody out
            log.warning("nothing is signed: %s", error)
        return vault

    def unlock_with_recovery_key(self, recovery_key: str) -> Vault:
        """Open the vault with the key on paper; afterwards any passphrase may be set anew."""
        file = self.key_file()
        try:
            key = keys.open_with_recovery_key(file, recovery_key)
        except ValueError:
            raise InputRefused(
                said("The recovery key has a typing error."), said("Compare it letter by letter.")
            ) from None
        except CannotOpen:
            raise WrongPassphrase(said("This recovery key belongs to another vault.")) from None
        return self._opened_with(key, ("therapist", "supervisor"))

    def unlock_with_keyring(self) -> Vault | None:
        """Open the vault with what the key ring keeps; None when it keeps nothing for this vault.

        Raises KeyRingUnavailable when the key ring fails or hangs: the passphrase still works.
        """
        if self._keyring is None or self.state is VaultState.MISSING:
            return None
        file = self.key_file()
        slots = file.find("keyring")
        wrapping_key = self._keyring.get(file.vault) if slots else None
        if wrapping_key is None:
            return None
        try:
            return self._opened_with(keys.open_with_wrapping_key(file, wrapping_key), (slots[0].role,))
        except CannotOpen:
            return None

    def confirm(self, passphrase: str, role: Role) -> Signer:
        """What signs for a role, for one decision. Raises Locked, and as ``unlock``."""
        _ = self.vault
        return self._signer_of(self._try_passphrase(passphrase, role), passphrase, role)

    def lock(self) -> None:
        """Close the vault and forget the keys; a second call does nothing."""
        if self._vault is not None:
            if not self._vault.closed and self.anchoring.state in ("ok", "none"):
                with suppress(KnownError):  # a full disk must not keep the vault from closing
                    self.sign_log("lock")
                self.write_anchor()
            self._vault.close()
            log.info("vault locked")
        self._vault, self._key, self._may_set, self._anchoring = None, b"", (), None
        self._signer = None
        self._use.release()

    def _try_passphrase(self, passphrase: str, role: Role) -> Opened:
        keys.check_passphrase(passphrase)
        file = self.key_file()
        if not file.find("passphrase", role):
            raise RoleMissing(
                said("No {0} passphrase has been set yet.", role), said("Set one while the vault is open.")
            )
        return self.tested(lambda: keys.open_role(file, passphrase, role))

    def tested(self, open_with: Callable[[], Opened]) -> Opened:
        """What ``open_with`` gives, as one counted try. Raises WrongPassphrase where it raises CannotOpen."""
        pause = self._tries.begin()
        try:
            opened = open_with()
        except CannotOpen:
            wrong = said("That is not the passphrase.")
            if pause:
                wrong = said("That is not the passphrase. Wait {0:.0f} s before the next try.", pause)
            raise WrongPassphrase(wrong, pause) from None
        self._tries.succeeded()
        return opened

    def _opened_with(self, key: bytes, may_set: tuple[Role, ...]) -> Vault:
        if self._vault is not None:
            return self._opened(self._vault, key, may_set)
        with suppress(KnownError), self._use.alone():
            self._sweep()
        self._use.share()
        try:
            swap.settle(self.paths.vault_file, self.paths.slots_file)
            return self._opened(Vault.open(self.paths.vault_file, key), key, may_set)
        except BaseException:
            self._use.release()
            raise

    def _sweep(self) -> None:
        """Remove what programs that were killed left half-written."""
        for folder in {self.paths.root, self.paths.config}:
            sweep(folder, "vault.*")

    def _opened(self, vault: Vault, key: bytes, may_set: tuple[Role, ...]) -> Vault:
        try:
            self._anchoring = anchor.compare(self.paths.anchor_file, self.key_file().vault, vault)
        except BaseException:
            vault.close()
            raise
        self._vault, self._key, self._may_set, self._signer = vault, key, may_set, None
        log.info("vault unlocked by %s", Public(may_set[0]))
        return vault

    # Signing --------------------------------------------------------------------------------

    def sign_log(self, reason: Reason) -> None:
        """Sign the audit log as the role whose passphrase opened the vault; nobody signs for a key ring.

        Does nothing when the log has not grown since that role signed it. Raises Locked, KnownError.
        """
        signer, vault = self._signer, self.vault
        if signer is not None:
            with vault.write() as db:
                signatures.sign_log(db, signer, reason, time.time())

    def signing_keys(self) -> list[signatures.SigningKey]:
        """The public keys that the vault knows, the newest of a role last. Raises Locked."""
        with self.vault.read() as db:
            return signatures.keys(db)

    def _signer_of(self, opened: Opened, passphrase: str, role: Role) -> Signer:
        """A role's signing key, made now for a slot of a version that had none; the vault learns of it.

        Raises VaultDamaged when the key was taken out of the key file, KnownError.
        """
        signer = Signer(role, opened.seed or crypto.new_key())
        with self.vault.read() as db:
            had, known = signatures.keys(db, role), signatures.knows(db, signer)
        if opened.seed is None and had:
            raise VaultDamaged(
                said(
                    "The {0}'s signing key is missing from {1}: it was taken out.",
                    role,
                    self.paths.slots_file.name,
                ),
                said("Put the file back from a backup, or set the {0} passphrase anew for a new key.", role),
            )
        if opened.seed is None:
            self._write_slot(passphrase, signer)
        if not known:
            self._adopt(signer, "signing key set")
        return signer

    def _write_slot(self, passphrase: str, signer: Signer) -> None:
        file = self.key_file()
        slot = keys.passphrase_slot(file, self._key, passphrase, signer.role, signer.seed)
        keys.write_key_file(self.paths.slots_file, file.with_slot(slot))

    def _adopt(self, signer: Signer, kind: str) -> None:
        """Let the vault know a signing key, if it does not yet; the audit entry names it."""
        with self.vault.write() as db:
            at = time.time()
            signatures.adopt(db, signer, at)
            audit.append(db, kind, at, role=signer.role, key=signer.fingerprint)

    # Older copies ---------------------------------------------------------------------------

    def write_anchor(self, *more_keys: bytes) -> None:
        """Remember outside the vault where its log is; ``more_keys`` may verify it too. Raises Locked."""
        sealing_keys = [anchor.sealing_key(self.vault), *more_keys]
        try:
            with self.vault.read() as db:
                where = anchor.head(db)
            anchor.write(self.paths.anchor_file, self.key_file().vault, where, sealing_keys)
        except KnownError:  # a full disk, a damaged file: they must not keep the vault from closing
            log.warning("the audit anchor could not be written")

    def accept_older(self) -> None:
        """Go on with an older copy that was put back on purpose; the audit log keeps that. Raises Locked."""
        found = self.anchoring
        expected = found.anchored.sequence if found.anchored else None
        with self.vault.write() as db:
            audit.append(db, "older copy accepted", time.time(), found=found.head.sequence, expected=expected)
        self.write_anchor()
        self._anchoring = anchor.compare(self.paths.anchor_file, self.key_file().vault, self.vault)

    def open_like(self, copy: Path) -> Vault:
        """Open a copy of the open vault. Raises Locked, VaultDamaged."""
        _ = self.vault
        return Vault.open(copy, self._key)

    # Another database in its place ------------------------------------------------------------

    def alone(self) -> AbstractContextManager[None]:
        """No other program uses the vault within the block. Raises KnownError when one does."""
        return self._use.alone()

    def rewrapped(self, key: bytes, passphrase: str) -> tuple[keys.KeyFile, tuple[keys.Slot, ...]]:
        """A key file for another data key, and the slots of the present one that it has to do without.

        Kept are the slot of the role that opened the vault, under its ``passphrase``, and the key ring's
        when that answers. Raises Locked.
        """
        _, file, role = self.vault, self.key_file(), self._may_set[0]
        fresh = keys.KeyFile(file.vault, ())
        seed = self._signer.seed if self._signer else None
        fresh = fresh.with_slot(keys.passphrase_slot(fresh, key, passphrase, role, seed))
        ring = file.find("keyring")
        with suppress(KnownError):
            wrapping_key = self._keyring.get(file.vault) if ring and self._keyring else None
            if wrapping_key is not None:
                fresh = fresh.with_slot(keys.keyring_slot(fresh, key, wrapping_key, ring[0].role))
        kept = {(slot.kind, slot.role) for slot in fresh.slots}
        return fresh, tuple(slot for slot in file.slots if (slot.kind, slot.role) not in kept)

    def replace_with_side(self, file: keys.KeyFile, key: bytes, role: Role) -> Vault:
        """Let the database prepared beside the vault take its place, and open that. Within ``alone``.

        Raises KnownError; the vault is then the old one, closed.
        """
        if self._vault is not None:
            self._vault.close()
            self._vault = None
        swap.replace_vault(self.paths.vault_file, self.paths.slots_file, file)
        return self._opened(Vault.open(self.paths.vault_file, key), key, (role,))

    # Ways in ------------------------------------------------------------------------------

    def set_passphrase(self, passphrase: str, role: Role) -> str:
        """Give a role its first passphrase, or a new one to the role that opened the vault.

        The signing key stays when the old passphrase was typed, else there is a new one; returns its
        fingerprint. Raises Locked, InputRefused, VaultExists (another role's is not yours to replace).
        """
        _ = self.vault
        if self.key_file().find("passphrase", role) and role not in self._may_set:
            raise VaultExists(
                said("There is a {0} passphrase already.", role),
                said("Unlock as {0}, or with the recovery key.", role),
            )
        own = self._signer if self._signer and self._signer.role == role else None
        signer = own or Signer(role, crypto.new_key())
        self._write_slot(passphrase, signer)
        self._adopt(signer, "passphrase set")
        if role == self._may_set[0]:
            self._signer = signer
        return signer.fingerprint

    def change_slots(self, change: Callable[[keys.KeyFile, bytes], keys.KeyFile]) -> None:
        """Write the key file that ``change(file, data key)`` makes of the present one. Raises Locked."""
        _ = self.vault
        keys.write_key_file(self.paths.slots_file, change(self.key_file(), self._key))

    def remove_passphrase(self, role: Role) -> None:
        """Take its passphrase from the role that opened the vault; what it signed still counts.

        Raises Locked, VaultExists (not yours), RoleMissing, InputRefused (the last passphrase).
        """
        vault, file = self.vault, self.key_file()
        if not file.find("passphrase", role):
            raise RoleMissing(said("There is no {0} passphrase.", role), said("Nothing was changed."))
        if role not in self._may_set:
            raise VaultExists(
                said("The {0} passphrase is not yours to remove.", role), said("Unlock as {0}.", role)
            )
        if len(file.find("passphrase")) == 1:
            raise InputRefused(said("This is the only passphrase of the vault; nothing was changed."))
        self.change_slots(lambda file, _: file.without("passphrase", role))
        with vault.write() as db:
            audit.append(db, "passphrase removed", time.time(), role=role)

    def use_keyring(self, use: bool) -> None:
        """Let the key ring open the vault from now on, or no longer. Raises Locked, KeyRingUnavailable."""
        role, ring = self._may_set[0] if self._may_set else "therapist", self._keyring
        if use:
            self.change_slots(lambda file, key: self._with_keyring_slot(file, key, role))
            return
        self.change_slots(lambda file, _: file.without("keyring"))
        if ring is not None:
            ring.delete(self.key_file().vault)

    def keyring_opens(self) -> bool:
        """Whether the vault was set up to be opened by the key ring."""
        return self.state is not VaultState.MISSING and bool(self.key_file().find("keyring"))

    def keyring_status(self) -> KeyringStatus:
        """Whether the key ring can be used now; asks it, which takes up to its time limit."""
        if self._keyring is None:
            return KeyringStatus(
                False, joined(said("The key ring is switched off."), said("Use the passphrase instead."))
            )
        return self._keyring.status()

    def _with_keyring_slot(self, file: keys.KeyFile, key: bytes, role: Role) -> keys.KeyFile:
        if self._keyring is None:
            raise KeyRingUnavailable(
                said("The key ring is switched off."), said("Use the passphrase instead.")
            )
        wrapping_key = crypto.new_key()
        self._keyring.set(file.vault, wrapping_key)
        return file.without("keyring").with_slot(keys.keyring_slot(file, key, wrapping_key, role))

    def key_file(self) -> keys.KeyFile:
        """All ways into the vault, wrapped. Raises VaultMissing, VaultDamaged, VaultNewer."""
        if creation.cut_short(self.paths.vault_file):
            raise BugError("the key file was asked for before the vault was made")
        return swap.key_file(self.paths.vault_file, self.paths.slots_file)

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
from tfdesk.core.said import said
from tfdesk.services.key_ring import KeyRing, KeyringStatus, default_keyring
from tfdesk.services.key_ring_slot import KeyRingSlot
from tfdesk.services.signing import Signing
from tfdesk.services.tries import Tries
from tfdesk.store import anchor, audit, creation, crypto, keys, swap
from tfdesk.store.anchor import Anchoring
from tfdesk.store.crypto import CannotOpen
from tfdesk.store.keys import Opened
from tfdesk.store.signatures import Reason, Signer, SigningKey
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
        self._ring = KeyRingSlot(keyring)
        self._anchoring: Anchoring | None = None
        self._tries = Tries(paths.tries_file, clock)
        self._use = FolderUse(paths.use_file)
        self._vault: Vault | None = None
        self._key = b""
        self._may_set: tuple[Role, ...] = ()  # whose passphrase whoever unlocked may replace
        self._signing: Signing | None = None

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

    @property
    def signing(self) -> Signing:
        """Who signs for the open vault. Raises Locked."""
        if self._signing is None:
            raise Locked
        return self._signing

    def roles(self) -> tuple[Role, ...]:
        """The roles that have a passphrase. Raises VaultMissing, VaultDamaged."""
        return tuple(slot.role for slot in self.key_file().find("passphrase"))

    @property
    def role(self) -> Role | None:
        """Whose passphrase, or whose slot, opened the vault; None while it is locked."""
        return self._may_set[0] if self._may_set else None

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
            file = self._ring.add(file, key, role)
        creation.make_files(self.paths.vault_file, self.paths.slots_file, file, key)
        self._opened_with(key, (role,))
        self.signing.by = signer
        self.signing.adopt(signer, "vault created")
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
            self.signing.by = self.signing.of(opened, passphrase, role)
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
        opened = None if self.state is VaultState.MISSING else self._ring.open(self.key_file())
        return self._opened_with(opened[0], (opened[1],)) if opened else None

    def confirm(self, passphrase: str, role: Role) -> Signer:
        """What signs for a role, for one decision. Raises Locked, and as ``unlock``."""
        signing = self.signing
        return signing.of(self._try_passphrase(passphrase, role), passphrase, role)

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
        self._signing = None
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
        self._vault, self._key, self._may_set = vault, key, may_set
        self._signing = Signing(vault, self._write_slot, self.paths.slots_file.name)
        log.info("vault unlocked by %s", Public(may_set[0]))
        return vault

    def sign_log(self, reason: Reason) -> None:
        """Sign the audit log as the role whose passphrase opened the vault. Raises Locked, KnownError."""
        self.signing.sign_log(reason)

    def signing_keys(self) -> list[SigningKey]:
        """The public keys that the vault knows, the newest of a role last. Raises Locked."""
        return self.signing.keys()

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
        seed = self.signing.by.seed if self.signing.by else None
        fresh = fresh.with_slot(keys.passphrase_slot(fresh, key, passphrase, role, seed))
        with suppress(KnownError):
            fresh = self._ring.carried(file, fresh, key)
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
        signing = self.signing
        if self.key_file().find("passphrase", role) and role not in self._may_set:
            raise VaultExists(
                said("There is a {0} passphrase already.", role),
                said("Unlock as {0}, or with the recovery key.", role),
            )
        signer = signing.own(role) or Signer(role, crypto.new_key())
        self._write_slot(passphrase, signer)
        signing.adopt(signer, "passphrase set")
        if role == self._may_set[0]:
            signing.by = signer
        return signer.fingerprint

    def _write_slot(self, passphrase: str, signer: Signer) -> None:
        self.change_slots(
            lambda file, key: file.with_slot(
                keys.passphrase_slot(file, key, passphrase, signer.role, signer.seed)
            )
        )

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
        role: Role = self._may_set[0] if self._may_set else "therapist"
        if use:
            self.change_slots(lambda file, key: self._ring.add(file, key, role))
            return
        self.change_slots(lambda file, _: file.without("keyring"))
        self._ring.forget(self.key_file().vault)

    def keyring_opens(self) -> bool:
        """Whether the vault was set up to be opened by the key ring."""
        return self.state is not VaultState.MISSING and bool(self.key_file().find("keyring"))

    def keyring_status(self) -> KeyringStatus:
        """Whether the key ring can be used now; asks it, which takes up to its time limit."""
        return self._ring.status()

    def key_file(self) -> keys.KeyFile:
        """All ways into the vault, wrapped. Raises VaultMissing, VaultDamaged, VaultNewer."""
        if creation.cut_short(self.paths.vault_file):
            raise BugError("the key file was asked for before the vault was made")
        return swap.key_file(self.paths.vault_file, self.paths.slots_file)

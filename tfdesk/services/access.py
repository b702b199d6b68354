"""Creating, opening and locking the vault."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
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
from tfdesk.core.log import Public
from tfdesk.core.models import Role
from tfdesk.core.paths import Paths
from tfdesk.services.key_ring import KeyRing, KeyringStatus, default_keyring
from tfdesk.store import audit, crypto, keys
from tfdesk.store.crypto import CannotOpen
from tfdesk.store.vault import Vault

FREE_TRIES = 3  # wrong passphrases before waiting begins: 1, 2, 4 ... seconds
LONGEST_WAIT = 30.0

log = logging.getLogger(__name__)


class VaultState(Enum):
    """How the vault stands."""

    MISSING = "missing"
    LOCKED = "locked"
    UNLOCKED = "unlocked"


class Access:
    """Holds the open vault, if any, and the ways into it."""

    def __init__(
        self, paths: Paths, keyring: KeyRing | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.paths = paths
        self._keyring = keyring
        self._clock = clock
        self._vault: Vault | None = None
        self._key = b""
        self._may_set: tuple[Role, ...] = ()  # whose passphrase whoever unlocked may replace
        self._failures = 0
        self._next_try = 0.0

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
        whole = any(file.exists() for file in files) and not self._cut_short()
        return VaultState.LOCKED if whole else VaultState.MISSING

    @property
    def vault(self) -> Vault:
        """The open vault. Raises Locked."""
        if self._vault is None:
            raise Locked
        return self._vault

    def roles(self) -> tuple[Role, ...]:
        """The roles that have a passphrase. Raises VaultMissing, VaultDamaged."""
        return tuple(slot.role for slot in self._key_file().find("passphrase"))

    # Creating -----------------------------------------------------------------------------

    def create(self, passphrase: str, role: Role = "therapist", use_keyring: bool = False) -> str:
        """Make the vault and open it; returns the recovery key, to be shown once and kept on paper.

        Raises VaultExists, InputRefused (empty passphrase), KeyRingUnavailable; nothing is made then.
        """
        self._refuse_existing()
        keys.check_passphrase(passphrase)
        key, recovery_key = crypto.new_key(), crypto.new_recovery_key()
        file = keys.new_key_file()
        file = file.with_slot(keys.passphrase_slot(file, key, passphrase, role))
        file = file.with_slot(keys.recovery_slot(file, key, recovery_key, role))
        if use_keyring:
            file = self._with_keyring_slot(file, key, role)
        self._make_files(file, key)
        self._opened(Vault.open(self.paths.vault_file, key), key, (role,))
        with self.vault.write() as db:
            audit.append(db, "vault created", time.time(), role=role)
        log.info("vault created")
        return recovery_key

    def _refuse_existing(self) -> None:
        if self.paths.vault_file.exists():
            raise VaultExists("There is a vault in this data folder already.", "Unlock it instead.")
        if self.state is not VaultState.MISSING:
            raise VaultDamaged(
                f"The key file of a vault is here but {self.paths.vault_file.name} is missing.",
                "Put it back from a backup, or choose another data folder.",
            )

    def _make_files(self, file: keys.KeyFile, key: bytes) -> None:
        """The database takes its name last: before that, what lies there counts as never made."""
        unfinished = self._unfinished()
        try:
            unfinished.parent.mkdir(parents=True, exist_ok=True)
            for suffix in ("", "-wal", "-shm"):
                unfinished.with_name(unfinished.name + suffix).unlink(missing_ok=True)
            Vault.create(unfinished, key).close()
            keys.write_key_file(self.paths.slots_file, file)
            os.replace(unfinished, self.paths.vault_file)
        except OSError as error:
            raise KnownError(
                f"The vault could not be made ({error.strerror}).",
                "Check that the disk has room and that the data folder may be written to.",
            ) from None

    def _unfinished(self) -> Path:
        return self.paths.vault_file.with_name(self.paths.vault_file.name + ".new")

    def _cut_short(self) -> bool:
        return self._unfinished().exists() and not self.paths.vault_file.exists()

    # Opening ------------------------------------------------------------------------------

    def unlock(self, passphrase: str, role: Role = "therapist") -> Vault:
        """Open the vault with a role's passphrase (about 0.3 s).

        Raises WrongPassphrase (with the seconds to wait), RoleMissing, VaultMissing, VaultDamaged or
        VaultNewer.
        """
        return self._opened_with(self._try_passphrase(passphrase, role), (role,))

    def unlock_with_recovery_key(self, recovery_key: str) -> Vault:
        """Open the vault with the key on paper; afterwards any passphrase may be set anew."""
        file = self._key_file()
        try:
            key = keys.open_with_recovery_key(file, recovery_key)
        except ValueError:
            raise InputRefused(
                "The recovery key has a typing error.", "Compare it letter by letter."
            ) from None
        except CannotOpen:
            raise WrongPassphrase("This recovery key belongs to another vault.") from None
        return self._opened_with(key, ("therapist", "supervisor"))

    def unlock_with_keyring(self) -> Vault | None:
        """Open the vault with what the key ring keeps; None when it keeps nothing for this vault.

        Raises KeyRingUnavailable when the key ring fails or hangs: the passphrase still works.
        """
        if self._keyring is None or self.state is VaultState.MISSING:
            return None
        file = self._key_file()
        slots = file.find("keyring")
        wrapping_key = self._keyring.get(file.vault) if slots else None
        if wrapping_key is None:
            return None
        try:
            return self._opened_with(keys.open_with_wrapping_key(file, wrapping_key), (slots[0].role,))
        except CannotOpen:
            return None

    def confirm(self, passphrase: str, role: Role) -> None:
        """Check a role's passphrase without opening anything: a signature, thinly. Raises as ``unlock``."""
        self._try_passphrase(passphrase, role)

    def lock(self) -> None:
        """Close the vault and forget the keys; a second call does nothing."""
        if self._vault is not None:
            self._vault.close()
            log.info("vault locked")
        self._vault, self._key, self._may_set = None, b"", ()

    def _try_passphrase(self, passphrase: str, role: Role) -> bytes:
        wait = self._next_try - self._clock()
        if wait > 0:
            raise WrongPassphrase(f"Too many tries; wait {wait:.0f} s and try again.", wait)
        file = self._key_file()
        if not file.find("passphrase", role):
            raise RoleMissing(f"No {role} passphrase has been set yet.", "Set one while the vault is open.")
        try:
            key = keys.open_with_passphrase(file, passphrase, role)
        except (CannotOpen, UnicodeEncodeError):
            self._failures += 1
            late = self._failures - FREE_TRIES
            pause = min(LONGEST_WAIT, 2.0**late) if late >= 0 else 0.0
            self._next_try = self._clock() + pause
            raise WrongPassphrase("That is not the passphrase.", pause) from None
        self._failures = 0
        return key

    def _opened_with(self, key: bytes, may_set: tuple[Role, ...]) -> Vault:
        vault = self._vault if self._vault is not None else Vault.open(self.paths.vault_file, key)
        return self._opened(vault, key, may_set)

    def _opened(self, vault: Vault, key: bytes, may_set: tuple[Role, ...]) -> Vault:
        self._vault, self._key, self._may_set = vault, key, may_set
        log.info("vault unlocked by %s", Public(may_set[0]))
        return vault

    # Ways in ------------------------------------------------------------------------------

    def set_passphrase(self, passphrase: str, role: Role) -> None:
        """Give a role its first passphrase, or a new one to the role that opened the vault.

        Raises Locked, InputRefused, VaultExists (another role's passphrase is not yours to replace).
        """
        vault, file = self.vault, self._key_file()
        if file.find("passphrase", role) and role not in self._may_set:
            raise VaultExists(
                f"There is a {role} passphrase already.", f"Unlock as {role}, or with the recovery key."
            )
        slot = keys.passphrase_slot(file, self._key, passphrase, role)
        keys.write_key_file(self.paths.slots_file, file.with_slot(slot))
        with vault.write() as db:
            audit.append(db, "passphrase set", time.time(), role=role)

    def use_keyring(self, use: bool) -> None:
        """Let the key ring open the vault from now on, or no longer. Raises Locked, KeyRingUnavailable."""
        _, file = self.vault, self._key_file()
        if use:
            keys.write_key_file(
                self.paths.slots_file, self._with_keyring_slot(file, self._key, self._may_set[0])
            )
            return
        keys.write_key_file(self.paths.slots_file, file.without("keyring"))
        if self._keyring is not None:
            self._keyring.delete(file.vault)

    def keyring_opens(self) -> bool:
        """Whether the vault was set up to be opened by the key ring."""
        return self.state is not VaultState.MISSING and bool(self._key_file().find("keyring"))

    def keyring_status(self) -> KeyringStatus:
        """Whether the key ring can be used now; asks it, which takes up to its time limit."""
        if self._keyring is None:
            return KeyringStatus(False, "The key ring is switched off. Use the passphrase instead.")
        return self._keyring.status()

    def _with_keyring_slot(self, file: keys.KeyFile, key: bytes, role: Role) -> keys.KeyFile:
        if self._keyring is None:
            raise KeyRingUnavailable("The key ring is switched off.", "Use the passphrase instead.")
        wrapping_key = crypto.new_key()
        self._keyring.set(file.vault, wrapping_key)
        return file.without("keyring").with_slot(keys.keyring_slot(file, key, wrapping_key, role))

    def _key_file(self) -> keys.KeyFile:
        if self._cut_short():
            raise BugError("the key file was asked for before the vault was made")
        return keys.read_key_file(self.paths.slots_file)

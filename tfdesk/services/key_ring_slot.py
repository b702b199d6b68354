"""The slot of the key file that the computer's key ring opens; without a key ring it says so."""

from __future__ import annotations

from tfdesk.core.errors import KeyRingUnavailable
from tfdesk.core.models import Role
from tfdesk.core.said import joined, said
from tfdesk.services.key_ring import KeyRing, KeyringStatus
from tfdesk.store import crypto, keys
from tfdesk.store.crypto import CannotOpen
from tfdesk.store.keys import KeyFile

_OFF = said("The key ring is switched off.")
_PASSPHRASE = said("Use the passphrase instead.")


class KeyRingSlot:
    """What the key ring can do for a key file. ``ring`` is None where it is kept out."""

    def __init__(self, ring: KeyRing | None) -> None:
        self._ring = ring

    def status(self) -> KeyringStatus:
        """Whether the key ring can be used now; asks it, which takes up to its time limit."""
        return self._ring.status() if self._ring else KeyringStatus(False, joined(_OFF, _PASSPHRASE))

    def open(self, file: KeyFile) -> tuple[bytes, Role] | None:
        """The data key and whose slot it is; None when the ring keeps nothing for this vault.

        Raises KeyRingUnavailable when the key ring fails or hangs.
        """
        slots, wrapping_key = file.find("keyring"), self._kept(file)
        if wrapping_key is None:
            return None
        try:
            return keys.open_with_wrapping_key(file, wrapping_key), slots[0].role
        except CannotOpen:
            return None

    def add(self, file: KeyFile, key: bytes, role: Role) -> KeyFile:
        """A key file that the ring opens from now on. Raises KeyRingUnavailable."""
        if self._ring is None:
            raise KeyRingUnavailable(_OFF, _PASSPHRASE)
        wrapping_key = crypto.new_key()
        self._ring.set(file.vault, wrapping_key)
        return file.without("keyring").with_slot(keys.keyring_slot(file, key, wrapping_key, role))

    def carried(self, old: KeyFile, fresh: KeyFile, key: bytes) -> KeyFile:
        """``fresh``, for another data key, opened by the same secret as ``old``; unchanged without one.

        Raises KeyRingUnavailable.
        """
        wrapping_key = self._kept(old)
        if wrapping_key is None:
            return fresh
        role = old.find("keyring")[0].role
        return fresh.with_slot(keys.keyring_slot(fresh, key, wrapping_key, role))

    def forget(self, vault: str) -> None:
        """Take the secret out of the ring. Raises KeyRingUnavailable."""
        if self._ring is not None:
            self._ring.delete(vault)

    def _kept(self, file: KeyFile) -> bytes | None:
        return self._ring.get(file.vault) if self._ring and file.find("keyring") else None

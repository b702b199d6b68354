"""The key file: the vault's random data key, wrapped once per way of opening it (a slot).

::

    {"body": {"format": 1, "vault": ID, "slots": [{"kind": "passphrase"|"recovery"|"keyring", "role": ...,
              "salt", "cost": {...}|null, "wrapped", "signing": ...|null}]}, "sha256": of the body}

Each slot is bound to format, vault, kind, role and parameters, so no part can be swapped. The checksum tells
a damaged file from a wrong passphrase; a damaged file falls back to its copy beside it. A passphrase slot
also holds the seed of its role's signing key, under the passphrase alone: the data key does not open it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import uuid
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, cast

from tfdesk.core.errors import BugError, InputRefused, VaultDamaged, VaultMissing, VaultNewer
from tfdesk.core.files import write_atomically
from tfdesk.core.models import ROLES, Role
from tfdesk.core.said import said
from tfdesk.store import crypto
from tfdesk.store.crypto import Argon2Parameters, CannotOpen

FORMAT = 1
LONGEST_PASSPHRASE = 10_000  # bytes of UTF-8
LARGEST_FILE = 1 << 20  # bytes of a key file
_SIGNING = "signing key"
SlotKind = Literal["passphrase", "recovery", "keyring"]
KINDS: tuple[SlotKind, ...] = ("passphrase", "recovery", "keyring")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Slot:
    """The data key under one wrapping key; ``cost`` and ``signing`` (a wrapped seed) only for passphrases."""

    kind: SlotKind
    role: Role
    salt: bytes
    cost: Argon2Parameters | None
    wrapped: bytes
    signing: bytes | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """What a passphrase opens: the data key, and the seed of the role's signing key if it has one yet."""

    key: bytes = field(repr=False)
    seed: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyFile:
    """All slots of one vault."""

    vault: str
    slots: tuple[Slot, ...]

    def find(self, kind: SlotKind, role: Role | None = None) -> tuple[Slot, ...]:
        """The slots of a kind, of one role or of all."""
        return tuple(s for s in self.slots if s.kind == kind and role in (None, s.role))

    def with_slot(self, slot: Slot) -> KeyFile:
        """A file in which ``slot`` takes the place of any other of its kind and role."""
        kept = tuple(s for s in self.slots if (s.kind, s.role) != (slot.kind, slot.role))
        return replace(self, slots=(*kept, slot))

    def without(self, kind: SlotKind, role: Role | None = None) -> KeyFile:
        """A file without the slots of a kind, of one role or of all."""
        gone = self.find(kind, role)
        return replace(self, slots=tuple(s for s in self.slots if s not in gone))


def new_key_file() -> KeyFile:
    return KeyFile(uuid.uuid4().hex, ())


def check_passphrase(passphrase: str) -> str:
    """Refuse one that cannot protect anything, or that nobody types. Raises InputRefused."""
    if not passphrase.strip():
        raise InputRefused(
            said("The passphrase is empty."), said("Choose one that you can remember; a few words are best.")
        )
    try:
        length = len(crypto.normalised(passphrase))
    except UnicodeEncodeError:
        raise InputRefused(said("The passphrase holds a character that cannot be stored.")) from None
    if length > LONGEST_PASSPHRASE:
        raise InputRefused(
            said("The passphrase is longer than {0:,} bytes.", LONGEST_PASSPHRASE), said("Shorten it.")
        )
    return passphrase


def passphrase_slot(
    file: KeyFile, key: bytes, passphrase: str, role: Role, seed: bytes | None = None
) -> Slot:
    """Wrap the data key, and the seed of the role's signing key, under a passphrase (takes about 0.3 s)."""
    empty = Slot("passphrase", role, crypto.new_salt(), Argon2Parameters(), b"")
    wrapping_key = crypto.passphrase_key(check_passphrase(passphrase), empty.salt, _cost(empty))
    slot = _filled(file, empty, key, wrapping_key)
    if seed is None:
        return slot
    signing = crypto.wrap(seed, crypto.sub_key(wrapping_key, _SIGNING), _bound_to(file.vault, slot))
    return replace(slot, signing=signing)


def recovery_slot(file: KeyFile, key: bytes, recovery_key: str, role: Role) -> Slot:
    """Wrap the data key under a recovery key."""
    empty = Slot("recovery", role, crypto.new_salt(), None, b"")
    secret = crypto.recovery_secret(recovery_key)
    return _filled(file, empty, key, crypto.recovery_wrapping_key(secret, empty.salt))


def keyring_slot(file: KeyFile, key: bytes, wrapping_key: bytes, role: Role) -> Slot:
    """Wrap the data key under a random key that the computer's key ring keeps."""
    return _filled(file, Slot("keyring", role, crypto.new_salt(), None, b""), key, wrapping_key)


def open_role(file: KeyFile, passphrase: str, role: Role) -> Opened:
    """All that a role's passphrase opens. Raises CannotOpen (wrong passphrase, or no slot of that role)."""
    for slot in file.find("passphrase", role):
        wrapping_key = crypto.passphrase_key(passphrase, slot.salt, _cost(slot))
        bound_to = _bound_to(file.vault, slot)
        key = crypto.unwrap(slot.wrapped, wrapping_key, bound_to)
        if slot.signing is None:
            return Opened(key, None)
        return Opened(key, crypto.unwrap(slot.signing, crypto.sub_key(wrapping_key, _SIGNING), bound_to))
    raise CannotOpen


def open_with_passphrase(file: KeyFile, passphrase: str, role: Role) -> bytes:
    """The data key. Raises CannotOpen (wrong passphrase, or no slot of that role)."""
    return open_role(file, passphrase, role).key


def open_with_recovery_key(file: KeyFile, recovery_key: str) -> bytes:
    """The data key. Raises CannotOpen, or ValueError for a typing error in the recovery key."""
    secret = crypto.recovery_secret(recovery_key)
    return _first_open(file, file.find("recovery"), lambda s: crypto.recovery_wrapping_key(secret, s.salt))


def open_with_wrapping_key(file: KeyFile, wrapping_key: bytes) -> bytes:
    """The data key, by what the key ring kept. Raises CannotOpen."""
    return _first_open(file, file.find("keyring"), lambda _: wrapping_key)


def _first_open(file: KeyFile, slots: tuple[Slot, ...], key_for: Any) -> bytes:
    for slot in slots:
        try:
            return crypto.unwrap(slot.wrapped, key_for(slot), _bound_to(file.vault, slot))
        except CannotOpen:
            continue
    raise CannotOpen


def _filled(file: KeyFile, empty: Slot, key: bytes, wrapping_key: bytes) -> Slot:
    if len(key) != crypto.KEY_BYTES or len(wrapping_key) != crypto.KEY_BYTES:
        raise BugError("a key is not 32 bytes long")
    return replace(empty, wrapped=crypto.wrap(key, wrapping_key, _bound_to(file.vault, empty)))


def _cost(slot: Slot) -> Argon2Parameters:
    if slot.cost is None:
        raise BugError("a passphrase slot without parameters")
    return slot.cost


def _bound_to(vault: str, slot: Slot) -> bytes:
    cost = slot.cost.as_json() if slot.cost else None
    return _canonical([FORMAT, vault, slot.kind, slot.role, slot.salt.hex(), cost])


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


# The file -----------------------------------------------------------------------------


def write_key_file(path: Path, file: KeyFile) -> None:
    """Write the file and its copy, each atomically: a crash leaves at least one whole."""
    data = as_text(file).encode()
    write_atomically(path, data)
    write_atomically(copy_of(path), data)


def as_text(file: KeyFile) -> str:
    """The contents of a key file."""
    body = {
        "format": FORMAT,
        "vault": file.vault,
        "slots": [
            {
                "kind": s.kind,
                "role": s.role,
                "salt": base64.b64encode(s.salt).decode(),
                "cost": s.cost.as_json() if s.cost else None,
                "wrapped": base64.b64encode(s.wrapped).decode(),
                "signing": base64.b64encode(s.signing).decode() if s.signing else None,
            }
            for s in file.slots
        ],
    }
    checksum = hashlib.sha256(_canonical(body)).hexdigest()
    return json.dumps({"body": body, "sha256": checksum}, indent=1)


def copy_of(path: Path) -> Path:
    return path.with_name(path.name + ".bak")


def read_key_file(path: Path) -> KeyFile:
    """Read the file, or its copy where the file is missing or damaged.

    Raises VaultMissing when there is neither, VaultDamaged when neither can be read, VaultNewer.
    """
    present = [place for place in (path, copy_of(path)) if place.exists()]
    if not present:
        raise VaultMissing(said("There is no vault in this data folder."), said("Create one first."))
    for place in present:
        try:
            file = from_text(place.read_bytes()[:LARGEST_FILE])
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            continue
        if place != path:
            log.warning("the key file is missing or damaged; its copy was used")
        return file
    raise VaultDamaged(
        said("The key file {0} and its copy cannot be read.", path.name),
        said("Put back both from a backup; without them the vault cannot be opened."),
    )


def from_text(data: str | bytes) -> KeyFile:
    """The inverse of ``as_text``.

    Raises ValueError, TypeError or KeyError for anything but a whole file; VaultNewer.
    """
    value = json.loads(data)
    body = value["body"]
    if hashlib.sha256(_canonical(body)).hexdigest() != value["sha256"]:
        raise ValueError("checksum")
    if body["format"] != FORMAT:
        raise VaultNewer(
            said("A newer version of the program wrote this vault's key file."),
            said("Open it with that version; nothing was changed."),
        )
    return KeyFile(str(body["vault"]), tuple(_slot(entry) for entry in body["slots"]))


def _slot(entry: dict[str, Any]) -> Slot:
    if entry["kind"] not in KINDS or entry["role"] not in ROLES:
        raise ValueError("slot")
    cost = None if entry["cost"] is None else Argon2Parameters(**entry["cost"])
    if (cost is None) == (entry["kind"] == "passphrase"):
        raise ValueError("cost")
    if cost is not None:
        cost.check()
    signing = entry.get("signing")  # files of the first version have none
    salt, wrapped, seed = (
        base64.b64decode(text, validate=True) for text in (entry["salt"], entry["wrapped"], signing or "")
    )
    return Slot(cast(SlotKind, entry["kind"]), cast(Role, entry["role"]), salt, cost, wrapped, seed or None)

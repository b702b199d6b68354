"""The few cryptographic steps the vault is made of. Keys are 32 bytes; every failure to open is one type."""

from __future__ import annotations

import base64
import hashlib
import os
import unicodedata
from dataclasses import asdict, dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
SALT_BYTES = 16
_NONCE_BYTES = 12
_RECOVERY_BYTES, _CHECK_BYTES, _GROUP = 20, 5, 5  # 160 bits and 40 of checksum: eight groups of five letters


class CannotOpen(Exception):
    """The key, the passphrase or the bytes are not the right ones; which of them cannot be told."""


@dataclass(frozen=True, slots=True)
class Argon2Parameters:
    """Cost of turning a passphrase into a key: about 0.3 s on a desk computer."""

    memory_kib: int = 64 * 1024
    iterations: int = 3
    lanes: int = 4

    def check(self) -> None:
        """Refuse what a hostile file may ask for, before anything is allocated. Raises ValueError."""
        caps = {"memory_kib": 1024 * 1024, "iterations": 20, "lanes": 16}
        for name, cap in caps.items():
            value = getattr(self, name)
            if type(value) is not int or not 1 <= value <= cap:
                raise ValueError(f"Argon2 parameter {name} is out of range")
        if self.memory_kib < 8 * self.lanes:
            raise ValueError("Argon2 parameter memory_kib is out of range")

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def new_key() -> bytes:
    return os.urandom(KEY_BYTES)


def new_salt() -> bytes:
    return os.urandom(SALT_BYTES)


def normalised(passphrase: str) -> bytes:
    """The bytes of a passphrase in NFC: one word typed on two keyboards is one word."""
    return unicodedata.normalize("NFC", passphrase).encode("utf8")


def passphrase_key(passphrase: str, salt: bytes, cost: Argon2Parameters) -> bytes:
    """A wrapping key from a passphrase."""
    cost.check()
    kdf = Argon2id(
        salt=salt, length=KEY_BYTES, iterations=cost.iterations, lanes=cost.lanes, memory_cost=cost.memory_kib
    )
    return kdf.derive(normalised(passphrase))


def sub_key(key: bytes, purpose: str) -> bytes:
    """A key for one purpose, from which neither ``key`` nor another purpose's key can be found."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=b"tfdesk " + purpose.encode()).derive(
        key
    )


def wrap(secret: bytes, key: bytes, bound_to: bytes) -> bytes:
    """Encrypt ``secret``; it opens only together with the same ``bound_to``."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, secret, bound_to)


def unwrap(wrapped: bytes, key: bytes, bound_to: bytes) -> bytes:
    """The inverse of ``wrap``. Raises CannotOpen."""
    try:
        return AESGCM(key).decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], bound_to)
    except (InvalidTag, ValueError):
        raise CannotOpen from None


# Signatures: Ed25519. A signing key is its seed, 32 random bytes; the public half and signatures are hex.


def public_key(seed: bytes) -> str:
    """The public half that belongs to a seed: 64 hex digits."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw().hex()


def sign(seed: bytes, statement: bytes) -> str:
    """The signature of a statement: 128 hex digits."""
    return Ed25519PrivateKey.from_private_bytes(seed).sign(statement).hex()


def verifies(public: str, signature: str, statement: bytes) -> bool:
    """Whether whoever holds the seed of ``public`` signed the statement; False for anything malformed."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(bytes.fromhex(signature), statement)
    except (InvalidSignature, ValueError):
        return False
    return True


def fingerprint(public: str) -> str:
    """A public key as a person notes it down: 128 bits of its SHA-256, eight groups of four hex digits."""
    digest = hashlib.sha256(b"tfdesk public key " + public.encode("utf8", "surrogatepass")).hexdigest()
    return "-".join(digest[start : start + 4] for start in range(0, 32, 4))


def new_recovery_key() -> str:
    """160 random bits as a person can copy them: letters and digits in groups, with a checksum."""
    secret = os.urandom(_RECOVERY_BYTES)
    letters = base64.b32encode(secret + _recovery_check(secret)).decode()
    return "-".join(letters[start : start + _GROUP] for start in range(0, len(letters), _GROUP))


def recovery_secret(typed: str) -> bytes:
    """The bits of a typed recovery key; spaces, case and look-alikes are forgiven. Raises ValueError."""
    letters = "".join(typed.split()).replace("-", "").upper().translate(str.maketrans("018", "OIB"))
    try:
        raw = base64.b32decode(letters)
    except ValueError:
        raw = b""
    secret = raw[:_RECOVERY_BYTES]
    if raw[_RECOVERY_BYTES:] != _recovery_check(secret):
        raise ValueError("the recovery key has a typing error")
    return secret


def recovery_wrapping_key(secret: bytes, salt: bytes) -> bytes:
    """160 random bits need no slow function."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=b"tfdesk recovery").derive(secret)


def _recovery_check(secret: bytes) -> bytes:
    return hashlib.sha256(b"tfdesk recovery" + secret).digest()[:_CHECK_BYTES]

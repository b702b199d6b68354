"""Folders of files that are plain or sealed; one interface for both. Torch-free.

A sealed file is chunked AES-256-GCM: magic, 16-byte salt, then chunks of 1 MiB plaintext, each with its tag.
The file's key is HKDF-SHA256(run key, salt, logical name), its nonces are the chunk number and a last-chunk
flag (the STREAM construction, Hoang et al. 2015), so that chunks cannot be cut off, reordered or moved to a
file of another name. Everything is serialised in memory: no plaintext reaches the disk.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from trainer.config import InputError

SUFFIX = ".sealed"
KEY_BYTES = 32
_MAGIC = b"tfdesk1\n"
_SALT = 16
_CHUNK = 1 << 20
_TAG = 16
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def _file_key(key: bytes, salt: bytes, name: str) -> AESGCM:
    if len(key) != KEY_BYTES:
        raise InputError("The run key must be 32 bytes.")
    hkdf = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=b"tfdesk sealed file\0" + name.encode())
    return AESGCM(hkdf.derive(key))


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def seal(data: bytes, key: bytes, name: str) -> bytes:
    """Encrypt ``data`` for the file called ``name`` (without the suffix) under a 32-byte run key."""
    salt = os.urandom(_SALT)
    cipher = _file_key(key, salt, name)
    chunks = range(0, max(len(data), 1), _CHUNK)
    parts = [
        cipher.encrypt(_nonce(number, start + _CHUNK >= len(data)), data[start : start + _CHUNK], None)
        for number, start in enumerate(chunks)
    ]
    return b"".join([_MAGIC, salt, *parts])


def unseal(sealed: bytes, key: bytes, name: str) -> bytes:
    """Decrypt what ``seal`` made. Raises InputError for another key, another name or any damage."""
    if not sealed.startswith(_MAGIC):
        raise InputError(f"{name}{SUFFIX}: not a sealed file.")
    offset = len(_MAGIC) + _SALT
    cipher = _file_key(key, sealed[len(_MAGIC) : offset], name)
    parts = []
    starts = range(offset, len(sealed), _CHUNK + _TAG)
    try:
        for number, start in enumerate(starts):
            chunk = sealed[start : start + _CHUNK + _TAG]
            parts.append(cipher.decrypt(_nonce(number, start == starts[-1]), chunk, None))
    except InvalidTag:
        raise InputError(f"{name}{SUFFIX}: damaged, or sealed with another key.") from None
    if not parts:
        raise InputError(f"{name}{SUFFIX}: the file is cut off.")
    return b"".join(parts)


def parse_key(line: str) -> bytes:
    """The run key from its base64 line. Raises InputError."""
    try:
        key = base64.b64decode(line.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise InputError("The first line must be the run key: 32 bytes in base64.")
    return key


def write_atomic(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Write beside, flush to disk, rename: readers see the old file or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines([data] if isinstance(data, bytes) else data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


@dataclass(frozen=True, slots=True)
class Folder:
    """Files of one folder by logical name; sealed when there is a run key."""

    path: Path
    key: bytes | None = None

    def file(self, name: str) -> Path:
        """Where a logical name lies on disk. Names are checked: a name from a file can never be a path."""
        if not _NAME.fullmatch(name) or ".." in name:
            raise InputError(f"{self.path.name}: a file name in it is not allowed.")
        return self.path / (name + SUFFIX if self.key is not None else name)

    def exists(self, name: str) -> bool:
        return self.file(name).is_file()

    def read(self, name: str) -> bytes:
        """The file's bytes, unsealed. Raises InputError when it is missing, unreadable or damaged."""
        path = self.file(name)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise InputError(f"{self.path.name}: there is no {path.name} in this folder.") from None
        except OSError as error:
            raise InputError(f"{path.name}: cannot be read ({error.strerror}).") from None
        return data if self.key is None else unseal(data, self.key, name)

    def write(self, name: str, data: bytes) -> None:
        """Write atomically, sealed when the folder is."""
        write_atomic(self.file(name), data if self.key is None else seal(data, self.key, name))

    def write_stream(self, name: str, chunks: Iterable[bytes]) -> None:
        """The same for what should not lie in memory as a whole; a sealed file does, to be sealed."""
        if self.key is None:
            write_atomic(self.file(name), chunks)
        else:
            self.write(name, b"".join(chunks))

    def open_like(self, path: Path) -> Folder:
        """Another folder under the same rule; an unsealed folder (a bundle) is read as it is."""
        sealed = self.key is not None and not (path / "config.json").is_file()
        return Folder(path, self.key if sealed else None)

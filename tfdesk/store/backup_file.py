"""The backup: one file with the encrypted database, its key slots and a manifest.

::

    "tfdesk backup 1\\n" | manifest length (4 bytes) | manifest | key file | database | SHA-256 of all before

The database stays under its own key, the key stays wrapped: what opens the vault opens the backup. The
manifest (JSON: made_at, SHA-256 and size of each part, audit head) is sealed under a sub-key of the vault's.
The digest at the end tells damage from a wrong passphrase before any key is needed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from tfdesk.core.errors import InputRefused, KnownError, VaultDamaged, VaultNewer
from tfdesk.core.files import sync_folder
from tfdesk.store import keys
from tfdesk.store.anchor import Head
from tfdesk.store.keys import KeyFile
from tfdesk.store.vault import Db, Vault

_MAGIC = b"tfdesk backup 1\n"
_FAMILY = b"tfdesk backup "
_PURPOSE = "backup manifest"
_CHUNK = 1 << 20
_DIGEST = 32
_LARGEST_MANIFEST = 100_000
_BROKEN = (ValueError, TypeError, KeyError, OverflowError, RecursionError)


@dataclass(frozen=True, slots=True)
class Part:
    """Size in bytes and SHA-256 of a part."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says about itself; ``seal`` proves that a holder of the vault's key said so."""

    made_at: float
    head: Head
    keys: Part
    database: Part
    seal: str = ""


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup whose every byte has been compared with its digests."""

    path: Path
    manifest: Manifest
    file: KeyFile
    database_at: int  # offset

    def proven(self, vault: Vault) -> bool:
        """Whether the manifest was made by a holder of the vault's key."""
        return hmac.compare_digest(self.manifest.seal, _seal(self.manifest, vault))


def write(path: Path, database: Path, file: KeyFile, vault: Vault, where: Head, made_at: float) -> Manifest:
    """Write a backup to a file that must not exist, for the owner's eyes only, and flush it to the disk.

    Raises OSError.
    """
    slots = keys.as_text(file).encode()
    sealed = Manifest(made_at, where, _part(slots), _part_of(database))
    manifest = Manifest(sealed.made_at, where, sealed.keys, sealed.database, _seal(sealed, vault))
    told = json.dumps(asdict(manifest)).encode()
    digest = hashlib.sha256()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        for piece in (_MAGIC, len(told).to_bytes(4, "big"), told, slots):
            digest.update(piece)
            out.write(piece)
        with database.open("rb") as source:
            for piece in iter(lambda: source.read(_CHUNK), b""):
                digest.update(piece)
                out.write(piece)
        out.write(digest.digest())
        out.flush()
        os.fsync(out.fileno())
    sync_folder(path.parent)
    return manifest


def read(path: Path) -> Backup:
    """Read a backup through and compare every byte. Raises InputRefused, VaultNewer, VaultDamaged."""
    damaged = VaultDamaged(f"The backup {path.name} is damaged or cut off.", "Use another backup.")
    try:
        with path.open("rb") as file:
            _check_magic(file, path.name)
            if not _digest_fits(file):
                raise damaged
            return _parsed(file, path)
    except OSError as error:
        raise InputRefused(f"{path.name}: cannot be read ({error.strerror}).") from None
    except _BROKEN:
        raise damaged from None


def vault_of(path: Path) -> str | None:
    """The vault whose backup a file says it is: "" for a damaged one, None for a file that is no backup."""
    if not path.is_file():
        return None
    try:
        with path.open("rb") as file:
            if file.read(len(_FAMILY)) != _FAMILY:
                return None
            return _parsed(file, path).file.vault
    except (OSError, KnownError, *_BROKEN):
        return ""


def remember(db: Db, path: Path, made_at: float) -> None:
    """Note where a backup of this vault lies."""
    db.run("INSERT OR REPLACE INTO backups VALUES (?, ?)", str(path), made_at)


def remembered(db: Db) -> list[Path]:
    """Where backups of this vault were written, the newest last."""
    return [Path(row[0]) for row in db.rows("SELECT path FROM backups ORDER BY made_at, path")]


def forget(db: Db, path: Path) -> None:
    """A backup is no longer there."""
    db.run("DELETE FROM backups WHERE path = ?", str(path))


def extract_database(backup: Backup, target: Path) -> None:
    """Write the database to a file that must not exist. Raises OSError, VaultDamaged (changed meanwhile)."""
    digest = hashlib.sha256()
    with backup.path.open("rb") as file, target.open("xb") as out:
        target.chmod(0o600)
        file.seek(backup.database_at)
        for piece in _pieces(file, backup.manifest.database.size):
            digest.update(piece)
            out.write(piece)
        out.flush()
        os.fsync(out.fileno())
    if digest.hexdigest() != backup.manifest.database.sha256:
        raise VaultDamaged(f"The backup {backup.path.name} was changed while it was read.")


def _check_magic(file: BinaryIO, name: str) -> None:
    start = file.read(len(_MAGIC))
    if start == _MAGIC:
        return
    version = start.removeprefix(_FAMILY).strip()
    if start.startswith(_FAMILY) and version.isdigit():
        raise VaultNewer(
            f"A newer version of the program wrote the backup {name}.", "Restore it with that version."
        )
    raise InputRefused(f"{name} is not a backup of this program.", "Choose a file made by vault backup.")


def _digest_fits(file: BinaryIO) -> bool:
    length = os.fstat(file.fileno()).st_size - _DIGEST
    file.seek(0)
    digest = hashlib.sha256()
    for piece in _pieces(file, length):
        digest.update(piece)
    return length > 0 and file.read() == digest.digest()


def _parsed(file: BinaryIO, path: Path) -> Backup:
    file.seek(len(_MAGIC))
    length = int.from_bytes(file.read(4), "big")
    if length > _LARGEST_MANIFEST:
        raise ValueError("manifest")
    value = json.loads(file.read(length))
    manifest = Manifest(
        float(value["made_at"]),
        Head(int(value["head"]["sequence"]), str(value["head"]["hash"])),
        Part(int(value["keys"]["size"]), str(value["keys"]["sha256"])),
        Part(int(value["database"]["size"]), str(value["database"]["sha256"])),
        str(value["seal"]),
    )
    if not 0 <= manifest.keys.size <= keys.LARGEST_FILE:
        raise ValueError("key file")
    slots = file.read(manifest.keys.size)
    at = file.tell()
    if _part(slots) != manifest.keys or os.fstat(file.fileno()).st_size != (
        at + manifest.database.size + _DIGEST
    ):
        raise ValueError("parts")
    return Backup(path, manifest, keys.from_text(slots.decode()), at)


def _pieces(file: BinaryIO, size: int) -> Iterator[bytes]:
    while size > 0:
        piece = file.read(min(_CHUNK, size))
        if not piece:
            return
        size -= len(piece)
        yield piece


def _part(data: bytes) -> Part:
    return Part(len(data), hashlib.sha256(data).hexdigest())


def _part_of(path: Path) -> Part:
    with path.open("rb") as file:
        return Part(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())


def _seal(manifest: Manifest, vault: Vault) -> str:
    body = asdict(manifest) | {"seal": ""}
    data = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    return hmac.new(vault.sub_key(_PURPOSE), data, hashlib.sha256).hexdigest()

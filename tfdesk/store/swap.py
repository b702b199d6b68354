"""Putting another database and another key file in the place of a vault's, as one step.

Two files cannot be renamed at once. So the new key file is written first, under a name of its own and with
the first bytes of its database (SQLCipher's random salt); renaming the database is the step. Whoever opens
the vault takes the key file whose database lies there: killed anywhere, the old pair or the new one opens.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import time
from pathlib import Path

from tfdesk.core.errors import KnownError
from tfdesk.core.files import sync_folder, write_atomically
from tfdesk.store import keys
from tfdesk.store.keys import KeyFile

_SALT_BYTES = 16
_SIDE_FILES = ("-wal", "-shm", "-journal")

log = logging.getLogger(__name__)


def next_of(slots_file: Path) -> Path:
    """Where the key file of a database about to take the vault's place lies."""
    return slots_file.with_name(slots_file.name + ".next")


def side_of(vault_file: Path) -> Path:
    """Where a database is prepared that is to take the vault's place."""
    return vault_file.with_name(vault_file.name + ".side")


def key_file(vault_file: Path, slots_file: Path) -> KeyFile:
    """The key file of the database that lies there; writes nothing. Raises as ``keys.read_key_file``."""
    coming = _coming(vault_file, slots_file)
    return coming if coming is not None else keys.read_key_file(slots_file)


def settle(vault_file: Path, slots_file: Path) -> None:
    """Finish or undo what was cut short; only while nobody else replaces the vault. Raises KnownError."""
    coming = _coming(vault_file, slots_file)
    if coming is not None:
        log.warning("the vault had been replaced, its key file not yet: done now")
        keys.write_key_file(slots_file, coming)
    discard(side_of(vault_file))
    next_of(slots_file).unlink(missing_ok=True)


def discard(database: Path) -> None:
    """Remove a database that nobody will miss, with what lies beside it."""
    for suffix in ("", *_SIDE_FILES):
        database.with_name(database.name + suffix).unlink(missing_ok=True)


def replace_vault(vault_file: Path, slots_file: Path, file: KeyFile) -> None:
    """Let the closed database at ``side_of(vault_file)`` and its key file take the vault's place.

    Only while no other program uses the vault, and after its log was folded in. Raises KnownError; the old
    vault is then untouched.
    """
    side = side_of(vault_file)
    try:
        with side.open("rb+") as database:
            salt = database.read(_SALT_BYTES).hex()
            os.fsync(database.fileno())
        coming = {"database": salt, "keys": keys.as_text(file)}
        write_atomically(next_of(slots_file), json.dumps(coming).encode())
        for suffix in _SIDE_FILES:  # of the old database: they must not be read into the new one
            vault_file.with_name(vault_file.name + suffix).unlink(missing_ok=True)
        os.replace(side, vault_file)
        sync_folder(vault_file.parent)
    except OSError as error:
        raise KnownError(
            f"The vault could not be replaced ({error.strerror}).",
            "Close other programs that use it and check that the disk has room.",
        ) from None
    keys.write_key_file(slots_file, file)
    next_of(slots_file).unlink(missing_ok=True)


def keep_aside(vault_file: Path, slots_file: Path) -> Path | None:
    """A second name for every file of the vault, in a dated folder; None when there is nothing to keep.

    Raises KnownError.
    """
    places = [vault_file.with_name(vault_file.name + suffix) for suffix in ("", *_SIDE_FILES)]
    present = [p for p in (*places, slots_file, keys.copy_of(slots_file)) if p.exists()]
    if not present:
        return None
    name = f"{vault_file.stem}.kept-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}"
    try:
        folder = _new_folder(vault_file.parent, name)
        for place in present:
            _second_name(place, folder / place.name)
        sync_folder(folder)
    except OSError as error:
        raise KnownError(
            f"The present vault could not be kept aside ({error.strerror}).", "Make room on the disk."
        ) from None
    return folder


def kept_aside(vault_file: Path) -> list[Path]:
    """The folders that ``keep_aside`` made."""
    return sorted(place for place in vault_file.parent.glob(f"{vault_file.stem}.kept-*") if place.is_dir())


def _coming(vault_file: Path, slots_file: Path) -> KeyFile | None:
    """The key file that waits, when its database has taken the vault's place."""
    try:
        value = json.loads(next_of(slots_file).read_bytes()[: keys.LARGEST_FILE])
        with vault_file.open("rb") as database:
            here = database.read(_SALT_BYTES).hex()
        return keys.from_text(str(value["keys"])) if value["database"] == here else None
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


def _new_folder(parent: Path, name: str) -> Path:
    for number in range(1000):
        folder = parent / (f"{name}-{number}" if number else name)
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            continue
        return folder
    raise FileExistsError(name)


def _second_name(place: Path, kept: Path) -> None:
    try:
        os.link(place, kept)
    except OSError:  # a file system without hard links
        shutil.copy2(place, kept)

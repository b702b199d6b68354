"""Making the files of a new vault. The database takes its name last: before that, nothing was ever made."""

from __future__ import annotations

import os
from pathlib import Path

from tfdesk.core.errors import KnownError
from tfdesk.core.said import said
from tfdesk.store import keys
from tfdesk.store.keys import KeyFile
from tfdesk.store.vault import Vault


def make_files(vault_file: Path, slots_file: Path, file: KeyFile, key: bytes) -> None:
    """Make an empty database and its key file. Raises KnownError."""
    unfinished = _unfinished(vault_file)
    try:
        unfinished.parent.mkdir(parents=True, exist_ok=True)
        for suffix in ("", "-wal", "-shm"):
            unfinished.with_name(unfinished.name + suffix).unlink(missing_ok=True)
        Vault.create(unfinished, key).close()
        keys.write_key_file(slots_file, file)
        os.replace(unfinished, vault_file)
    except OSError as error:
        raise KnownError(
            said("The vault could not be made ({0}).", error.strerror),
            said("Check that the disk has room and that the data folder may be written to."),
        ) from None


def cut_short(vault_file: Path) -> bool:
    """Whether making a vault was begun and never finished: what lies there is no vault."""
    return _unfinished(vault_file).exists() and not vault_file.exists()


def _unfinished(vault_file: Path) -> Path:
    return vault_file.with_name(vault_file.name + ".new")

"""Writing a small file so that a crash leaves the old one or the new one, never half."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from tfdesk.core.errors import KnownError
from tfdesk.core.said import said


def write_atomically(path: Path, data: bytes) -> None:
    """Write beside, for the owner's eyes only, flush to disk, then take the place of the old file.

    Raises KnownError (disk full, read-only folder); the old file is then unchanged.
    """
    beside = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.unlink(missing_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
        sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):  # a full disk needs what a part of it takes up
            beside.unlink(missing_ok=True)
        raise KnownError(
            said("{0} could not be written ({1}).", path.name, error.strerror),
            said("Check that the disk has room and that the data folder may be written to."),
        ) from None


def sweep(folder: Path, pattern: str) -> None:
    """Remove what interrupted writes left beside files of ``pattern``; only while nobody else writes them."""
    for orphan in folder.glob(f"{pattern}.new"):
        with suppress(OSError):  # on a read-only disk it stays, and does no harm
            orphan.unlink()


def sync_folder(folder: Path) -> None:
    """Make the rename itself survive a power cut. Windows has no such call and needs none."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def check_room(folder: Path, needed: int, what: str) -> None:
    """Raises KnownError when the disk of ``folder`` has less room than ``needed`` bytes."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise KnownError(said("{0}: the folder cannot be used ({1}).", folder.name, error.strerror)) from None
    if free < needed:
        raise KnownError(
            said(
                "There is not enough room for {0}: it needs {1:,.1f} MB, {2:,.1f} MB are free; nothing "
                "was changed.",
                what,
                needed / 1e6,
                free / 1e6,
            ),
            said("Make room on the disk, or choose another one."),
        )

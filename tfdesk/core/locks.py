"""Who uses the data folder: many programs at once, or one alone while it replaces the vault."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tfdesk.core.errors import KnownError
from tfdesk.core.said import said

if os.name != "nt":
    import fcntl


class FolderUse:
    """A lock that the operating system drops when the program ends, however it ends.

    On Windows an open database cannot be replaced anyway, and this does nothing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def share(self) -> None:
        """Use the vault beside other programs until ``release``. Raises KnownError while it is replaced."""
        self._lock(alone=False, refusal=said("The vault is being replaced by another program."))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else uses the vault within the block. Raises KnownError when somebody does."""
        shared = self._descriptor is not None
        self._lock(alone=True, refusal=said("Another program is using the vault; nothing was changed."))
        try:
            yield
        finally:
            if shared:
                self._lock(alone=False, refusal="")
            else:
                self.release()

    def take(self) -> bool:
        """Be the only one until ``release``; False when another program is. Raises KnownError (no folder)."""
        self._open()
        if self._descriptor is not None:
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.release()
                return False
            except OSError as error:
                self.release()
                raise KnownError(f"The data folder cannot be locked ({error.strerror}).") from None
        return True

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _open(self) -> None:
        if os.name == "nt" or self._descriptor is not None:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise KnownError(
                said("The data folder cannot be used ({0}).", error.strerror),
                said("Check that it may be written to."),
            ) from None

    def _lock(self, *, alone: bool, refusal: str) -> None:
        self._open()
        if self._descriptor is None:
            return
        try:
            fcntl.flock(self._descriptor, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except OSError:
            if not alone:
                self.release()
            raise KnownError(refusal, said("Close it and try again.")) from None

"""The backup that is made when the window closes: whether it is due, and what became of the last one."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from tfdesk.core.errors import KnownError
from tfdesk.core.files import write_atomically
from tfdesk.services.access import Access, VaultState
from tfdesk.services.keeping import Keeping

DAY = 24 * 3600.0  # seconds

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Last:
    """The last try: when (UTC seconds), into which folder, how the vault's file was left (size in bytes and
    time of change in ns, once closed), and why it failed or ""."""

    at: float = 0.0
    folder: str = ""
    size: int = 0
    changed: int = 0
    failed: str = ""


class QuitBackup:
    """Use case: one encrypted backup a day, in a folder that was chosen once."""

    def __init__(self, access: Access, folder: str, *, now: Callable[[], float] = time.time) -> None:
        """``folder``: where; "" makes none."""
        self._access, self._folder, self._now = access, folder, now
        self._file = access.paths.quit_backup_file

    @property
    def last(self) -> Last:
        """The last try; a file that cannot be read counts as none."""
        try:
            value = json.loads(self._file.read_text(encoding="utf8"))
            at, size, changed = float(value["at"]), int(value["size"]), int(value["changed"])
            return Last(at, str(value["folder"]), size, changed, str(value["failed"]))
        except (OSError, ValueError, TypeError, KeyError):
            return Last()

    @property
    def warning(self) -> str:
        """Why the last try failed, to be said at the next start; "" when there is nothing to say."""
        last = self.last
        return last.failed if self._folder and last.folder == self._folder else ""

    def due(self) -> bool:
        """Whether one must be made: the vault is open, changed since the last good one, and that a day old.

        A clock that was set back makes it due, and so does another folder.
        """
        if not self._folder or self._access.state is not VaultState.UNLOCKED:
            return False
        last = self.last
        if last.folder != self._folder or last.failed:
            return True
        return not 0 <= self._now() - last.at < DAY and self._changed_since(last)

    def _changed_since(self, last: Last) -> bool:
        vault_file = self._access.paths.vault_file
        log_file = vault_file.with_name(f"{vault_file.name}-wal")  # holds what is not folded in yet
        unfolded = log_file.exists() and log_file.stat().st_size > 0
        return unfolded or _stamp(vault_file) != (last.size, last.changed)

    def make(self) -> str:
        """Make it. Returns why that failed, "" when it did not; raises nothing a person could act on."""
        day = time.strftime("%Y-%m-%d", time.localtime(self._now()))
        target = Path(self._folder) / f"tfdesk-{day}.tfbackup"
        try:
            Keeping(self._access, now=self._now).backup(target, replace=True)
        except KnownError as error:
            log.warning("the backup on quit failed")
            return error.line()
        return ""

    def remember(self, failed: str) -> None:
        """Note how it ended. Call it once the vault is closed; raises KnownError."""
        size, changed = _stamp(self._access.paths.vault_file)
        last = Last(self._now(), self._folder, size, changed, failed)
        write_atomically(self._file, json.dumps(asdict(last)).encode())


def _stamp(file: Path) -> tuple[int, int]:
    """Size and time of change; a file that is rewritten has another one."""
    try:
        found = file.stat()
    except OSError:
        return 0, 0
    return found.st_size, found.st_mtime_ns

"""The encrypted database: one SQLCipher file, opened with 32 bytes, never with anything else.

A ``Vault`` may be used from any thread; reads and writes take turns. A write is on disk (synchronous=FULL)
when its ``with`` block has ended; when the block raises, nothing of it is kept.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlcipher3 import dbapi2

from tfdesk.core.errors import BugError, KnownError, Locked, VaultDamaged, VaultMissing, VaultNewer
from tfdesk.core.said import said
from tfdesk.store import crypto, schema

_PLAIN_HEADER = b"SQLite format 3\0"
_BUSY_SECONDS = 10.0
_CACHE_KIB = 16 * 1024  # of decrypted pages: the list of a thousand clients touches as many
_KNOWN = {
    "SQLITE_FULL": ("The disk is full; the last change was not saved.", "Make room and try again."),
    "SQLITE_READONLY": ("The vault may only be read; nothing was saved.", "Make the data folder writable."),
    "SQLITE_BUSY": ("Another program is using the vault; nothing was saved.", "Close it and try again."),
    "SQLITE_IOERR": ("The disk failed while the vault was used.", "Check the disk, then try again."),
    "SQLITE_CANTOPEN": ("The vault file cannot be opened.", "Check that the data folder may be written to."),
    "SQLITE_CORRUPT": ("The vault file is damaged.", "Restore it from a backup."),
    "SQLITE_NOTADB": (
        "The vault file is damaged or does not belong to this key file.",
        "Restore both from one backup.",
    ),
}

Row = tuple[Any, ...]


class Db:
    """SQL inside one ``with`` block of a vault."""

    def __init__(self, connection: dbapi2.Connection) -> None:
        self._connection = connection

    def rows(self, sql: str, *values: Any) -> list[Row]:
        """All rows of a query."""
        with _translated():
            return list(self._connection.execute(sql, values))

    def row(self, sql: str, *values: Any) -> Row | None:
        """The first row of a query, None when there is none."""
        with _translated():
            found: Row | None = self._connection.execute(sql, values).fetchone()
            return found

    def run(self, sql: str, *values: Any) -> int:
        """Run one statement; returns the id of the row it inserted, if it inserted one."""
        with _translated():
            return int(self._connection.execute(sql, values).lastrowid or 0)


@contextmanager
def _translated() -> Iterator[None]:
    """Errors of the database as ours; their texts can hold words of a query and are dropped."""
    try:
        yield
    except dbapi2.Error as error:
        name = str(getattr(error, "sqlite_errorname", None) or type(error).__name__)
        for family, (sentence, step) in _KNOWN.items():
            if name.startswith(family):
                damaged = family in ("SQLITE_CORRUPT", "SQLITE_NOTADB")
                raise (VaultDamaged if damaged else KnownError)(sentence, step) from None
        raise BugError(f"the database refused a statement ({name})") from None


@contextmanager
def _copying() -> Iterator[None]:
    """A copy that fails does not say why: the library drops the cause, which is the disk."""
    try:
        with _translated():
            yield
    except BugError:
        raise KnownError(
            said("The vault could not be copied: the disk is full or failed; nothing was changed."),
            said("Make room and try again."),
        ) from None


class Vault:
    """An open vault. ``create`` or ``open`` one; ``close`` forgets the key."""

    def __init__(self, connection: dbapi2.Connection, key: bytes) -> None:
        self._connection: dbapi2.Connection | None = connection
        self._key = key
        self._lock = threading.RLock()

    @classmethod
    def create(cls, path: Path, key: bytes) -> Vault:
        """Make an empty vault in a file that must not exist yet."""
        _make_file(path)
        vault = cls(_connect(path, key), key)
        vault._migrate(path)
        return vault

    @classmethod
    def open(cls, path: Path, key: bytes) -> Vault:
        """Open a vault, bringing its tables up to date.

        Raises VaultMissing, VaultDamaged (plain, damaged, another key), VaultNewer, KnownError (read-only).
        """
        _check_header(path)
        vault = cls(_connect(path, key), key)
        try:
            if vault._version() == 0:  # an emptied file opens with any key and holds nothing
                raise VaultDamaged(
                    said("The vault file {0} is empty.", path.name), said("Put it back from a backup.")
                )
            vault._migrate(path)
        except BaseException:
            vault.close()
            raise
        return vault

    @contextmanager
    def read(self) -> Iterator[Db]:
        """Queries; no write of this process comes in between. Raises Locked once closed."""
        with self._lock:
            yield Db(self._open_connection())

    @contextmanager
    def write(self) -> Iterator[Db]:
        """One transaction: on disk when the block ends, undone when it raises. Raises Locked once closed."""
        with self._lock:
            connection = self._open_connection()
            with _translated():
                connection.execute("BEGIN IMMEDIATE")
            try:
                yield Db(connection)
                with _translated():
                    connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def sub_key(self, purpose: str) -> bytes:
        """32 bytes for another purpose, the same each time. Raises Locked once closed."""
        self._open_connection()
        return crypto.sub_key(self._key, purpose)

    def check(self) -> None:
        """Read every page and compare its seal. Raises VaultDamaged."""
        with self.read() as db:
            problems = db.rows("PRAGMA cipher_integrity_check") + db.rows("PRAGMA foreign_key_check")
            if problems or db.row("PRAGMA integrity_check") != ("ok",):
                raise VaultDamaged(said("The vault file is damaged."), said("Restore it from a backup."))

    def copy_to(self, path: Path) -> None:
        """Copy the database, under the same key, in one step that a writer cannot make begin again.

        ``path`` must not exist. Raises KnownError (disk full), Locked.
        """
        _make_file(path)
        with self._lock, _copying():
            target = _connect(path, self._key)
            try:
                target.execute("PRAGMA journal_mode = DELETE")  # else every page is written twice
                self._open_connection().backup(target, pages=-1)
            finally:
                target.close()

    def export_to(self, path: Path, key: bytes) -> None:
        """Write everything into a new database under another key, and compare the rows of every table.

        ``path`` must not exist. Raises KnownError (disk full), VaultDamaged, Locked.
        """
        raw, version = crypto.sub_key(key, "database").hex(), self._version()
        _make_file(path)
        with self._lock:
            db = Db(self._open_connection())
            with _copying():
                db.run("ATTACH DATABASE ? AS fresh KEY ?", str(path), f"x'{raw}'")
            try:
                with _copying():
                    db.rows("SELECT sqlcipher_export('fresh')")
                    db.run(f"PRAGMA fresh.user_version = {version}")
            finally:
                db.run("DETACH DATABASE fresh")
            fresh = _connect(path, key)
            try:
                if _counts(db) != _counts(Db(fresh)):
                    raise VaultDamaged(said("The copy of the vault lacks rows; nothing was changed."))
            finally:
                fresh.close()

    @property
    def closed(self) -> bool:
        return self._connection is None

    def close(self) -> None:
        """Fold the write-ahead log in, close the file and forget the key. A second call does nothing."""
        with self._lock:
            if self._connection is not None:
                with suppress(dbapi2.Error):  # another process reads the log: it will be folded in later
                    self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                self._connection.close()
                self._connection, self._key = None, b""

    def _open_connection(self) -> dbapi2.Connection:
        if self._connection is None:
            raise Locked
        return self._connection

    def _version(self) -> int:
        with self.read() as db:
            return int((db.row("PRAGMA user_version") or (0,))[0])

    def _migrate(self, path: Path) -> None:
        version = self._version()
        if version > schema.VERSION:
            raise VaultNewer(
                said("A newer version of the program wrote {0}.", path.name),
                said("Open it with that version; nothing was changed."),
            )
        if 0 < version < schema.VERSION:
            with self.read() as db:
                db.row("PRAGMA wal_checkpoint(TRUNCATE)")
            with self.write():
                schema.keep_copy(path, version)
        for number, step in enumerate(schema.STEPS[version:], start=version + 1):
            with self.write() as db:
                for statement in _statements(step):
                    db.run(statement)
                db.run(f"PRAGMA user_version = {number}")


def _statements(script: str) -> Iterator[str]:
    """Split a script; ``executescript`` would commit in between, and a step must be whole or absent."""
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if dbapi2.complete_statement(pending):
            yield pending
            pending = ""


def _make_file(path: Path) -> None:
    try:
        # Restricted before the first byte, and the failure when it exists, in one call.
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise KnownError(
            said("The vault file {0} could not be made ({1}).", path.name, error.strerror),
            said("Check that the disk has room and that the data folder may be written to."),
        ) from None


def _counts(db: Db) -> dict[str, int]:
    """Rows per table, those of the word index included."""
    tables = db.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
    return {name: int((db.row(f'SELECT count(*) FROM "{name}"') or (0,))[0]) for (name,) in tables}


def _check_header(path: Path) -> None:
    try:
        with path.open("rb") as file:
            header = file.read(len(_PLAIN_HEADER))
    except FileNotFoundError:
        raise VaultMissing(
            said("The vault file {0} is missing.", path.name),
            said("Put it back from a backup; its key file is still here."),
        ) from None
    except OSError as error:
        raise KnownError(
            said("The vault file {0} cannot be read ({1}).", path.name, error.strerror)
        ) from None
    if header == _PLAIN_HEADER:
        raise VaultDamaged(
            said("{0} is a database without encryption and was not opened.", path.name),
            said("Move it away and put the vault back from a backup."),
        )


def _connect(path: Path, key: bytes) -> dbapi2.Connection:
    """A connection whose key is proven right. A short raw key would silently be taken as a passphrase."""
    if len(key) != crypto.KEY_BYTES:
        raise BugError("the vault's key is not 32 bytes long")
    raw = crypto.sub_key(key, "database").hex()
    with _translated():
        connection = dbapi2.connect(
            str(path), isolation_level=None, check_same_thread=False, timeout=_BUSY_SECONDS
        )
        try:
            connection.execute("PRAGMA cipher_log_level = NONE")
            connection.execute(f"PRAGMA key = \"x'{raw}'\"")
            if not connection.execute("PRAGMA cipher_version").fetchone():
                raise BugError("this build of SQLite cannot encrypt")
            for setting in (
                "temp_store = MEMORY",
                "secure_delete = ON",
                "foreign_keys = ON",
                f"cache_size = -{_CACHE_KIB}",
            ):
                connection.execute(f"PRAGMA {setting}")
            connection.execute(
                "PRAGMA journal_mode = WAL"
            ).fetchone()  # reads the file: a wrong key fails here
            connection.execute("PRAGMA synchronous = FULL")
            # Fold every save into the file at once: a log lost after a crash then takes nothing along.
            connection.execute("PRAGMA wal_autocheckpoint = 1").fetchone()
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except BaseException:
            connection.close()
            raise
        return connection

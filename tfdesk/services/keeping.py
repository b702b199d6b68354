"""Keeping the vault: backup, restore, another data key. Each ends whole or changes nothing."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tfdesk.core.errors import InputRefused, KnownError, RoleMissing, VaultDamaged
from tfdesk.core.files import check_room, sync_folder
from tfdesk.core.models import Role
from tfdesk.core.said import said
from tfdesk.services.access import Access
from tfdesk.services.run_key import carry_over
from tfdesk.store import anchor, audit, backup_file, crypto, keys, swap
from tfdesk.store.anchor import Head
from tfdesk.store.backup_file import Backup
from tfdesk.store.keys import Opened
from tfdesk.store.vault import Vault

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MadeBackup:
    """A backup that was read back and compared."""

    path: Path
    size: int  # bytes
    made_at: float
    head: Head


@dataclass(frozen=True, slots=True)
class Restored:
    """A backup that was opened and checked; ``kept`` is where the vault it replaced lies (None in a drill,
    or when there was none). ``behind``: entries of the audit log written after it, None when unknown."""

    made_at: float
    head: Head
    behind: int | None
    kept: Path | None


@dataclass(frozen=True, slots=True)
class Rekeyed:
    """What a new data key changed; ``recovery_key`` is the new one when the old could not be kept."""

    dropped: tuple[str, ...]
    recovery_key: str | None


class Keeping:
    """Use cases around a vault's files."""

    def __init__(self, access: Access, *, now: Callable[[], float] = time.time) -> None:
        self._access = access
        self._vault_file, self._slots_file = access.paths.vault_file, access.paths.slots_file
        self._now = now

    # Backup -------------------------------------------------------------------------------

    def backup(self, target: Path, *, replace: bool = False) -> MadeBackup:
        """Write a backup of the open vault and read it back.

        Raises Locked, InputRefused (there is such a file already, no such folder), KnownError (disk full).
        """
        vault, file = self._access.vault, self._access.key_file()
        target = target.absolute()
        self._check_target(target, replace)
        check_room(target.parent, 2 * _size(self._vault_file), said("the backup"))
        copy, beside = (target.with_name(f"{target.name}{suffix}") for suffix in (".copy", ".new"))
        self._access.sign_log("backup")  # before the copy, so that the backup proves itself
        with _gone_after(copy), _gone_after(beside), _disk_errors(said("The backup could not be written")):
            vault.copy_to(copy)
            head = self._checked_copy(copy)
            made_at = self._now()
            backup_file.write(beside, copy, file, vault, head, made_at)
            read_back = backup_file.read(beside)
            if read_back.file != file or not read_back.proven(vault):
                raise VaultDamaged(
                    said("The backup does not read back as it was written."), said("Check the disk.")
                )
            os.replace(beside, target)
            sync_folder(target.parent)
        with vault.write() as db:
            backup_file.remember(db, target, made_at)
            audit.append(db, "backup made", made_at, head=head.sequence)
        return MadeBackup(target, target.stat().st_size, made_at, head)

    def _check_target(self, target: Path, replace: bool) -> None:
        if not target.parent.is_dir():
            raise InputRefused(
                said("{0}: there is no such folder.", target.parent.name), said("Make it first.")
            )
        if target.is_dir() or target in (self._vault_file, self._slots_file):
            raise InputRefused(
                said("{0} cannot be a backup.", target.name), said("Choose the name of a new file.")
            )
        if target.exists() and not replace:
            raise InputRefused(
                said("{0} exists already.", target.name), said("Choose another name, or add --replace.")
            )

    def _checked_copy(self, copy: Path) -> Head:
        opened = self._access.open_like(copy)
        try:
            opened.check()
            with opened.read() as db:
                return anchor.head(db)
        finally:
            opened.close()

    # Restore ------------------------------------------------------------------------------

    def restore(self, source: Path, passphrase: str, role: Role, *, drill: bool = False) -> Restored:
        """Open a backup aside, check all of it and, unless it is a drill, let it take the vault's place.

        Raises InputRefused, VaultDamaged, VaultNewer, RoleMissing, WrongPassphrase, KnownError (in use, no
        room); the present vault is then untouched. It is never deleted: it keeps a dated folder.
        """
        backup = backup_file.read(source)
        key = self._opened(backup, passphrase, role).key
        self._access.lock()
        check_room(_existing(self._vault_file.parent), 2 * backup.manifest.database.size, said("restoring"))
        if drill:
            side = self._vault_file.with_name(f"{self._vault_file.name}.drill-{os.getpid()}")
            return self._restored_aside(backup, key, side, record=False)
        with self._access.alone():
            side = swap.side_of(self._vault_file)
            told = self._restored_aside(backup, key, side, record=True)
            try:
                return self._swapped(told, backup, key, role)
            finally:
                swap.discard(side)

    def _opened(self, backup: Backup, passphrase: str, role: Role) -> Opened:
        keys.check_passphrase(passphrase)
        if not backup.file.find("passphrase", role):
            raise RoleMissing(said("The backup has no {0} passphrase.", role), said("Use the other role's."))
        return self._access.tested(lambda: keys.open_role(backup.file, passphrase, role))

    def _restored_aside(self, backup: Backup, key: bytes, side: Path, *, record: bool) -> Restored:
        """Extract and check; with ``record`` the database stays, the restoring noted in its audit log."""
        done = False
        try:
            with _disk_errors(said("The backup could not be extracted")):
                side.parent.mkdir(parents=True, exist_ok=True)
                swap.discard(side)
                backup_file.extract_database(backup, side)
            vault = Vault.open(side, key)
            try:
                told = self._checked(vault, backup)
                if record:
                    with vault.write() as db:
                        audit.append(
                            db, "vault restored", self._now(), head=told.head.sequence, behind=told.behind
                        )
            finally:
                vault.close()
            done = record
            return told
        finally:
            if not done:
                swap.discard(side)

    def _checked(self, vault: Vault, backup: Backup) -> Restored:
        vault.check()
        with vault.read() as db:
            fault, head = audit.first_fault(db), anchor.head(db)
        if fault is not None:
            raise VaultDamaged(
                said("The audit log in the backup breaks at entry {0}.", fault), said("Use another backup.")
            )
        if head != backup.manifest.head or not backup.proven(vault):
            raise VaultDamaged(
                said("The backup {0} is not what its manifest says.", backup.path.name), said("Use another.")
            )
        anchored = anchor.compare(self._access.paths.anchor_file, backup.file.vault, vault).anchored
        behind = max(0, anchored.sequence - head.sequence) if anchored else None
        return Restored(backup.manifest.made_at, head, behind, None)

    def _swapped(self, told: Restored, backup: Backup, key: bytes, role: Role) -> Restored:
        with suppress(KnownError):  # same key, mostly: its log is folded in before the files are kept
            Vault.open(self._vault_file, key).close()
        kept = swap.keep_aside(self._vault_file, self._slots_file)
        self._access.replace_with_side(backup.file, key, role)
        self._access.write_anchor()
        log.info("vault restored")
        return Restored(told.made_at, told.head, told.behind, kept)

    # Another data key -----------------------------------------------------------------------

    def rekey(self, passphrase: str, role: Role, *, drop_other_slots: bool = False) -> Rekeyed:
        """Encrypt the vault under a new data key: export, verify, replace. Killed anywhere, one opens.

        Slots that ``passphrase`` cannot carry over are named and, unless they may be dropped, it is refused.
        Raises as ``Access.unlock``, InputRefused, KnownError (in use, no room, disk full).
        """
        access = self._access
        vault, key = access.unlock(passphrase, role), crypto.new_key()
        file, lost = access.rewrapped(key, passphrase)
        names = tuple(_slot_name(slot) for slot in lost)
        if lost and not drop_other_slots:
            listed = ", ".join(names)
            raise InputRefused(
                said(
                    "With this passphrase the new key cannot be given to: {0}; nothing was changed.",
                    listed,
                ),
                said("Add --drop-other-slots to do without; a new recovery key is then shown."),
            )
        recovery_key = None
        if any(slot.kind == "recovery" for slot in lost):
            recovery_key = crypto.new_recovery_key()
            file = file.with_slot(keys.recovery_slot(file, key, recovery_key, role))
        check_room(self._vault_file.parent, 2 * _size(self._vault_file), said("a second vault"))
        with access.alone(), _gone_after(swap.side_of(self._vault_file)):
            self._export(vault, key, role)
            access.replace_with_side(file, key, role)
        return Rekeyed(names, recovery_key)

    def _export(self, vault: Vault, key: bytes, role: Role) -> None:
        """Everything of the vault, verified, in a database beside it under another key."""
        side = swap.side_of(self._vault_file)
        vault.export_to(side, key)
        fresh = Vault.open(side, key)
        try:
            fresh.check()
            carry_over(vault, fresh)
            with fresh.write() as db:
                audit.append(db, "vault rekeyed", self._now(), role=role)
                if audit.first_fault(db) is not None:
                    raise VaultDamaged(said("The audit log is broken; the vault keeps its key."))
            if self._access.anchoring.state in ("ok", "none"):  # verifiable whichever of both is opened next
                self._access.write_anchor(anchor.sealing_key(fresh))
        finally:
            fresh.close()


def _slot_name(slot: keys.Slot) -> str:
    names = {"recovery": "the recovery key", "keyring": "the key ring"}
    return names.get(slot.kind, f"the {slot.role} passphrase")


def _size(vault_file: Path) -> int:
    """Bytes of the database and of its log."""
    places = (vault_file, vault_file.with_name(vault_file.name + "-wal"))
    return sum(place.stat().st_size for place in places if place.exists())


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    return next(place for place in (folder, *folder.parents) if place.exists())


@contextmanager
def _gone_after(database: Path) -> Iterator[None]:
    """Nothing of ``database`` lies there within or after the block but what the block makes and moves."""
    swap.discard(database)
    try:
        yield
    finally:
        swap.discard(database)


@contextmanager
def _disk_errors(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise KnownError(
            said("{0} ({1}); nothing was changed.", what, error.strerror),
            said("Check that the disk has room."),
        ) from None

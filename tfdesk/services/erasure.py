"""Erasing a client wherever this program put them, with a certificate of what was erased and what was not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tfdesk.core.errors import InputRefused, KnownError
from tfdesk.core.models import Role
from tfdesk.services.access import Access
from tfdesk.services.clients import named
from tfdesk.services.keeping import Keeping
from tfdesk.services.models import Models
from tfdesk.services.training_material import drop_withdrawn, withdraw
from tfdesk.store import audit, backup_file, decisions, lineage, records, swap
from tfdesk.store.vault import Vault

Reason = Literal["request", "retention"]  # somebody asked for it, or the retention period was over

# What no program on this computer can reach, said on every certificate.
NOT_ERASED = (
    "Backups that were copied or moved elsewhere, and exports.",
    "Copies in the clipboard, on paper, in the messenger or e-mail that carried the messages.",
    "Training files outside the vault, and what models learned from these messages.",
    "Blocks that the disk itself keeps of deleted data; they are encrypted with the vault's key.",
)
# Secure deletion overwrites the rows themselves; the sweep adds that no page of them is left at all.
_UNFINISHED = "erasure under way"  # a fact: the client's number
_UNSWEPT = "Free space in the vault and old copies beside it, until every window on it has been closed:"


@dataclass(frozen=True, slots=True)
class Certificate:
    """That a client was erased: how many of what, what was done besides, what remains, the log after."""

    client_id: int
    erased: dict[str, int]
    done: tuple[str, ...]
    not_erased: tuple[str, ...]
    at: float
    audit_sequence: int
    audit_head: str


@dataclass(slots=True)
class _Account:
    """The certificate while it is being earned."""

    erased: dict[str, int]
    done: list[str] = field(default_factory=list)
    remains: list[str] = field(default_factory=list)
    failed: bool = False

    @contextmanager
    def trying(self, what: str) -> Iterator[None]:
        """A step whose failure is said and does not keep the next ones from being tried."""
        try:
            yield
        except KnownError as error:
            self.remains.append(f"{what} {error.line()}")
            self.failed = True


def unfinished(vault: Vault) -> int | None:
    """The number of the client whose erasure was cut short, or failed in part, after the rows were gone."""
    with vault.read() as db:
        found = decisions.fact(db, _UNFINISHED)
    return int(found) if found else None


class Erasure:
    """Use case: a client is erased."""

    def __init__(self, access: Access, *, now: Callable[[], float] = time.time) -> None:
        self._access = access
        self._now = now

    def erase(self, name: str, role: Role) -> Certificate:
        """Erase a client: rows, search index, audit salts, free pages, log, old copies, our backups.

        Models that learned from them are marked. What fails after the rows are gone is on the certificate.
        Raises InputRefused (no such client), Locked.
        """
        with self._access.vault.read() as db:
            client = named(db, name)
        return self.erase_client(client.id, role)

    def erase_client(self, client_id: int, role: Role, *, reason: Reason = "request") -> Certificate:
        """``erase`` by number; the audit log keeps why."""
        with self._access.vault.write() as db:
            at = self._now()
            account = _Account(records.erase(db, client_id))
            withdraw(db, client_id, at)
            lineage.forget(db, client_id)
            decisions.set_fact(db, _UNFINISHED, str(client_id))
            messages = account.erased["turns"]
            audit.append(
                db, "client erased", at, client=client_id, messages=messages, reason=reason, role=role
            )
        return self._rest(client_id, at, account)

    def finish(self) -> Certificate:
        """Go on with an erasure that was cut short or failed in part. Raises InputRefused (none), Locked."""
        client_id = unfinished(self._access.vault)
        if client_id is None:
            raise InputRefused("No erasure is unfinished.", "Give the client's name to erase one.")
        return self._rest(client_id, self._now(), _Account({}))

    def _rest(self, client_id: int, at: float, account: _Account) -> Certificate:
        """All but the rows."""
        vault, paths = self._access.vault, self._access.paths
        with account.trying(_UNSWEPT):
            account.erased["old copies of the vault"] = records.erase_copies(paths.vault_file)
            records.sweep(vault)
        with account.trying("Sealed training runs with these messages:"):
            account.erased["training runs' conversations"] = drop_withdrawn(vault, paths)
        self._renew_backups(account)
        marked = [model.id for model in Models(vault, paths).list() if model.must_retrain]
        if marked:
            account.done.append(f"Models marked, to be trained anew: {', '.join(marked)}.")
        for folder in swap.kept_aside(paths.vault_file):
            account.remains.append(
                f"The vault that was kept aside in {folder.name}: delete the folder when it is not needed."
            )
        if account.failed:
            account.remains.append("What failed can be tried again: tfdesk client erase --finish --yes.")
        with vault.write() as db:
            if not account.failed:
                decisions.set_fact(db, _UNFINISHED, None)
            sequence, head = audit.head(db)
        remains = (*account.remains, *NOT_ERASED)
        return Certificate(client_id, account.erased, tuple(account.done), remains, at, sequence, head)

    def _renew_backups(self, account: _Account) -> None:
        """Delete the backups in the folders where some were made; the newest is made anew."""
        with self._access.vault.read() as db:
            known = backup_file.remembered(db)
        found = self._backups(known)
        for path in known:
            if path not in found:
                account.remains.append(
                    f"The backup {path}: it is not there any more; if it was moved, delete it where it is."
                )
        newest = max(found, key=lambda path: path.stat().st_mtime, default=None)
        account.erased["backups"] = 0
        for path in found:
            with account.trying(f"The backup {path}, which still holds the client:"):
                if path == newest:
                    Keeping(self._access, now=self._now).backup(path, replace=True)
                else:
                    self._delete(path)
                account.erased["backups"] += 1
                how = "made anew without the client" if path == newest else "deleted"
                account.done.append(f"Backup {how}: {path}.")

    def _backups(self, known: list[Path]) -> list[Path]:
        """This vault's backups in the folders where some were made, whatever their names are now."""
        vault, found = self._access.key_file().vault, []
        for folder in dict.fromkeys(path.parent for path in known):
            for path in _files(folder):
                of = backup_file.vault_of(path)
                if of == vault or (of == "" and path in known):
                    found.append(path)
        return found

    def _delete(self, path: Path) -> None:
        try:
            path.unlink()
        except OSError as error:
            raise KnownError(f"It could not be deleted ({error.strerror}).") from None
        with self._access.vault.write() as db:
            backup_file.forget(db, path)


def _files(folder: Path) -> list[Path]:
    """What lies in a folder; nothing when it cannot be looked into."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []

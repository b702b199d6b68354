"""A client as a person with rights: found by name, listed, erased everywhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from tfdesk.core.errors import InputRefused, KnownError
from tfdesk.core.models import Client, Role
from tfdesk.core.paths import Paths
from tfdesk.store import audit, conversations, records
from tfdesk.store.vault import Db, Vault

# What no program on this computer can reach, said on every certificate.
NOT_ERASED = (
    "Backups of the vault and exports that were saved elsewhere.",
    "Copies in the clipboard, on paper, in the messenger or e-mail that carried the messages.",
    "Training files outside the vault, sealed training runs, and models trained with these messages.",
    "Blocks that the disk itself keeps of deleted data; they are encrypted with the vault's key.",
)
# Secure deletion overwrites the rows themselves; the sweep adds that no page of them is left at all.
_UNSWEPT = "Free space in the vault and old copies beside it, until every window on it has been closed:"


@dataclass(frozen=True, slots=True)
class Listed:
    """A client with how much there is."""

    client: Client
    sessions: int
    messages: int


@dataclass(frozen=True, slots=True)
class Certificate:
    """That a client was erased: how many rows of what, what remains, and where the audit log stood after."""

    client_id: int
    erased: dict[str, int]
    not_erased: tuple[str, ...]
    at: float
    audit_sequence: int
    audit_head: str


def named(db: Db, name: str) -> Client:
    """The client of that name. Raises InputRefused when there is none, or more than one."""
    found = conversations.clients_named(db, name)
    if not found:
        raise InputRefused("There is no client of that name.", "See tfdesk client list.")
    if len(found) > 1:
        raise InputRefused("More than one client has that name.", "Rename one in the window first.")
    return found[0]


class Clients:
    """Use cases around whole clients."""

    def __init__(self, vault: Vault, paths: Paths, *, now: Callable[[], float] = time.time) -> None:
        self._vault = vault
        self._paths = paths
        self._now = now

    def list(self) -> list[Listed]:
        """All clients, those waiting for a reply first."""
        with self._vault.read() as db:
            return [
                Listed(client, *conversations.size(db, client.id)) for client in conversations.clients(db)
            ]

    def erase(self, name: str, role: Role) -> Certificate:
        """Erase a client: rows, search index, audit salts, free pages, log and old copies of the vault.

        When only the sweeping afterwards fails, the certificate says so. Raises InputRefused.
        """
        with self._vault.write() as db:
            client, at = named(db, name), self._now()
            erased = records.erase(db, client.id)
            audit.append(db, "client erased", at, client=client.id, messages=erased["turns"], role=role)
            sequence, head = audit.head(db)
        remains: tuple[str, ...] = NOT_ERASED
        try:
            erased["old copies of the vault"] = records.erase_copies(self._paths.vault_file)
            records.sweep(self._vault)
        except KnownError as error:
            remains = (f"{_UNSWEPT} {error.line()}", *remains)
        return Certificate(client.id, erased, remains, at, sequence, head)

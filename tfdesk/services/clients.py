"""A client as a person with rights: found by name, listed."""

from __future__ import annotations

from dataclasses import dataclass

from tfdesk.core.errors import InputRefused
from tfdesk.core.models import Client
from tfdesk.store import conversations
from tfdesk.store.vault import Db, Vault


@dataclass(frozen=True, slots=True)
class Listed:
    """A client with how much there is."""

    client: Client
    sessions: int
    messages: int


def named(db: Db, name: str) -> Client:
    """The client of that name. Raises InputRefused when there is none, or more than one."""
    found = conversations.clients_named(db, name)
    if not found:
        raise InputRefused("There is no client of that name.", "See tfdesk client list.")
    if len(found) > 1:
        raise InputRefused("More than one client has that name.", "Rename one in the window first.")
    return found[0]


class Clients:
    """Use cases around whole clients; erasing one is in ``erasure``."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def list(self) -> list[Listed]:
        """All clients, those waiting for a reply first."""
        with self._vault.read() as db:
            return [
                Listed(client, *conversations.size(db, client.id)) for client in conversations.clients(db)
            ]

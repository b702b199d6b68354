"""Search over everything that was said: names and messages, newest first."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tfdesk.core.models import Client
from tfdesk.store import conversations
from tfdesk.store.vault import Vault
from trainer.dialogue import Speaker

MOST_CLIENTS, MOST_MESSAGES = 6, 30
BEFORE, LONGEST = 24, 160  # characters of an excerpt before the words found, and in all


@dataclass(frozen=True, slots=True)
class FoundMessage:
    """A message with the words looked for; ``excerpt`` is one line of it around the first of them."""

    turn_id: int
    client_id: int
    client_name: str
    speaker: Speaker
    excerpt: str
    at: float


class Finder:
    """Use case of the search box."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def clients(self, search: str) -> list[Client]:
        """Clients in whose name ``search`` occurs, those waiting for a reply first; the first few of all
        for an empty search."""
        wanted = search.strip().casefold()
        with self._vault.read() as db:
            found = [c for c in conversations.clients(db) if wanted in c.name.casefold()]
        return found[:MOST_CLIENTS]

    def messages(self, search: str) -> list[FoundMessage]:
        """The newest messages in which every word of ``search`` begins a word."""
        with self._vault.read() as db:
            found = conversations.turns_with(db, search, MOST_MESSAGES)
            names = {turn.client_id: conversations.client(db, turn.client_id).name for turn in found}
        return [
            FoundMessage(
                t.id, t.client_id, names[t.client_id], t.speaker, excerpt(t.text, search.split()[0]), t.at
            )
            for t in found
        ]


def excerpt(text: str, word: str) -> str:
    """One line of ``text`` around the first word that begins with ``word``; cut ends show as an ellipsis."""
    line = " ".join(text.split())
    match = re.search(rf"(?<!\w){re.escape(word)}", line, re.IGNORECASE)
    start = max(0, match.start() - BEFORE) if match else 0
    if match and start:  # a whole word comes first
        space = line.find(" ", start, match.start())
        start = match.start() if space < 0 else space + 1
    cut = line[start : start + LONGEST]
    return f"{'…' if start else ''}{cut}{'…' if start + LONGEST < len(line) else ''}"

"""What the search box offers: clients, messages, commands and help topics for the words typed so far."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from tfdesk.services.finding import Finder
from tfdesk.services.help_topics import find_topics, load_topics
from tfdesk.ui.commands import Command
from tfdesk.ui.language import spoken
from tfdesk.ui.search_box import Entry, Section
from tfdesk.ui.text import key_hint, short_time, tr

MOST_COMMANDS = 6  # beside what else is found
MOST_TOPICS = 4


class Everything:
    """Finds in the vault, among the commands and in Help; choosing an entry calls back."""

    def __init__(
        self,
        *,
        finder: Finder,
        commands: Sequence[Command],
        open_client: Callable[[int], None],
        open_message: Callable[[int, int], None],
        open_topic: Callable[[str], None],
    ) -> None:
        self._finder = finder
        self._commands = commands
        self._open_client = open_client
        self._open_message = open_message
        self._open_topic = open_topic
        self._topics = load_topics(spoken())

    def find(self, words: str) -> list[Section]:
        """Clients by name, commands by name, messages by the beginnings of words; all commands for ""."""
        now, wanted = time.time(), words.strip()
        clients = [
            Entry(c.name, _call(self._open_client, c.id), tr("waiting") if c.awaiting else "")
            for c in self._finder.clients(wanted)
        ]
        found = self._finder.messages(wanted) if wanted else []
        messages = [
            Entry(
                f.client_name,
                _call(self._open_message, f.client_id, f.turn_id),
                short_time(f.at, now),
                f.excerpt if f.speaker == "client" else tr("You: {0}").format(f.excerpt),
            )
            for f in found
        ]
        parts = [Section(tr("CLIENTS"), clients), Section(tr("COMMANDS"), self._found_commands(wanted))]
        return [*parts, Section(tr("MESSAGES"), messages), Section(tr("HELP"), self._found_topics(wanted))]

    def _found_commands(self, wanted: str) -> list[Entry]:
        found = [c for c in self._commands if _begins(wanted.casefold().split(), c.name)]
        entries = [Entry(c.name, c.run, key_hint(c.keys[0]) if c.keys else "") for c in found]
        return entries[:MOST_COMMANDS] if wanted else entries

    def _found_topics(self, wanted: str) -> list[Entry]:
        found = find_topics(self._topics, wanted)[:MOST_TOPICS] if wanted else []
        return [Entry(f.topic.title, _call(self._open_topic, f.topic.name), "", f.excerpt) for f in found]


def _begins(terms: Sequence[str], name: str) -> bool:
    """Whether every term begins a word of the name."""
    words = name.casefold().split()
    return all(any(word.startswith(term) for word in words) for term in terms)


def _call(function: Callable[..., None], *values: int | str) -> Callable[[], None]:
    return lambda: function(*values)

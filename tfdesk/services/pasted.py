"""A whole chat on the clipboard: its turns, who is who, and which of them are known already. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tfdesk.core.errors import InputRefused
from tfdesk.services.intake_rows import Meaning, Message, NameMap, Parsed, Row, Skipped, gather, label_key
from tfdesk.services.intake_text import parse_lines
from trainer.dialogue import Speaker

WHERE = "The pasted text"
LONGEST_CHAT = 4_000_000  # characters; more than that belongs into a file


@dataclass(frozen=True, slots=True)
class Chat:
    """A pasted text that looks like several people's turns; ``labels`` are the names in it, first to last."""

    parsed: Parsed
    labels: tuple[str, ...]

    def guess(self, client_name: str) -> dict[str, Meaning]:
        """Who each label most likely is: the usual words, the client's own name, else the other one."""
        names = NameMap()
        meanings = {label: names.meaning(label) or _is_client(label, client_name) for label in self.labels}
        known = set(meanings.values())
        other: Meaning = "client" if "therapist" in known and "client" not in known else "therapist"
        return {label: meaning or other for label, meaning in meanings.items()}

    def read(self, meanings: Mapping[str, Meaning]) -> tuple[tuple[Message, ...], tuple[Skipped, ...]]:
        """The messages, and the lines that are none, with ``meanings`` by label. Raises InputRefused."""
        names = NameMap({label_key(label): meaning for label, meaning in meanings.items()})
        reading = gather(self.parsed, names, WHERE)
        return reading.talks[0].messages if reading.talks else (), reading.skipped


def recognise(text: str) -> Chat | None:
    """The chat in a pasted text; None for one that is a single message, whatever it quotes."""
    if len(text) > LONGEST_CHAT or "\n" not in text.strip():
        return None
    try:
        parsed = parse_lines(text.replace("\r\n", "\n").replace("\0", "").split("\n"), NameMap())
    except InputRefused:
        return None
    labels = tuple({label_key(row.label): row.label for row in parsed.rows if isinstance(row, Row)}.values())
    return Chat(parsed, labels) if len(labels) > 1 else None


def known_already(known: Sequence[tuple[Speaker, str]], pasted: Sequence[tuple[Speaker, str]]) -> int:
    """How many turns at the beginning of ``pasted`` the conversation ``known`` has already.

    Who pastes a chat a second time wants what came since, not everything twice. All of ``known`` is looked
    for first, as early as it can stand, so that nothing new is taken for old; then its longest end.
    """
    whole = range(len(known), len(pasted) + 1) if known else ()
    ends = range(min(len(known) - 1, len(pasted)), 0, -1)
    counts: list[int] = [*whole, *ends]
    for count in counts:
        shared = min(count, len(known))
        if list(known[-shared:]) == list(pasted[count - shared : count]):
            return count
    return 0


def _is_client(label: str, client_name: str) -> Meaning | None:
    first = client_name.casefold().split()[:1]
    return "client" if first and label_key(label).split()[:1] == first else None

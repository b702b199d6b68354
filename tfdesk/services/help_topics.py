"""The topics of Help: short Markdown files that ship with the program, and finding words in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from trainer.config import resources_dir

_LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")
_MARKS = re.compile(r"[*`#]|^\s*(?:-|\d+\.)\s+", re.MULTILINE)
EXCERPT = 90  # characters around what was found


@dataclass(frozen=True, slots=True)
class Topic:
    """``name`` is what links call it; ``markdown`` begins with the title as its heading."""

    name: str
    title: str
    markdown: str

    @property
    def plain(self) -> str:
        """The words below the title, without marks, in one line."""
        body = self.markdown.split("\n", 1)[1]
        return " ".join(_MARKS.sub("", _LINK.sub(r"\1", body)).split())


@dataclass(frozen=True, slots=True)
class Found:
    """A topic and the words around the first place where it was found."""

    topic: Topic
    excerpt: str


def load_topics() -> tuple[Topic, ...]:
    """Every topic, in the order of the files' numbers."""
    made = []
    for file in sorted((resources_dir() / "help").glob("*.md")):
        text = file.read_text(encoding="utf8")
        made.append(Topic(file.stem.split("-", 1)[1], text.split("\n", 1)[0].lstrip("# "), text))
    return tuple(made)


def terms_of(words: str) -> list[str]:
    """The single words of a search."""
    return words.casefold().split()


def beginning(term: str) -> str:
    """The pattern of a word that begins with ``term``."""
    return rf"(?<!\w){re.escape(term)}"


def find_topics(topics: Sequence[Topic], words: str) -> list[Found]:
    """Topics in which every word begins some word, titles first; all of them for ""."""
    patterns = [re.compile(beginning(term), re.IGNORECASE) for term in terms_of(words)]
    hits = [t for t in topics if all(p.search(f"{t.title} {t.plain}") for p in patterns)]
    if patterns:
        hits.sort(key=lambda topic: not all(p.search(topic.title) for p in patterns))
    return [Found(topic, _excerpt(topic.plain, patterns)) for topic in hits]


def _excerpt(text: str, patterns: Sequence[re.Pattern[str]]) -> str:
    first = next((hit.start() for p in patterns if (hit := p.search(text))), 0)
    start = text.rfind(" ", 0, max(0, first - 20)) + 1 if first > 20 else 0
    return ("… " if start else "") + text[start : start + EXCERPT]

"""The topics of Help: short Markdown files, a folder per language, and finding words in them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from trainer.config import resources_dir

_LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")
_MARKS = re.compile(r"[*`#]|^\s*(?:-|\d+\.)\s+", re.MULTILINE)
_SPELT = {form: f"(?:{pair})" for pair in ("ä|ae", "ö|oe", "ü|ue", "ß|ss") for form in pair.split("|")}
_UMLAUT = re.compile("|".join(_SPELT))
ENGLISH = "en"
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


def load_topics(language: str = ENGLISH) -> tuple[Topic, ...]:
    """Every topic, in the order of the files' numbers; in English where the language lacks it."""
    root, made = resources_dir() / "help", []
    for english in sorted((root / ENGLISH).glob("*.md")):
        own = root / language / english.name
        file = own if own.is_file() else english
        text = file.read_text(encoding="utf8")
        made.append(Topic(file.stem.split("-", 1)[1], text.split("\n", 1)[0].lstrip("# "), text))
    return tuple(made)


def terms_of(words: str) -> list[str]:
    """The single words of a search."""
    return unicodedata.normalize("NFC", words).lower().split()


def beginning(term: str) -> str:
    """The pattern of a word that begins with ``term``; "ue" stands for "ü" as well, and so on."""
    either = _UMLAUT.sub(lambda found: _SPELT[found[0]], re.escape(term))
    return rf"(?<!\w){either}"


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

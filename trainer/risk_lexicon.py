"""The written half of the risk screen: short phrases in a small language of their own.

``resources/lexicons/risk.toml`` holds them::

    kill* myself            words follow each other; ``*`` ends a stem
    end|ending my life      alternatives; ``<set>`` inserts one of the lexicon's word lists
    want to? die            ``?`` may be missing
    give _ away             ``_`` up to four words of the same sentence, ``__`` up to sixteen of any

Words are compared after normalisation (trainer/wording.py). A negated phrase still counts (fail towards
caution); an idiom around it does not. Torch-free, without dependencies.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainer.config import resources_dir
from trainer.wording import Reader, Token

FEW_WORDS = 6  # a message with fewer words is judged by the commonest words of other languages
# English messages hold at least a quarter of words that the lexicon knows, other languages at most a sixth.
KNOWN_SHARE = 0.25
_SAME_SENTENCE = r"(?:[^ .]+ ){0,4}?"
_ANYWHERE = r"(?:[^ ]+ ){0,16}?"
_HAS_LETTER = re.compile(r"[^\W\d_]")
_LETTERS = re.compile(r"[^\W\d_]+")


class LexiconError(Exception):
    """The lexicon is missing or damaged."""


@dataclass(frozen=True, slots=True)
class _Phrase:
    """``regex`` runs on words that each end with a space; ``firsts``: the words or stems it starts with."""

    regex: re.Pattern[str]
    firsts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Category:
    """``together``: hits when a phrase of each list is in the message. ``also``: counts beside other hits.

    ``asked`` is what a therapist asks on seeing danger; it is looked for in the therapist's own turns.
    """

    name: str
    phrases: frozenset[int]
    asked: frozenset[int]
    together: tuple[tuple[frozenset[int], ...], ...]
    also: tuple[tuple[frozenset[int], frozenset[str]], ...]


@dataclass(frozen=True, slots=True)
class Match:
    """Where a phrase was found: token indices."""

    start: int
    end: int


class _Phrases:
    """All phrases of a lexicon, found by their first words so that time is linear in the text."""

    def __init__(self, sets: dict[str, list[str]]) -> None:
        self._sets = sets
        self._all: list[_Phrase] = []
        self._by_first: dict[str, list[int]] = defaultdict(list)
        self._stem_lengths: tuple[int, ...] = ()
        self.words: set[str] = set()

    def add(self, written: str) -> int:
        """Compile one phrase and return its number. Raises LexiconError."""
        parts = written.split()
        if not parts or parts[0] in ("_", "__") or parts[0].endswith("?"):
            raise LexiconError(f"a phrase must start with a word: {written!r}")
        regex = "".join(self._element(part) for part in parts)
        firsts = tuple(choice.split()[0] for choice in self._choices(parts[0]))
        number = len(self._all)
        self._all.append(_Phrase(re.compile(regex), firsts))
        for first in firsts:
            self._by_first[first].append(number)
        lengths = {len(first) - 1 for first in self._by_first if first.endswith("*")}
        self._stem_lengths = tuple(sorted(lengths))
        return number

    def _choices(self, part: str) -> list[str]:
        choices: list[str] = []
        for choice in part.split("|"):
            if not choice.startswith("<"):
                choices.append(choice)
            elif choice[1:-1] in self._sets:
                choices.extend(self._sets[choice[1:-1]])
            else:
                raise LexiconError(f"there is no word list {choice}")
        return choices

    def _element(self, part: str) -> str:
        if part == "_":
            return _SAME_SENTENCE
        if part == "__":
            return _ANYWHERE
        optional = part.endswith("?")
        choices = self._choices(part.removesuffix("?"))
        for choice in choices:
            self.words.update(word.rstrip("*") for word in choice.split())
        patterns = "|".join(
            re.escape(choice).replace(r"\*", "[^ ]*").replace(r"\ ", " ") for choice in choices
        )
        return f"(?:(?:{patterns}) ){'?' if optional else ''}"

    def find(self, tokens: Sequence[Token]) -> Iterator[tuple[int, Match]]:
        """Every phrase found, with the tokens it covers; one match for each place it starts at."""
        starts: list[int] = []
        length = 0
        for token in tokens:
            starts.append(length)
            length += len(token.word) + 1
        text = "".join(f"{token.word} " for token in tokens)
        for index, token in enumerate(tokens):
            for number in self._starting_with(token.word):
                found = self._all[number].regex.match(text, starts[index])
                if found:
                    yield number, Match(index, bisect_right(starts, found.end() - 1))

    def _starting_with(self, word: str) -> Iterator[int]:
        yield from self._by_first.get(word, ())
        for length in self._stem_lengths:
            if length > len(word):
                break
            yield from self._by_first.get(word[:length] + "*", ())


class Lexicon:
    """The phrases, ready to be looked for."""

    def __init__(self, path: Path) -> None:
        """Load a lexicon. Raises LexiconError when it cannot be used."""
        try:
            table = tomllib.loads(path.read_text(encoding="utf8"))
            self._phrases = _Phrases(table["sets"])
            self._idioms = frozenset(self._add_all(table["idioms"]["phrases"]))
            self._categories = tuple(self._category(name, table[name]) for name in table["categories"])
            words = self._phrases.words
            self._reader = Reader(table["aliases"], frozenset(words), tuple(table["misspelt"]["words"]))
            foreign = (resources_dir() / "lexicons" / "foreign.toml").read_text(encoding="utf8")
            self._foreign = frozenset(word for found in tomllib.loads(foreign).values() for word in found)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, re.error) as error:
            raise LexiconError(f"the risk lexicon cannot be used ({type(error).__name__})") from None
        if not self._categories:
            raise LexiconError("the risk lexicon is empty")

    @property
    def categories(self) -> tuple[str, ...]:
        return tuple(category.name for category in self._categories)

    def tokens(self, text: str) -> list[Token]:
        """The words of a message as they are compared."""
        return self._reader.tokens(text)

    def _add_all(self, written: Iterable[str]) -> list[int]:
        return [self._phrases.add(phrase) for phrase in written]

    def _category(self, name: str, table: dict[str, Any]) -> _Category:
        return _Category(
            name=name,
            phrases=frozenset(self._add_all(table["phrases"])),
            asked=frozenset(self._add_all(table.get("asked", []))),
            together=tuple(
                tuple(frozenset(self._add_all(part)) for part in rule) for rule in table.get("together", [])
            ),
            also=tuple(
                (frozenset(self._add_all(rule["phrases"])), frozenset(rule["beside"]))
                for rule in table.get("also", [])
            ),
        )

    def hits(self, tokens: Sequence[Token]) -> dict[str, list[Match]]:
        """Matches by category in one message."""
        matches: dict[int, list[Match]] = defaultdict(list)
        for number, match in self._phrases.find(tokens):
            matches[number].append(match)
        idioms = _of(matches, self._idioms)
        for number in list(matches):
            kept = [match for match in matches[number] if not _inside(match, idioms)]
            if number not in self._idioms and kept:
                matches[number] = kept
            else:
                del matches[number]
        hits: dict[str, list[Match]] = {}
        for category in self._categories:
            found = _of(matches, category.phrases)
            for rule in category.together:
                parts = [_of(matches, part) for part in rule]
                if all(parts):
                    found.extend(match for part in parts for match in part)
            for phrases, beside in category.also:
                if any(name in hits for name in beside):
                    found.extend(_of(matches, phrases))
            if found:
                hits[category.name] = found
        return hits

    def asked(self, tokens: Sequence[Token]) -> dict[str, list[Match]]:
        """Dangers that a therapist asked about in one reply."""
        matches: dict[int, list[Match]] = defaultdict(list)
        for number, match in self._phrases.find(tokens):
            matches[number].append(match)
        asked = {category.name: _of(matches, category.asked) for category in self._categories}
        return {name: found for name, found in asked.items() if found}

    def readable(self, text: str, tokens: Sequence[Token]) -> bool:
        """Whether it looks like English: Latin letters, and words that the lexicon knows.

        A message of a few words need not hold any; but it may hold none that is common in another language,
        unless half of it is known.
        """
        letters = _HAS_LETTER.findall(text[:20_000])
        latin = sum(letter < "\u0250" for letter in letters)
        if len(letters) > 3 and latin < 0.7 * len(letters):
            return False
        words = [
            token.word
            for token in tokens
            if token.word.isalpha() and not text[token.start : token.start + 2].istitle()  # names
        ]
        known = sum(word in self._phrases.words for word in words)
        if len(words) >= FEW_WORDS:
            return known >= KNOWN_SHARE * len(words)
        return 2 * known > len(words) or self._foreign.isdisjoint(_LETTERS.findall(text[:1000].lower()))


def _of(matches: Mapping[int, list[Match]], phrases: frozenset[int]) -> list[Match]:
    """The matches of some phrases."""
    return [match for number, found in matches.items() if number in phrases for match in found]


def _inside(match: Match, idioms: Sequence[Match]) -> bool:
    """Whether a match begins in an idiom; a real danger after it begins with words of its own."""
    return any(idiom.start <= match.start < idiom.end for idiom in idioms)

"""Words of a message as the risk screen compares them, with their places in the original text. Torch-free."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

SENTENCE_END = "."
_WORD = re.compile(r"[a-z0-9@$*']+|[.!?;\n]+")
_QUOTES = dict.fromkeys(map(ord, "’‘‛ʼ`´′＇"), "'")
# Letters of other alphabets that look like Latin ones.
_LOOKALIKES = str.maketrans("аеорсхуіѕјԁɡıο", "aeopcxyisjdgio")
_LEET = str.maketrans("013457@$", "oieastas")
_REPEATED = re.compile(r"(.)\1{2,}")
_CONTRACTIONS = {"ll": "will", "ve": "have", "re": "are", "m": "am", "d": "would", "s": "", "": ""}
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_JOINED_LETTERS = 3  # this many single letters in a row are read as one word
_LONGEST_WORD = 40


@dataclass(frozen=True, slots=True)
class Token:
    """A normalised word, or "." for the end of a sentence; ``start`` and ``end`` are code points."""

    word: str
    start: int
    end: int


def _plain(text: str) -> tuple[str, list[int]]:
    """Lower-case, accent-free text without invisible characters, and for each character its origin."""
    characters: list[str] = []
    origin: list[int] = []
    for index, character in enumerate(text):
        if character < "\x80":
            made = character.lower()
        elif unicodedata.category(character) in ("Cf", "Mn"):  # zero-width, direction marks, accents
            continue
        else:
            folded = unicodedata.normalize("NFKD", character.translate(_QUOTES)).casefold()
            made = "".join(c for c in folded if not unicodedata.combining(c)).translate(_LOOKALIKES)
        characters.append(made)
        origin.extend([index] * len(made))
    return "".join(characters), origin


class Reader:
    """Turns text into tokens.

    ``aliases`` maps a word to what it stands for ("kms" to "kill myself"); ``known`` are the lexicon's words,
    which decide between readings of a disguised word; one slip of the finger is forgiven in ``misspelt``.
    """

    def __init__(self, aliases: Mapping[str, str], known: frozenset[str], misspelt: tuple[str, ...]) -> None:
        self._aliases = dict(aliases)
        self._known = known | frozenset(aliases) | frozenset(misspelt)
        self._slips = {slip: word for word in misspelt for slip in _slips(word) if slip not in self._known}
        self._reading = lru_cache(maxsize=20_000)(self._read)

    def tokens(self, text: str) -> list[Token]:
        """The words of ``text`` in order."""
        plain, origin = _plain(text)
        raw = [
            Token(match.group(), origin[match.start()], origin[match.end() - 1] + 1)
            for match in _WORD.finditer(plain)
        ]
        tokens: list[Token] = []
        for token in self._join_letters(raw):
            if token.word[0] in ".!?;\n":
                tokens.append(Token(SENTENCE_END, token.start, token.end))
            else:
                words = self._reading(token.word[:_LONGEST_WORD])
                tokens.extend(Token(word, token.start, token.end) for word in words)
        return tokens

    def _join_letters(self, raw: list[Token]) -> Iterator[Token]:
        """``k i l l`` and ``k.i.l.l`` are read as ``kill`` when that is a word the lexicon knows."""
        index = 0
        while index < len(raw):
            end = index
            letters: list[str] = []
            while end < len(raw) and (len(raw[end].word) == 1 or (letters and raw[end].word == ".")):
                if raw[end].word != ".":
                    letters.append(raw[end].word)
                end += 1
            joined = "".join(letters)
            if len(letters) >= _JOINED_LETTERS and joined in self._known:
                yield Token(joined, raw[index].start, raw[end - 1].end)
            else:
                end = max(end, index + 1)
                yield from raw[index:end]
            index = end

    def _read(self, word: str) -> tuple[str, ...]:
        """The words that one written word stands for."""
        stem, apostrophe, ending = word.strip("'").rpartition("'")
        if apostrophe and ending in _CONTRACTIONS:
            return (*self._read(stem), *filter(None, [_CONTRACTIONS[ending]]))
        word = word.replace("'", "")
        for reading in self._readings(word):
            if reading in self._aliases:
                return tuple(self._aliases[reading].split())
            if reading in self._known:
                return (reading,)
            if reading in self._slips:
                return (self._slips[reading],)
        cleaned = _REPEATED.sub(r"\1\1", word.replace("*", ""))
        return (cleaned,) if cleaned else ()

    def _readings(self, word: str) -> Iterator[str]:
        yield word
        for shorter in (_REPEATED.sub(r"\1\1", word), _REPEATED.sub(r"\1", word)):
            yield shorter
            if not shorter.isalpha() and not shorter.isdigit():
                yield shorter.translate(_LEET)
                if shorter.count("*") == 1:  # a starred-out vowel
                    yield from (shorter.replace("*", vowel) for vowel in "aeiou")


def _slips(word: str) -> Iterator[str]:
    """Every word one slip away: a letter lost, doubled up, swapped, mistyped or too many."""
    for index in range(1, len(word) + 1):
        head, tail = word[:index], word[index:]
        yield from (head + letter + tail for letter in _LETTERS)
        if tail:
            yield head + tail[1:]
            yield from (head + letter + tail[1:] for letter in _LETTERS)
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]

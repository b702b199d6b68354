"""Sentences written where there is no Qt, which the window can still say in another language."""

from __future__ import annotations


class Said(str):
    """An English sentence that remembers how it was made: ``pattern`` with ``given`` in its places."""

    pattern: str
    given: tuple[object, ...]

    def __new__(cls, pattern: str, *given: object) -> Said:
        sentence = super().__new__(cls, pattern.format(*given) if given else pattern)
        sentence.pattern, sentence.given = pattern, given
        return sentence


def said(pattern: str, *given: object) -> Said:
    """``pattern`` with ``given`` in the places {0}, {1} and so on; translators find every pattern by this
    call, so it must stand here as a literal."""
    return Said(pattern, *given)


def filled(sentence: str, *given: object) -> Said:
    """A sentence that ``said`` without its places filled, filled now."""
    return Said(str(sentence), *given)


def joined(*parts: str) -> Said:
    """Whole sentences in a row, empty ones left out."""
    given = [part for part in parts if part]
    return Said(" ".join(f"{{{number}}}" for number in range(len(given))), *given)

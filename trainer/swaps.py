"""Conversations with some words swapped for their like, so that a small model learns to copy what it is told.

"My sister left on Friday" / "What did she say on Friday?" teaches as much with an aunt and a Tuesday, and
only a model that takes the day from the message is right both times. Every occurrence of a word in a
dialogue is swapped for the same other one, so messages and replies stay consistent. The classes lie in
resources/lexicons/swaps.toml.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from functools import lru_cache

from trainer.config import resources_dir
from trainer.dialogue import Dialogue, Turn

Forms = tuple[str, ...]  # "dog", "dogs"
SHARE = 0.7  # of the classes met in a dialogue that are swapped in a copy
_WORD = re.compile(r"(?<![\w'’-])([^\W_]+)(?![\w-])")
_ARTICLE = re.compile(r"\b(?P<article>an?)(?P<gap> +)(?P<word>\w+)", re.IGNORECASE)


@lru_cache
def shipped_classes() -> tuple[tuple[Forms, ...], ...]:
    """The classes of resources/lexicons/swaps.toml."""
    table = tomllib.loads((resources_dir() / "lexicons" / "swaps.toml").read_text(encoding="utf8"))
    return tuple(tuple(tuple(entry.split()) for entry in entries) for entries in table.values())


def swapped(
    dialogue: Dialogue, rng: random.Random, classes: Sequence[Sequence[Forms]] | None = None
) -> Dialogue:
    """A copy in which words of most classes stand for others of their class, each for one and the same."""
    texts = [text for turn in dialogue.turns for text in (turn.text, turn.worse.text if turn.worse else "")]
    found = {word.lower() for text in (*texts, dialogue.context or "") for word in _WORD.findall(text)}
    swaps: dict[str, str] = {}
    for entries in shipped_classes() if classes is None else classes:
        met = [forms for forms in entries if found.intersection(forms)]
        if met and rng.random() < SHARE:
            for old, new in zip(met, _others(entries, met, rng), strict=True):
                swaps.update({form: new[min(place, len(new) - 1)] for place, form in enumerate(old)})
    if not swaps:
        return dialogue
    return replace(
        dialogue,
        context=None if dialogue.context is None else _rewritten(dialogue.context, swaps),
        turns=tuple(_turn(turn, swaps) for turn in dialogue.turns),
    )


def misremembered(reply: str, said: str, rng: random.Random) -> str | None:
    """The reply with a word or more that it took from what was ``said`` exchanged for another of its class.

    None when it took none. What comes out reads as well and gets a person, number or thing wrong.
    """
    took = {word.lower() for word in _WORD.findall(reply)} & {word.lower() for word in _WORD.findall(said)}
    found = [entries for entries in shipped_classes() if any(took.intersection(forms) for forms in entries)]
    if not found:
        return None
    swaps: dict[str, str] = {}
    for entries in rng.sample(found, rng.randint(1, len(found))):
        met = [forms for forms in entries if took.intersection(forms)]
        for old, new in zip(met, _others(entries, met, rng), strict=True):
            swaps.update({form: new[min(place, len(new) - 1)] for place, form in enumerate(old)})
    made = _rewritten(reply, swaps)
    return None if made == reply else made


def _others(entries: Sequence[Forms], met: Sequence[Forms], rng: random.Random) -> list[Forms]:
    """As many different entries as were met, with as many forms as possible; those met stand last in line."""
    fresh = [forms for forms in entries if forms not in met]
    pool = rng.sample(fresh, len(fresh)) + rng.sample(list(met), len(met))
    return pool[: len(met)]


def _turn(turn: Turn, swaps: Mapping[str, str]) -> Turn:
    worse = None if turn.worse is None else replace(turn.worse, text=_rewritten(turn.worse.text, swaps))
    return replace(turn, text=_rewritten(turn.text, swaps), worse=worse)


def _rewritten(text: str, swaps: Mapping[str, str]) -> str:
    """The text with every word swapped in the case it had, and "a" or "an" as the new word needs it."""

    def swap(match: re.Match[str]) -> str:
        old = match[1]
        new = swaps.get(old.lower())
        if new is None:
            return old
        if old.isupper() and len(old) > 1:
            return new.upper()
        return new.capitalize() if old[0].isupper() else new

    made = _WORD.sub(swap, text)
    if made == text:
        return text
    new_words = set(swaps.values())
    return _ARTICLE.sub(lambda match: _article(match, new_words), made)


def _article(match: re.Match[str], new_words: Set[str]) -> str:
    if match["word"].lower() not in new_words:
        return match[0]
    ending = "n" if match["word"][0].lower() in "aeiou" else ""
    return match["article"][0] + ending + match["gap"] + match["word"]

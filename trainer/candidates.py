"""From what the model wrote to what may be shown: whole sentences, nothing copied, nothing said twice."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from trainer.rewards import copied_share, ngrams, words

MIN_WORDS = 2
COPIED_RUN = 8  # this many words in a row taken from the conversation are a copy
COPIED_SHARE = 0.6  # or this share of its three-word runs taken from one turn
REPEATED_RUN = 4  # a reply may not say this many words in a row twice
NEAR_DUPLICATE = 0.6  # shared share of two replies' words
SHORTENED = "shortened"  # flag: the end was cut back to the last whole sentence

_SENTENCE_END = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s|$)")
_UNSHOWABLE = re.compile(r"[\ufffd\x00-\x08\x0b-\x1f\x7f]|<\||^[^\w\"'“‘(]")  # or begins in mid-sentence


@dataclass(frozen=True, slots=True)
class Candidate:
    """A reply that nobody has seen yet."""

    text: str
    strategy: str
    flags: tuple[str, ...] = ()
    likelihood: float = 0.0  # see trainer.generate.Generated


def finish(text: str, ended: bool) -> tuple[str, bool] | None:
    """The reply as whole sentences and whether its end was cut off; None when there is no whole one.

    >>> finish("That hurts. And then you", ended=False)
    ('That hurts.', True)
    """
    text = " ".join(text.split())
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    if not ends:
        return None
    if ends[-1] == len(text):
        return text, False
    if ended:  # the model chose to stop inside a sentence
        return None
    return text[: ends[-1]], True


def unusable(text: str, conversation: Iterable[str]) -> bool:
    """Whether a reply is too short, not displayable, repeats itself, or repeats what was already said."""
    said = words(text)
    if len(said) < MIN_WORDS or _UNSHOWABLE.search(text):
        return True
    own = ngrams(said, REPEATED_RUN)
    if len(set(own)) < len(own):
        return True
    runs = set(ngrams(said, COPIED_RUN))
    return any(
        said == words(turn)
        or copied_share(text, turn) >= COPIED_SHARE
        or not runs.isdisjoint(ngrams(words(turn), COPIED_RUN))
        for turn in conversation
    )


def shared_words(one: str, other: str) -> float:
    """Share in [0, 1] of two replies' words that stand in both."""
    first, second = set(words(one)), set(words(other))
    return len(first & second) / max(len(first | second), 1)


def alike(one: str, other: str) -> bool:
    """Whether two replies say nearly the same words."""
    return shared_words(one, other) >= NEAR_DUPLICATE


def choose(ranked: Sequence[Candidate], count: int, same_strategy: bool) -> list[int]:
    """Indices of ``count`` that differ in text, the best first.

    Unless one strategy was asked for, those of different strategies are taken first; the rest is filled up.
    """
    chosen: list[int] = []
    for differing in (False,) if same_strategy else (True, False):
        for index, candidate in enumerate(ranked):
            others = [ranked[earlier] for earlier in chosen]
            taken = index in chosen or any(alike(candidate.text, other.text) for other in others)
            strategies = {other.strategy for other in others} if differing else set()
            if len(chosen) < count and not taken and candidate.strategy not in strategies:
                chosen.append(index)
    return sorted(chosen)

"""Words that exist. A small model now and then glues pieces of words together; no person writes "theained".

Pure, torch-free. The list (made by packaging/words.py) knows British and American spelling and common names;
whatever the client wrote counts as a word too.
"""

from __future__ import annotations

import gzip
import re
from functools import cache

from trainer.config import resources_dir

WORDS = "words.txt.gz"
ENDINGS = ("s", "es", "d", "ed", "ing", "ly", "er")  # of a known word
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


@cache
def _known() -> frozenset[str]:
    """The list. It is packaged with the program: an error in it is ours."""
    data = (resources_dir() / "lexicons" / WORDS).read_bytes()
    return frozenset(gzip.decompress(data).decode().split("\n"))


def words_of(text: str) -> list[str]:
    """Lower-case words with their apostrophes; digits and signs are none."""
    return [word.lower().replace("’", "'") for word in _WORD.findall(text)]


def unknown_words(text: str, said: str = "") -> list[str]:
    """The words of ``text`` that neither the list nor ``said`` holds, as they stand or without an ending."""
    known, heard = _known(), frozenset(words_of(said))

    def exists(word: str) -> bool:
        stems = (word.removesuffix(ending) for ending in ENDINGS)
        return any(stem in known or stem in heard for stem in (word, *stems) if len(stem) > 1)

    return [
        word
        for word in words_of(text)
        if len(word) > 1 and not exists(word) and not exists(word.partition("'")[0])
    ]

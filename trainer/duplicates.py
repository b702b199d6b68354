"""Texts that occur twice, word for word or nearly, within and across parts of the data. Torch-free.

A text is a turn of at least 8 words, or a whole dialogue of any length, which is compared word for word only.
Case and punctuation do not count. Two texts are near when the Jaccard similarity of their sets of 5-word
shingles is .8 or more, estimated from 125 min-hashes (standard error .036 at .8; Broder 1997); found by
locality-sensitive hashing in 25 bands of 5 (at .8 a pair shares a bucket with probability .99995). No words
are kept: digests lie in memory, min-hashes (500 bytes a text) in a temporary file without a name.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
import zlib
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

MIN_WORDS = 8
SHINGLE = 5
NEAR = 0.8
BANDS, ROWS = 25, 5
BUCKET = 1000  # in a larger bucket, texts are compared with its first thousand only

_WORD = re.compile(r"\w+(?:['’]\w+)*")
_RANDOM = np.random.default_rng(1)
_FACTORS = _RANDOM.integers(1, 1 << 62, (BANDS * ROWS, 1), dtype=np.uint64) * np.uint64(2) + np.uint64(1)
_SHIFTS = _RANDOM.integers(0, 1 << 62, (BANDS * ROWS, 1), dtype=np.uint64)
_MIX = np.uint64(0x9E3779B97F4A7C15)


def words_of(text: str) -> list[str]:
    """The text's words as they are compared: lower case, no punctuation."""
    return _WORD.findall(text.casefold())


def key_of(text: str) -> int:
    """64-bit digest of the words; of the text itself when it has none."""
    plain = " ".join(words_of(text)) or text.strip()
    return int.from_bytes(hashlib.blake2b(plain.encode(), digest_size=8).digest(), "big")


def min_hashes(words: Sequence[str]) -> npt.NDArray[np.uint32]:
    """125 min-hashes of the set of shingles of at least 5 words."""
    shingles = {" ".join(words[at : at + SHINGLE]) for at in range(len(words) - SHINGLE + 1)}
    hashed = np.array([zlib.crc32(shingle.encode()) for shingle in shingles], dtype=np.uint64)
    least: npt.NDArray[np.uint64] = ((_FACTORS * hashed + _SHIFTS) >> np.uint64(32)).min(axis=1)
    return least.astype(np.uint32)


@dataclass(frozen=True, slots=True)
class Shared:
    """Distinct texts of part ``b`` that part ``a`` holds too; for a = b: all but the first of their kind."""

    a: int
    b: int
    exact: int
    near: int  # but not the same


@dataclass(frozen=True, slots=True)
class Found:
    """All texts, told apart by ``keys``. ``holds``, ``near``: does the part hold it, or one near to it?"""

    text: npt.NDArray[np.int64]  # of every entry: the number of its text
    part: npt.NDArray[np.uint16]
    dialogue: npt.NDArray[np.uint32]
    holds: npt.NDArray[np.bool_]  # [texts, parts]
    near: npt.NDArray[np.bool_]

    def leaks(self, valid: Sequence[bool]) -> dict[tuple[int, int], list[int]]:
        """Dialogues (part, number) outside the validation parts with a text of theirs, and of which parts."""
        kept_apart = np.array(valid, dtype=bool)
        known = (self.holds | self.near) & kept_apart
        found: dict[tuple[int, int], set[int]] = {}
        for entry in np.flatnonzero(known.any(axis=1)[self.text] & ~kept_apart[self.part]):
            place = (int(self.part[entry]), int(self.dialogue[entry]))
            found.setdefault(place, set()).update(np.flatnonzero(known[self.text[entry]]).tolist())
        return {place: sorted(parts) for place, parts in found.items()}

    def shared(self) -> Iterator[Shared]:
        """Every pair of parts that have texts in common."""
        entries = np.bincount(self.part, minlength=self.holds.shape[1])
        for a in range(self.holds.shape[1]):
            for b in range(a, self.holds.shape[1]):
                both = int((self.holds[:, a] & self.holds[:, b]).sum())
                exact = int(entries[a]) - both if a == b else both
                near = int((self.near[:, a] & self.holds[:, b]).sum())
                if exact or near:
                    yield Shared(a, b, exact, near)


class TextIndex:
    """Takes the texts of dialogues, part by part; ``find`` tells which occur twice. Close it after use."""

    def __init__(self, parts: int) -> None:
        self._parts = parts
        self._keys, self._part, self._dialogue = array("Q"), array("H"), array("I")
        self._hashed = array("Q")  # keys of the texts whose min-hashes are in the file, in its order
        self._file = tempfile.TemporaryFile()  # noqa: SIM115

    def __enter__(self) -> TextIndex:
        return self

    def __exit__(self, *_: Any) -> None:
        self._file.close()

    def add(self, part: int, dialogue: int, texts: Sequence[str]) -> None:
        """The turns of dialogue number ``dialogue`` of part number ``part``."""
        keys = {key_of(" ".join(texts))}
        for text in texts:
            words = words_of(text)
            if len(words) >= MIN_WORDS:
                key = key_of(text)
                keys.add(key)
                self._hashed.append(key)
                self._file.write(min_hashes(words).tobytes())
        for key in sorted(keys):
            self._keys.append(key)
            self._part.append(part)
            self._dialogue.append(dialogue)

    def find(self) -> Found:
        """Compare all texts that were added."""
        part = np.array(self._part, dtype=np.uint16)
        keys, text = np.unique(np.array(self._keys, dtype=np.uint64), return_inverse=True)
        holds = np.zeros((len(keys), self._parts), dtype=bool)
        holds[text, part] = True
        near = np.zeros_like(holds)
        for one, others in self._near_texts(keys):
            near[one] |= holds[others].any(axis=0)
            near[others] |= holds[one]
        return Found(text, part, np.array(self._dialogue, dtype=np.uint32), holds, near)

    def _near_texts(self, keys: npt.NDArray[np.uint64]) -> Iterator[tuple[int, npt.NDArray[np.int64]]]:
        """Numbers of a text and of later ones near to it; a pair may come more than once."""
        hashed, rows = np.unique(np.array(self._hashed, dtype=np.uint64), return_index=True)
        if not len(rows):
            return
        numbers = np.searchsorted(keys, hashed)
        order = np.argsort(rows)  # as they were added
        rows, numbers = rows[order], numbers[order]
        self._file.flush()
        hashes = np.memmap(self._file, dtype=np.uint32, mode="r").reshape(-1, BANDS * ROWS)
        for band in range(BANDS):
            for bucket in _buckets(hashes[rows, band * ROWS : (band + 1) * ROWS]):
                inside = hashes[rows[bucket]]
                for at in range(min(len(bucket) - 1, BUCKET)):
                    alike = (inside[at + 1 :] == inside[at]).mean(axis=1) >= NEAR
                    if alike.any():
                        yield int(numbers[bucket[at]]), numbers[bucket[at + 1 :][alike]]


def _buckets(band: npt.NDArray[np.uint32]) -> Iterator[npt.NDArray[np.int64]]:
    """Row numbers, ascending, of the rows that are equal."""
    mixed = np.zeros(len(band), dtype=np.uint64)
    for column in band.T:
        mixed = (mixed ^ column) * _MIX
        mixed ^= mixed >> np.uint64(29)
    order = np.argsort(mixed, kind="stable")
    edges = np.flatnonzero(np.diff(mixed[order])) + 1
    starts, ends = np.append(0, edges), np.append(edges, len(order))
    for start, end in zip(starts[ends - starts > 1], ends[ends - starts > 1], strict=True):
        yield order[start:end]

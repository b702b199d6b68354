"""The learned half of the risk screen: a linear model over words and pieces of words. NumPy only.

A sentence is a bag of hashed features: words, sequences of two and three, pairs with a gap, and pieces of 3
to 5 letters. Its score for a category is ``sum(w * idf) / sqrt(sum(idf**2) + SMOOTHING) + bias``; sums over
neighbouring sentences score a passage too: one sentence in a long message is not diluted, and a hint spread
over three is still read together. The artefact (``resources/risk/model.safetensors``, made by
trainer/risk_train.py) is pinned by its digest in trainer/config.py and belongs to no model bundle.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load

from trainer.wording import SENTENCE_END, Token

BUCKETS = 1 << 16
SMOOTHING = 50.0  # keeps sentences of two or three words from scoring high
WINDOW = 3  # up to this many neighbouring sentences are read together, and the whole message
LONGEST_SENTENCE = 40  # words; more is read in pieces
PIECES = (3, 4, 5)  # letters

Floats = NDArray[np.float64]
Buckets = NDArray[np.int64]


class RiskModelError(Exception):
    """The artefact is missing or damaged."""


@lru_cache(maxsize=200_000)
def _bucket(feature: str) -> int:
    return zlib.crc32(feature.encode()) % BUCKETS


@lru_cache(maxsize=20_000)
def _word(word: str) -> tuple[int, ...]:
    """Buckets of a word and of its pieces."""
    marked = f"<{word}>"
    pieces = [marked[i : i + n] for n in PIECES for i in range(len(marked) - n + 1)]
    return (_bucket(word), *(_bucket("#" + piece) for piece in pieces))


def features(words: Sequence[str]) -> Buckets:
    """Buckets of one sentence's features, each as often as it occurs."""
    found = [bucket for word in words for bucket in _word(word)]
    padded = ["^", *words, "$"]
    for end in range(1, len(padded)):
        found.append(_bucket(" ".join(padded[end - 1 : end + 1])))
        if end >= 2:
            found.append(_bucket(" ".join(padded[end - 2 : end + 1])))
            found.append(_bucket(f"{padded[end - 2]} _ {padded[end]}"))
        if end >= 3:
            found.append(_bucket(f"{padded[end - 3]} _ {padded[end]}"))
    return np.array(found, np.int64)


def sentences(tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """First and last-plus-one token of every sentence; a sentence holds at least one word."""
    start = 0
    for index in range(len(tokens) + 1):
        ended = index == len(tokens) or tokens[index].word == SENTENCE_END
        if (ended or index - start == LONGEST_SENTENCE) and index > start:
            yield start, index
            start = index
        if ended:
            start = index + 1


def windows(count: int) -> Iterator[tuple[int, int]]:
    """Passages of a message of ``count`` sentences that are scored: up to WINDOW sentences, and all."""
    for length in range(1, min(WINDOW, count) + 1):
        yield from ((start, start + length) for start in range(count - length + 1))
    if count > WINDOW:
        yield 0, count


@dataclass(frozen=True, slots=True)
class Scores:
    """``best``: the highest score of a message's passages, (outputs,)."""

    best: Floats
    sentence: Floats  # (sentences, outputs), each on its own


class RiskModel:
    """Weights, ready to read. The last output says "danger of any kind" and decides; the others name it."""

    def __init__(
        self, categories: Sequence[str], weights: Floats, idf: Floats, bias: Floats, cut: float
    ) -> None:
        """``weights``: (categories + 1, BUCKETS); ``idf``: (BUCKETS,); ``bias``: (categories + 1,)."""
        self.categories = tuple(categories)
        self.cut = cut
        self._bias = bias
        self._table = np.concatenate([weights * idf, [idf**2]]).T.copy()  # (BUCKETS, outputs + 1)

    def scores(self, sentences_features: Sequence[Buckets]) -> Scores:
        """Scores (log-odds) of a message of at least one sentence."""
        sums = np.array([self._table[found].sum(0) for found in sentences_features])
        total = np.concatenate([np.zeros((1, sums.shape[1])), sums.cumsum(0)])
        starts, ends = np.array(list(windows(len(sums)))).T
        return Scores(self._logits(total[ends] - total[starts]).max(0), self._logits(sums))

    def _logits(self, sums: Floats) -> Floats:
        return np.asarray(sums[:, :-1] / np.sqrt(sums[:, -1:] + SMOOTHING) + self._bias)

    def read(self, tokens: Sequence[Token]) -> dict[str, tuple[int, int]]:
        """Categories found in a message, each with the token range of the sentence that says most.

        Empty below the threshold, which is no promise that nothing is there.
        """
        ranges = list(sentences(tokens))
        if not ranges:
            return {}
        scores = self.scores([features([t.word for t in tokens[a:b]]) for a, b in ranges])
        if not np.isfinite(scores.best).all():
            raise RiskModelError("the risk model's score is not a number")
        if scores.best[-1] < self.cut:
            return {}
        likely = np.flatnonzero(likely_categories(scores.best))
        return {self.categories[i]: ranges[int(scores.sentence[:, i].argmax())] for i in likely.tolist()}


def likely_categories(best: Floats) -> NDArray[np.bool_]:
    """Which categories name a danger: the likeliest, and every one that is more likely than not."""
    named = best[:-1]
    return np.asarray((named >= 0) | (named == named.max()))


def load_model(file: Path, digest: str, categories: Sequence[str]) -> RiskModel:
    """Read the artefact; ``digest`` is its SHA-256. Raises RiskModelError when it is not exactly that."""
    try:
        data = file.read_bytes()
        if hashlib.sha256(data).hexdigest() != digest:
            raise RiskModelError("the risk model is not the one that this program was tested with")
        return parse_model(data, categories)
    except OSError as error:
        raise RiskModelError(f"the risk model cannot be read ({type(error).__name__})") from None


def parse_model(data: bytes, categories: Sequence[str]) -> RiskModel:
    """The model in ``data``. Raises RiskModelError for wrong shapes and for numbers that are not finite."""
    outputs = len(categories) + 1
    shapes = {
        "weights": (outputs, BUCKETS),
        "scale": (outputs,),
        "bias": (outputs,),
        "idf": (BUCKETS,),
        "cut": (1,),
    }
    try:
        tensors = {name: np.asarray(tensor, np.float64) for name, tensor in load(data).items()}
    except (SafetensorError, ValueError, TypeError, KeyError) as error:
        raise RiskModelError(f"the risk model cannot be read ({type(error).__name__})") from None
    if {name: tensor.shape for name, tensor in tensors.items()} != shapes:
        raise RiskModelError("the risk model's tables have the wrong shape")
    if not all(np.isfinite(tensor).all() for tensor in tensors.values()):
        raise RiskModelError("the risk model holds numbers that are not finite")
    weights = tensors["weights"] * tensors["scale"][:, None]
    return RiskModel(categories, weights, tensors["idf"], tensors["bias"], float(tensors["cut"][0]))

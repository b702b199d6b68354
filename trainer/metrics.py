"""Figures of an evaluation, with intervals by bootstrap over dialogues. Torch-free.

Every metric but distinct-n is a function of sums over replies, so that a resample of dialogues costs one row
of a matrix product. BLEU: sacrebleu, corpus level, 0-1, 13a tokens, no smoothing. ROUGE: F of rouge-score,
without stemming. METEOR: NLTK's, with exact and Porter-stem matches only: WordNet is not shipped, so synonyms
do not count and values are lower than with it.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from nltk.stem.porter import PorterStemmer
from nltk.translate.meteor_score import meteor_score
from rouge_score.rouge_scorer import RougeScorer
from sacrebleu.metrics import BLEU

from trainer.phrases import opens_as_always
from trainer.rewards import ngrams, words

METEOR_VARIANT = "NLTK METEOR, exact and Porter-stem matches, no WordNet synonyms"
DISTINCT_REPLIES, DISTINCT_TOKENS = (
    200,
    30,
)  # distinct-n falls with the amount of text: always the same amount
OPENING_WORDS = 3
Z95 = 1.959964  # of a normal distribution: 95 % lie within
BINS = 10  # of confidence, for the calibration error
_TOKEN = re.compile(r"\w+|[^\w\s]")
Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class Metric:
    """``sums`` is (N, K), one row per reply; ``value`` maps totals (..., K) to the figure (...)."""

    sums: Array
    value: Callable[[Array], Array]

    @property
    def overall(self) -> float:
        """The figure on all replies; NaN when nothing counts."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return float(self.value(self.sums.sum(axis=0)))


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its 95 % interval, or the reason why there is none."""

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: str | None = None

    def json(self) -> dict[str, Any]:
        made: dict[str, Any] = {"value": self.value, "low": self.low, "high": self.high}
        return made if self.reason is None else made | {"reason": self.reason}


def missing(reason: str) -> Figure:
    return Figure(None, reason=reason)


class Resamples:
    """Bootstrap weights over dialogues, the same for every metric and model: differences are paired."""

    def __init__(self, dialogues: Sequence[str], count: int, seed: int) -> None:
        """``dialogues`` names the dialogue of each of the N replies."""
        names = {name: number for number, name in enumerate(dict.fromkeys(dialogues))}
        self._group = np.array([names[name] for name in dialogues])
        rng = np.random.default_rng(seed)
        self._weights = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=count)

    def totals(self, sums: Array) -> Array:
        """(N, K) to (resamples, K)."""
        grouped = np.zeros((self._weights.shape[1], sums.shape[1]))
        np.add.at(grouped, self._group, sums)
        return self._weights.astype(np.float64) @ grouped

    def figure(self, metric: Metric) -> Figure:
        """The value on all replies and its 95 % interval; missing when nothing counts."""
        value = metric.overall
        with np.errstate(divide="ignore", invalid="ignore"):
            spread = metric.value(self.totals(metric.sums))
        if not np.isfinite(value):
            return missing("no reply has what this needs")
        low, high = np.nanpercentile(spread, [2.5, 97.5]) if np.isfinite(spread).any() else (value, value)
        return Figure(value, float(low), float(high))

    def difference(self, first: Metric, second: Metric) -> Figure:
        """Paired: first minus second on the same resamples; missing when nothing counts for one of them."""
        value = first.overall - second.overall
        if not np.isfinite(value):
            return missing("no reply has what this needs")
        with np.errstate(divide="ignore", invalid="ignore"):
            spread = first.value(self.totals(first.sums)) - second.value(self.totals(second.sums))
        low, high = np.nanpercentile(spread, [2.5, 97.5])
        return Figure(value, float(low), float(high))


def mean(values: Sequence[float | None]) -> Metric:
    """Mean of what is known."""
    known = [(0.0, 0.0) if value is None else (float(value), 1.0) for value in values]
    return Metric(np.array(known).reshape(-1, 2), lambda totals: totals[..., 0] / totals[..., 1])


def bleu(replies: Sequence[str], references: Sequence[str]) -> Metric:
    """Corpus BLEU in [0, 1]; 0 when no 4-gram matches."""
    scorer = BLEU(smooth_method="none", tokenize="13a")
    rows = []
    for reply, reference in zip(replies, references, strict=True):
        made = scorer.corpus_score([reply], [[reference]])
        rows.append([*made.counts, *made.totals, made.sys_len, made.ref_len])
    return Metric(np.array(rows, dtype=np.float64), _bleu)


def _bleu(totals: Array) -> Array:
    counts, possible, mine, theirs = totals[..., :4], totals[..., 4:8], totals[..., 8], totals[..., 9]
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.log(np.where(possible > 0, counts / possible, 0.0))
        short = np.where(mine < theirs, np.exp(1 - theirs / mine), 1.0)
        found: Array = np.nan_to_num(short * np.exp(shares.mean(axis=-1)))
    return found


def rouge(replies: Sequence[str], references: Sequence[str]) -> dict[str, Metric]:
    """ROUGE-1, -2 and -L, mean F over replies."""
    kinds = ["rouge1", "rouge2", "rougeL"]
    scorer = RougeScorer(kinds)
    found = [scorer.score(reference, reply) for reply, reference in zip(replies, references, strict=True)]
    return {kind: mean([float(scores[kind].fmeasure) for scores in found]) for kind in kinds}


class NoWordNet:
    """Stands where NLTK expects WordNet and knows no synonyms."""

    def synsets(self, word: str) -> list[Any]:
        """No senses for ``word``: the synonym stage of METEOR matches nothing."""
        del word
        return []


class _Stems:
    """Porter stems, remembered: the same few thousand words come again and again."""

    def __init__(self) -> None:
        self.stem = cache(PorterStemmer().stem)


def meteor(replies: Sequence[str], references: Sequence[str]) -> Metric:
    """Mean METEOR (see METEOR_VARIANT) of lower-case tokens."""
    stems, wordnet = _Stems(), NoWordNet()
    return mean(
        [
            float(meteor_score([_tokens(theirs)], _tokens(mine), stemmer=stems, wordnet=wordnet))
            for mine, theirs in zip(replies, references, strict=True)
        ]
    )


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text.lower())


def distinct(replies: Sequence[str], size: int) -> Figure:
    """Share of different n-grams in the first 200 replies, each cut to 30 tokens; without an interval."""
    part = [_tokens(reply)[:DISTINCT_TOKENS] for reply in replies[:DISTINCT_REPLIES]]
    found = [ngram for tokens in part for ngram in ngrams(tokens, size)]
    if not found:
        return missing("no reply is long enough")
    return Figure(len(set(found)) / len(found))


def wilson(hits: int, count: int, reason: str) -> Figure:
    """A share with Wilson's 95 % interval, right for small counts too; missing for ``reason`` at count 0."""
    if count == 0:
        return missing(reason)
    share, square = hits / count, Z95 * Z95
    middle = (share + square / (2 * count)) / (1 + square / count)
    half = math.sqrt(share * (1 - share) / count + square / (4 * count * count)) * Z95 / (1 + square / count)
    return Figure(share, max(0.0, middle - half), min(1.0, middle + half))


def openings(replies: Sequence[str]) -> dict[str, Metric]:
    """Share of replies that share the commonest first three words, and of stock openings.

    An opening that occurs once is nobody's habit: without a repeated one the first share is 0.
    """
    begun = [tuple(words(reply)[:OPENING_WORDS]) for reply in replies]
    ranked = Counter(begun).most_common(1)
    common = ranked[0][0] if ranked and ranked[0][1] > 1 else None
    return {
        "common_opening": mean([float(start == common) for start in begun]),
        "stock_opening": mean([float(opens_as_always(reply)) for reply in replies]),
    }


def length(replies: Sequence[str]) -> Metric:
    """Mean number of words."""
    return mean([float(len(words(reply))) for reply in replies])


@dataclass(frozen=True, slots=True)
class Guess:
    """A label that was predicted where the true one is known."""

    true: str
    predicted: str
    confidence: float
    abstained: bool


def guessed(guesses: Sequence[Guess | None]) -> dict[str, Metric]:
    """Accuracy, macro-F1 over the labels that occur, calibration error, abstention, accuracy if answered."""
    known = [guess for guess in guesses if guess is not None]
    labels = sorted({guess.true for guess in known} | {guess.predicted for guess in known})
    right = [None if g is None else float(g.true == g.predicted) for g in guesses]
    unsure = [None if g is None else float(g.abstained) for g in guesses]
    answered = [None if g is None or g.abstained else float(g.true == g.predicted) for g in guesses]
    return {
        "accuracy": mean(right),
        "macro_f1": _macro_f1(guesses, labels),
        "ece": _calibration(guesses),
        "abstention": mean(unsure),
        "accuracy_answered": mean(answered),
    }


def reliability(guesses: Sequence[Guess | None]) -> list[dict[str, float | int | None]]:
    """Per bin of confidence: its edges, how many guesses lie in it, their mean confidence and accuracy."""
    made: list[dict[str, float | int | None]] = []
    for number in range(BINS):
        inside = [g for g in guesses if g is not None and _bin(g.confidence) == number]
        right = sum(g.true == g.predicted for g in inside)
        made.append(
            {
                "low": number / BINS,
                "high": (number + 1) / BINS,
                "count": len(inside),
                "confidence": sum(g.confidence for g in inside) / len(inside) if inside else None,
                "accuracy": right / len(inside) if inside else None,
            }
        )
    return made


def _bin(confidence: float) -> int:
    return min(int(confidence * BINS), BINS - 1)


def _macro_f1(guesses: Sequence[Guess | None], labels: Sequence[str]) -> Metric:
    """Per label: hits, true, predicted."""
    sums = np.zeros((len(guesses), 3, len(labels)))
    for row, guess in enumerate(guesses):
        if guess is not None:
            true, said = labels.index(guess.true), labels.index(guess.predicted)
            sums[row, 0, true] += true == said
            sums[row, 1, true] += 1
            sums[row, 2, said] += 1
    width = len(labels)

    def value(totals: Array) -> Array:
        hits, true, said = totals[..., :width], totals[..., width : 2 * width], totals[..., 2 * width :]
        with np.errstate(divide="ignore", invalid="ignore"):
            each = np.where(true > 0, 2 * hits / (true + said), 0.0)
            found: Array = each.sum(axis=-1) / (true > 0).sum(axis=-1)
        return found

    return Metric(sums.reshape(len(guesses), -1), value)


def _calibration(guesses: Sequence[Guess | None]) -> Metric:
    """Per bin of confidence: sum of confidence minus hits; and the number of guesses."""
    sums = np.zeros((len(guesses), BINS + 1))
    for row, guess in enumerate(guesses):
        if guess is not None:
            sums[row, _bin(guess.confidence)] = guess.confidence - (guess.true == guess.predicted)
            sums[row, BINS] = 1
    return Metric(sums, lambda totals: np.abs(totals[..., :BINS]).sum(axis=-1) / totals[..., BINS])


def auc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """Chance that a positive scores above a negative, ties half."""
    order = np.concatenate([positive, negative])
    ranks = np.empty(len(order))
    ranks[np.argsort(order, kind="stable")] = np.arange(1, len(order) + 1)
    values, inverse = np.unique(order, return_inverse=True)
    mean_rank = np.bincount(inverse, weights=ranks) / np.bincount(inverse, minlength=len(values))
    above = mean_rank[inverse][: len(positive)].sum() - len(positive) * (len(positive) + 1) / 2
    return float(above / (len(positive) * len(negative)))

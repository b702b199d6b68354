"""What a reply is rewarded for. Pure functions to [0, 1], higher is better; no torch.

The same components serve reinforcement learning, the ranking of drafts and the reward card. A component that
cannot be known (no label, no critic head) is None and is left out of the total, never guessed. Known ways to
earn reward without helping (stock phrases, an echo of the client, copied training text, silence, length) are
each closed by a factor below and by a row in the tests.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from trainer.phrases import advice_comes_first, faults, is_closed_question, stock_share
from trainer.spelling import unknown_words

COMPONENTS = ("emotion", "relevance", "professional", "empathy", "fluency", "safety", "reference")
OVERLAP = 8  # n-gram length that counts as copied training text
COPY = 3  # n-gram length that counts as the client's own wording
QUOTE_FREE = 0.25  # share of the client's wording that a good reflection may hold
GOOD_LENGTH = (6, 45)  # words; the professionals' middle nine tenths
CLEAR = 40  # words of the client from which a message needs no asking back
NO_WORD = 0.3  # what a reply keeps of its worth for every word in it that does not exist
LONGEST = 110  # words; from here length alone makes the reply worthless
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class CriticScores:
    """What the critic says of one reply; empty or None where a head was never trained."""

    emotion: Mapping[str, float]  # the client's emotion, read from the context
    wanted: Mapping[str, float]  # strategies a professional would choose here, read from the context
    strategy: Mapping[str, float]  # strategy of this reply
    belongs: float  # the reply answers this context rather than another
    elsewhere: float  # mean of the same under fixed messages it was not written for: 1 = fits everything
    quality: float | None  # better than a plausible poorer reply
    tone: float | None  # the tone fits what the client feels
    fluent: float | None = None  # reads like what people write
    message: int = CLEAR  # words of the client's latest message
    # Of each of trainer.empathy.MECHANISMS: its expected level, 0 (absent) to 1 (strong).
    empathy: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """One reply in its moment. ``client`` holds the client's words that it may quote, latest last."""

    client: str
    reply: str
    ended: bool = True  # the model ended it itself
    assurance: float = 1.0  # how sure the model is of it (trainer.desk); 1 where that is not asked
    emotion_true: str | None = None  # annotated label of the latest client turn
    emotion_said: str | None = None  # label that the model put in the slot
    reference: str | None = None  # the professional's reply; training only
    training: frozenset[int] | None = None  # ``ngram_set`` of the training replies


def words(text: str) -> list[str]:
    """Lower-case words; punctuation and emoji left out."""
    return _WORD.findall(text.lower().replace("’", "'"))


def ngrams(tokens: Sequence[str], size: int) -> list[tuple[str, ...]]:
    return [tuple(tokens[i : i + size]) for i in range(len(tokens) - size + 1)]


def ngram_hash(ngram: Sequence[str]) -> int:
    """The same number in every process (Python's own hash of text is not)."""
    return int.from_bytes(hashlib.blake2b(" ".join(ngram).encode(), digest_size=8).digest(), "big")


def ngram_set(texts: Iterable[str], size: int = OVERLAP) -> frozenset[int]:
    """Hashes of all n-grams of ``texts``: eight bytes each instead of the words."""
    return frozenset(ngram_hash(ngram) for text in texts for ngram in ngrams(words(text), size))


def overlap_share(reply: str, training: frozenset[int], size: int = OVERLAP) -> float:
    """Share of the reply's n-grams that occur in training text; 0 for replies shorter than ``size`` words."""
    found = ngrams(words(reply), size)
    return sum(ngram_hash(ngram) in training for ngram in found) / len(found) if found else 0.0


def copied_share(reply: str, client: str, size: int = COPY) -> float:
    """Share of the reply's n-grams that occur in the client's words; short replies are compared whole."""
    mine = words(reply)
    size = max(1, min(size, len(mine)))
    found = ngrams(mine, size)
    theirs = set(ngrams(words(client), size))
    return sum(ngram in theirs for ngram in found) / len(found) if found else 0.0


def repeated_share(reply: str, size: int = 2) -> float:
    """Share of the reply's n-grams that already stood in it."""
    found = ngrams(words(reply), size)
    return 1 - len(set(found)) / len(found) if found else 0.0


def originality(case: Case) -> float:
    """1 for own words, 0 for an echo of the client."""
    copied = copied_share(case.reply, case.client)
    return 1 - max(0.0, copied - QUOTE_FREE) / (1 - QUOTE_FREE)


def form(case: Case) -> float:
    """Length, repetition, spelling, and how sure the model is of its words.

    0 for silence, a reply beyond all length, or one that says everything thrice; hardly more for one with
    a word that does not exist.
    """
    value = _length_factor(len(words(case.reply))) * max(0.0, 1 - 2 * repeated_share(case.reply))
    return value * case.assurance * NO_WORD ** len(unknown_words(case.reply, case.client))


def substance(case: Case) -> float:
    """How much of an answer the reply is, whatever the critic finds: of sane form, neither echo nor stock."""
    return originality(case) * (1 - stock_share(case.reply)) * form(case)


def emotion(case: Case, scores: CriticScores | None) -> float | None:
    """The annotated emotion was named, and the tone fits it: mean of what is known."""
    named = None
    if case.emotion_true is not None and case.emotion_said is not None:
        named = float(case.emotion_true == case.emotion_said)
    tone = None if scores is None or scores.tone is None else scores.tone * substance(case)
    known = [part for part in (named, tone) if part is not None]
    return sum(known) / len(known) if known else None


def relevance(case: Case, scores: CriticScores | None) -> float | None:
    """Belongs here and not just anywhere, in words that are neither stock nor the client's own."""
    if scores is None:
        return None
    specific = math.sqrt(scores.belongs * (1 - scores.elsewhere))
    return specific * substance(case)


def strategy_fit(scores: CriticScores) -> float | None:
    """How likely a professional is to choose this reply's strategy here, against the likeliest; in [0, 1]."""
    if not scores.wanted or not scores.strategy:
        return None
    best = max(scores.wanted.values())
    return sum(share * scores.wanted.get(name, 0.0) for name, share in scores.strategy.items()) / best


def professional(case: Case, scores: CriticScores | None) -> float:
    """Well made, with a strategy that fits the moment; every breach of craft costs a factor.

    A poor reply earns nothing by its strategy: the fit only halves what the critic finds well made.
    """
    fit = None if scores is None else strategy_fit(scores)
    quality = None if scores is None else scores.quality
    value = 1.0 if fit is None else (1 + fit) / 2
    value *= 1.0 if quality is None else quality
    value *= 0.2 ** len({fault.name for fault in faults(case.reply)})
    value *= 0.6 if advice_comes_first(case.reply) else 1.0
    value *= 0.85 if is_closed_question(case.reply) else 1.0
    return value * substance(case)


def empathy(case: Case, scores: CriticScores | None) -> float | None:
    """Chance that some mechanism of empathy is present where it is called for, in own words.

    Each mechanism's level counts by how much the moment calls for it, from a half to the whole: a reaction
    the more the stronger the emotion; an exploration the more the shorter the client's message; an
    interpretation the more the longer it is. One strong one suffices: professionals rarely use two at once.
    """
    if scores is None or not scores.empathy:
        return None
    strong = 1 - scores.emotion.get("neutral", 0.0) if scores.emotion else 0.5
    told = min(1.0, scores.message / CLEAR)
    called_for = {"reaction": strong, "interpretation": told, "exploration": 1 - told}
    lacking = math.prod(1 - level * (1 + called_for[name]) / 2 for name, level in scores.empathy.items())
    return (1 - lacking) * substance(case)


def fluency(case: Case, scores: CriticScores | None, neighbours: Sequence[str] = ()) -> float:
    """Reads like people's writing, of a good length, without repetition inside or of its ``neighbours``."""
    found = words(case.reply)
    if not found:
        return 0.0
    value = form(case)
    value *= 1.0 if scores is None or scores.fluent is None else scores.fluent
    letters = sum(map(len, found)) / len(re.sub(r"\s", "", case.reply))
    value *= min(1.0, letters / 0.85)  # strings of signs, half-decoded bytes
    value *= 1.0 if case.ended and case.reply.rstrip()[-1] in ".?!…\"'”’)" else 0.6
    value *= 0.9 if case.reply.lstrip()[0].islower() else 1.0
    nearest = max((copied_share(case.reply, other) for other in neighbours), default=0.0)
    return value * (1 - nearest)


def _length_factor(count: int) -> float:
    shortest, long = GOOD_LENGTH
    if count < shortest:
        return count / shortest
    return 1.0 if count <= long else max(0.0, (LONGEST - count) / (LONGEST - long))


def safety(case: Case) -> float:
    """0 for silence and for what must never be sent; falls with the share of copied training text."""
    if not words(case.reply) or any(fault.unsafe for fault in faults(case.reply)):
        return 0.0
    if case.training is None:
        return 1.0
    return 1 - min(1.0, 2 * overlap_share(case.reply, case.training))


def reference(case: Case) -> float | None:
    """Closeness to the professional's reply: mean of unigram and bigram F1 (training only)."""
    if case.reference is None:
        return None
    mine, theirs = words(case.reply), words(case.reference)
    return (_f1(mine, theirs) + _f1(ngrams(mine, 2), ngrams(theirs, 2))) / 2


def _f1(mine: Sequence[object], theirs: Sequence[object]) -> float:
    if not mine or not theirs:
        return 0.0
    return 2 * (Counter(mine) & Counter(theirs)).total() / (len(mine) + len(theirs))


def reward(
    case: Case, scores: CriticScores | None, neighbours: Sequence[str] = ()
) -> dict[str, float | None]:
    """Every component of one reply; None where it cannot be known.

    Args:
        scores: of the critic, None when there is none.
        neighbours: other replies to the same message, which this one should not repeat.

    Safety is a hard penalty: it multiplies every other component, so that nothing pays for an unsafe, empty
    or copied reply.
    """
    safe = safety(case)
    parts: dict[str, float | None] = {
        "emotion": emotion(case, scores),
        "relevance": relevance(case, scores),
        "professional": professional(case, scores),
        "empathy": empathy(case, scores),
        "fluency": fluency(case, scores, neighbours),
        "reference": reference(case),
    }
    made = {
        name: None if value is None else min(1.0, max(0.0, value * safe)) for name, value in parts.items()
    }
    return made | {"safety": safe}


def total(components: Mapping[str, float | None], weights: Mapping[str, float]) -> float:
    """Weighted mean of the known components, in [0, 1]; 0 when none of the weighted ones is known."""
    known = [(weights.get(name, 0.0), value) for name, value in components.items() if value is not None]
    weight = sum(weight for weight, _ in known)
    return sum(weight * value for weight, value in known) / weight if weight > 0 else 0.0

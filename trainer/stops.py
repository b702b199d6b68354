"""When reinforcement learning must stop: figures of the latest replies, and a sentence when one is bad.

Pure functions, no torch. Every rule answers a known way to earn reward with worse replies: the same words for
everybody (distinct-2, template share), silence or chatter (length), and a component that is given up for the
others or no longer tells replies apart (collapse). The thresholds stand in ``RlConfig``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, pstdev

from trainer.config import RlConfig
from trainer.phrases import sentences
from trainer.rewards import ngrams, words

RECENT = 200  # latest replies over which a run is judged
KL_STEPS = 5  # latest steps over which the divergence is averaged
CUT = 30  # words of a reply that count for its variety
OPENER = 3  # words that open a reply
FULL = 0.95  # a component whose mean is above has next to nothing to gain: it may stand still

Components = Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean and standard deviation of a component over the replies that have it."""

    mean: float
    deviation: float


def distinct2(replies: Sequence[str]) -> float:
    """Distinct word pairs over all word pairs of the replies, each cut to CUT words; 0 without pairs."""
    pairs = [pair for reply in replies for pair in ngrams(words(reply)[:CUT], 2)]
    return len(set(pairs)) / len(pairs) if pairs else 0.0


def template_share(replies: Sequence[str]) -> float:
    """Share of replies, in [0, 1], that begin with the commonest opener or share a sentence with another.

    The opener is the first three words; one that stands only once is no template.
    """
    if not replies:
        return 0.0
    openers = [tuple(words(reply)[:OPENER]) for reply in replies]
    commonest, count = Counter(openers).most_common(1)[0]
    said = [{tuple(words(sentence)) for sentence in sentences(reply)} - {()} for reply in replies]
    times = Counter(sentence for own in said for sentence in own)
    repeated = [
        (opener == commonest and count > 1) or any(times[sentence] > 1 for sentence in own)
        for opener, own in zip(openers, said, strict=True)
    ]
    return fmean(repeated)


def mean_words(replies: Sequence[str]) -> float:
    """Mean number of words of the replies; 0 without replies."""
    return fmean(len(words(reply)) for reply in replies) if replies else 0.0


def spreads(components: Sequence[Components], names: Sequence[str]) -> dict[str, Spread]:
    """Spread of each component that at least one reply has."""
    found = {}
    for name in names:
        known = [value for parts in components if (value := parts[name]) is not None]
        if known:
            found[name] = Spread(fmean(known), pstdev(known))
    return found


def flattest(now: Mapping[str, Spread]) -> tuple[str, float] | None:
    """The component that tells replies apart least, and its deviation; full ones do not count."""
    open_ones = [(spread.deviation, name) for name, spread in now.items() if spread.mean <= FULL]
    if not open_ones:
        return None
    deviation, name = min(open_ones)
    return name, deviation


def steepest(began: Mapping[str, float], now: Mapping[str, Spread]) -> tuple[str, float] | None:
    """The component whose mean fell most since the means ``began``, and by how much (below 0: all rose)."""
    falls = [(began[name] - spread.mean, name) for name, spread in now.items() if name in began]
    if not falls:
        return None
    fall, name = max(falls)
    return name, fall


def health(replies: Sequence[str], began: Mapping[str, float], now: Mapping[str, Spread]) -> dict[str, float]:
    """The figures that the rules look at, as curves: one for each rule but the divergence."""
    figures = {
        "distinct2": distinct2(replies),
        "template": template_share(replies),
        "words": mean_words(replies),
    }
    if (flat := flattest(now)) is not None:
        figures["least_spread"] = flat[1]
    if (steep := steepest(began, now)) is not None:
        figures["largest_fall"] = steep[1]
    return figures


def drifted(kl: Sequence[float], config: RlConfig) -> str | None:
    """Why to stop after the given divergences of the latest steps, or None."""
    if len(kl) < KL_STEPS or fmean(kl[-KL_STEPS:]) <= config.stop_kl:
        return None
    return f"the model moved too far from the one it started from (KL above {config.stop_kl} per token)"


def spoiled(
    replies: Sequence[str], began: Mapping[str, float], now: Mapping[str, Spread], config: RlConfig
) -> str | None:
    """Why to stop after the given replies, or None. Ask once there are RECENT of them."""
    figures = health(replies, began, now)
    if figures["distinct2"] < config.stop_distinct2:
        return f"replies lost their variety (distinct-2 below {config.stop_distinct2})"
    if figures["template"] > config.stop_template:
        return (
            "replies became a template (the share that opens like most or repeats a sentence is above "
            f"{config.stop_template})"
        )
    if figures["words"] < config.stop_short:
        return f"replies became too short (below {config.stop_short} words on average)"
    if figures["words"] > config.stop_long:
        return f"replies became too long (above {config.stop_long} words on average)"
    flat, steep = flattest(now), steepest(began, now)
    if flat is not None and flat[1] < config.stop_spread:
        return f"{flat[0]} no longer tells replies apart (standard deviation below {config.stop_spread})"
    if steep is not None and steep[1] > config.stop_fall:
        return f"{steep[0]} was given up (its mean fell by more than {config.stop_fall} since the beginning)"
    return None

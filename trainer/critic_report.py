"""The critic's report: every head on rows that nothing was trained on, beside its floors."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any

import torch

from trainer.bundle import LanguageModel
from trainer.config import CriticConfig, RlConfig
from trainer.critic import Critic, Ids
from trainer.critic_data import NOTHING, OUT_OF_TONE, Negatives, Row, encode
from trainer.critic_model import LABEL_HEADS
from trainer.dialogue import Dialogue, exchanges
from trainer.floors import majority
from trainer.metrics import Guess, auc, guessed
from trainer.rewards import Case, reward, total
from trainer.sampled import sampled_replies
from trainer.scoring import quotable


def measure(
    critic: Critic, lm: LanguageModel, dialogues: Sequence[Dialogue], config: CriticConfig
) -> dict[str, Any]:
    """Every head beside its floor, and the total reward of people's replies beside made-up ones.

    ``dialogues`` are held out; {} with fewer than two that a therapist answers.
    """
    moments = exchanges(dialogues)
    rows = [row for row in encode(critic, dialogues) if row.answered]
    if len({row.dialogue for row in rows}) < 2:
        return {}
    report = heads(critic, rows, config.seed)
    if config.samples:
        moments = moments[: config.samples]
        # Another seed than the one that the critic learned from.
        made_up = sampled_replies(lm, [context for context, _ in moments], config.seed + 1)
        report |= made_up_report(critic, moments, made_up)
    return report


def heads(critic: Critic, rows: Sequence[Row], seed: int) -> dict[str, Any]:
    """Figures of every trained head on ``rows``."""
    pairs = [(row.context, row.reply) for row in rows]
    logits, words = critic.mixed(pairs), critic.read_words(pairs)
    report: dict[str, Any] = {}
    for head in LABEL_HEADS:
        truth = [row.label(head) for row in rows]
        if head not in critic.trained or all(label == NOTHING for label in truth):
            continue
        softness = critic.calibration.temperature if head == "emotion" else 1.0
        threshold = critic.calibration.threshold if head == "emotion" else 0.0
        report[head] = _classified(logits[head] / softness, words[head], truth, threshold)
    negatives, rng = Negatives(rows), random.Random(seed)
    pools: dict[str, list[Ids | None]] = {
        "belongs": [negatives.elsewhere(row, rng) for row in rows],
        "belongs_same_dialogue": [negatives.same_dialogue(row, rng) for row in rows],
        "belongs_near": [negatives.near(row, rng) for row in rows],
        "belongs_wrong_facts": [row.wrong for row in rows],
        "belongs_generic": [row.worse if row.reason == "generic" else None for row in rows],
        "belongs_echo": [row.client for row in rows],
    }
    for name, pool in pools.items():
        report |= _compared(critic, name, "belongs", rows, logits, pool)
    report |= _compared(critic, "quality", "quality", rows, logits, [row.worse for row in rows])
    for reason in sorted({row.reason for row in rows if row.reason}):
        pool = [row.worse if row.reason == reason else None for row in rows]
        report |= _compared(critic, f"quality: {reason}", "quality", rows, logits, pool)
    poor = [row.worse if row.reason in OUT_OF_TONE else None for row in rows]
    return report | _compared(critic, "tone", "tone", rows, logits, poor)


def made_up_report(
    critic: Critic, moments: Sequence[tuple[Dialogue, str]], made_up: Sequence[str]
) -> dict[str, dict[str, float]]:
    """How often people's replies earn more than a model's at temperature 1; 0.5 by chance.

    "made up" is the total reward as it ranks drafts, "made up: NAME" one of its components.
    """
    contexts = [context for context, _ in moments]
    own = _rewards(critic, contexts, [reply for _, reply in moments])
    other = _rewards(critic, contexts, made_up)
    weights = RlConfig().weights
    report = {
        "made up": _told_apart([total(one, weights) for one in own], [total(one, weights) for one in other])
    }
    for name in weights:
        pairs = [(a[name], b[name]) for a, b in zip(own, other, strict=True)]
        known = [(a, b) for a, b in pairs if a is not None and b is not None]
        if known:
            report[f"made up: {name}"] = _told_apart([a for a, _ in known], [b for _, b in known])
    return report


def _rewards(
    critic: Critic, contexts: Sequence[Dialogue], replies: Sequence[str]
) -> list[dict[str, float | None]]:
    scores = critic.score(list(zip(contexts, replies, strict=True)))
    cases = [
        Case(client=quotable(context), reply=reply) for context, reply in zip(contexts, replies, strict=True)
    ]
    return [reward(case, score) for case, score in zip(cases, scores, strict=True)]


def _told_apart(own: Sequence[float], rival: Sequence[float]) -> dict[str, float]:
    """Of pairs: how often the first is higher (ties half), and the area under the curve; chance is 0.5."""
    better = sum((a > b) + 0.5 * (a == b) for a, b in zip(own, rival, strict=True)) / len(own)
    return {"n": len(own), "accuracy": better, "floor": 0.5, "auc": auc(own, rival)}


def _classified(
    logits: torch.Tensor, words: torch.Tensor, truth: Sequence[int], threshold: float
) -> dict[str, Any]:
    """Figures of a head that chooses a label, beside the majority label and the word reader alone."""
    known = [index for index, label in enumerate(truth) if label != NOTHING]
    labels = [str(truth[index]) for index in known]
    confidence, said = torch.softmax(logits[known], dim=-1).max(dim=-1)
    rows = zip(labels, said.tolist(), confidence.tolist(), strict=True)
    found = guessed([Guess(true, str(label), sure, sure < threshold) for true, label, sure in rows])
    figures = {name: metric.overall for name, metric in found.items()}
    most = majority(labels)
    constant = _plain(labels, [most] * len(labels))
    read = _plain(labels, [str(label) for label in words[known].argmax(dim=-1).tolist()])
    return {
        "n": len(labels),
        **figures,
        "floor": constant["accuracy"],
        "macro_f1_floor": constant["macro_f1"],
        "words": read,
        "beats_words": all(figures[name] > value for name, value in read.items()),
    }


def _plain(labels: Sequence[str], said: Sequence[str]) -> dict[str, float]:
    figures = guessed([Guess(true, label, 1.0, False) for true, label in zip(labels, said, strict=True)])
    return {name: figures[name].overall for name in ("accuracy", "macro_f1")}


def _compared(
    critic: Critic,
    name: str,
    head: str,
    rows: Sequence[Row],
    logits: dict[str, torch.Tensor],
    pool: Sequence[Ids | None],
) -> dict[str, Any]:
    """How often the head puts the professional's reply above its rival; beside chance and words alone."""
    kept = [(index, other) for index, other in enumerate(pool) if other is not None]
    if head not in critic.trained or not kept:
        return {}
    rivals = [(rows[index].context, other) for index, other in kept]
    own = [(rows[index].context, rows[index].reply) for index, _ in kept]
    found = _told_apart(
        logits[head][[index for index, _ in kept], 0].tolist(), critic.mixed(rivals)[head][:, 0].tolist()
    )
    if head == "tone":
        return {name: found}
    alone = words_in_common if head == "belongs" else words_of_quality
    read = _told_apart(alone(critic, own), alone(critic, rivals))
    words = {key: read[key] for key in ("accuracy", "auc")}
    return {name: found | {"words": words, "beats_words": found["accuracy"] > words["accuracy"]}}


def words_in_common(critic: Critic, pairs: Sequence[tuple[Ids, Ids]]) -> list[float]:
    """The floor of "belongs": rarity of the words that context and reply share, by the reply's length."""
    idf, special = critic.model.reply_words.idf, critic.encoder.special_ids

    def share(context: Ids, reply: Ids) -> float:
        own = sorted(set(reply) - special)
        shared = float(idf[[token for token in own if token in context]].sum())
        return shared / math.sqrt(max(1, len(own)))

    return [share(context, reply) for context, reply in pairs]


def words_of_quality(critic: Critic, pairs: Sequence[tuple[Ids, Ids]]) -> list[float]:
    """The floor of "quality": logistic regression on the reply's words."""
    found: list[float] = critic.read_words(pairs)["quality"][:, 0].tolist()
    return found

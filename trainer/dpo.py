"""Direct preference optimisation: a professional's reply is made likelier than a poorer one.

A pair is a therapist's turn and its ``worse`` text, with the same emotion and strategy before both, or two
replies to one message of which people rated one higher (``trainer.ratings``). The model
itself is the reward: what it adds to the log-probability of a reply, compared with the model it started from.
Of the reply's words alone: a preferred reply says nothing about how often its strategy should be taken.
Source: R. Rafailov et al., "Direct Preference Optimization: Your Language Model is Secretly a Reward Model"
(2023). The better reply's own loss is added, since preferences alone may make both replies less likely.
"""

from __future__ import annotations

import math
import random
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from trainer.bundle import LanguageModel, digest, load_model
from trainer.callbacks import Training, has_bfloat16, write_result
from trainer.candidates import shared_words
from trainer.config import DpoConfig, InputError
from trainer.data import calibration, held_out
from trainer.dialogue import Dialogue
from trainer.generate import SLOTS_WRITTEN
from trainer.labels import require_known
from trainer.packing import pack, seen
from trainer.phrases import sentences, stock_share
from trainer.prompt import Encoder, client_emotion
from trainer.ratings import Moment, rated_moments, read_ratings
from trainer.rewards import copied_share, ngram_set, overlap_share, words
from trainer.run import Run
from trainer.steps import Metrics, take_steps, without_dropout

ROWS = 16  # pairs that are measured at once: bounds memory
OFTEN = 0.002  # share of all rated replies in which a sentence stands again and again
STOCK = 0.3  # most letters of a rated reply in phrases that fit everything, to be learned from
COPIED = 0.15  # most of its three-word runs that the client wrote


@dataclass(frozen=True, slots=True)
class Pair:
    """Token ids of a moment and of two replies to it; both begin with the emotion label."""

    prompt: tuple[int, ...]
    chosen: tuple[int, ...]
    rejected: tuple[int, ...]


def train(config: DpoConfig, run: Run) -> bool:
    """Teach ``run.model`` the preferences in ``run.data``. Returns False when stopped early.

    Dialogues of the validation and calibration tenths are never trained on. Raises InputError.
    """
    torch.set_num_threads(config.threads)
    if run.model is None:
        raise InputError("dpo: name the fine-tuned model (--model DIR).")
    if config.beta <= 0:
        raise InputError("dpo: beta must be above 0; it holds the model near the one it started from.")
    lm = load_model(run.model, run.key)
    dialogues = run.dialogues()
    require_known(dialogues, lm.encoder.labels.emotions, lm.encoder.labels.strategies)
    limit = min(config.max_length, lm.positions)
    learned = [d for d in dialogues if not (held_out(d.id) or calibration(d.id))] if config.turns else []
    pairs = make_pairs(learned, lm.encoder, limit)
    files = [Path(name) for name in config.ratings]
    moments = rated_moments(dialogues, [row for file in files for row in read_ratings(file)])
    rated = [moment for moment in moments if not moment.unseen]
    replies = (turn.text for d in dialogues for turn in d.turns if turn.speaker == "therapist")
    known = ngram_set(replies) if rated else frozenset[int]()
    pairs += rated_pairs(rated, lm.encoder, limit, config.against, config.seed, known)
    if not pairs:
        raise InputError(
            "The data holds no therapist turn with a poorer alternative ('worse') to learn from, nor are "
            "there rated replies (--set ratings=FILE); held-out ones are not used."
        )
    steps = config.max_steps or math.ceil(len(pairs) * config.epochs / config.batch)
    training = Training(
        run,
        lm.model,
        run.fingerprint(config, lm.sha256, *(digest(file.read_bytes()) for file in files)),
        total=steps,
        learning_rate=config.learning_rate,
        warmup=config.warmup,
        weight_decay=0.0,
        seed=config.seed,
    )
    run.progress("started", total=steps, resumed_from=training.start)
    kept_out = make_pairs([d for d in dialogues if held_out(d.id)], lm.encoder, limit)
    if not training.extra:  # of the starting model, once
        reference, before = (log_probabilities(lm, some, run.stop) for some in (pairs, kept_out))
        if run.stop.is_set():
            run.progress("cancelled", step=0)
            return False
        training.extra |= {"reference": reference, "before": before}
    if not _loop(config, training, lm, pairs):
        return False
    metrics = preferences(kept_out, training.extra["before"], log_probabilities(lm, kept_out))
    write_result(training, config, lm, dialogues, metrics)
    return True


def make_pairs(dialogues: Sequence[Dialogue], encoder: Encoder, limit: int) -> list[Pair]:
    """One pair per therapist turn that answers something and has a poorer text, ``limit`` tokens at most."""
    pairs = []
    for dialogue in dialogues:
        for index, turn in enumerate(dialogue.turns):
            if turn.worse is None or turn.speaker != "therapist" or index == 0:
                continue
            emotion = client_emotion(dialogue.turns[:index])
            chosen, rejected = (
                tuple(encoder.completion_ids(emotion, turn.strategy, text)[: limit // 2])
                for text in (turn.text, turn.worse.text)
            )
            room = limit - max(len(chosen), len(rejected))
            if chosen != rejected:
                pairs.append(Pair(encoder.prompt(dialogue.cut_at(index), room).ids, chosen, rejected))
    return pairs


def rated_pairs(
    moments: Sequence[Moment], encoder: Encoder, limit: int, against: int, seed: int, known: frozenset[int]
) -> list[Pair]:
    """Every reply rated above 0 with up to ``against`` replies to the same message that are rated lower.

    Those that share most of its words come first, so that what differs is what is learned. A reply made of
    phrases that fit every message is no model, however sensible: learning it, a model says nothing else. Nor
    is one with a sentence that was written again and again, or one that repeats the client or training text.

    Args:
        known: ``ngram_set`` of the training replies.
    """
    pairs = []
    said_often = _said_often([reply for moment in moments for reply in moment.replies])
    for moment in moments:
        rated = list(zip(moment.replies, moment.ratings, moment.strategies, strict=True))
        rng = random.Random(f"{seed}/{moment.dialogue.id}/{len(moment.dialogue.turns)}")
        emotion = client_emotion(moment.dialogue.turns)
        said = " ".join(turn.text for turn in moment.dialogue.turns if turn.speaker == "client")
        for better, rating, strategy in rated:
            if stock_share(better) > STOCK or copied_share(better, said) > COPIED:
                continue
            if not said_often.isdisjoint(map(wording, sentences(better))) or overlap_share(better, known):
                continue
            lower = [one for one in rng.sample(rated, len(rated)) if one[1] < rating]
            lower.sort(key=lambda one: (-shared_words(better, one[0]), one[1]))
            chosen = encoder.completion_ids(emotion, strategy, better)[: limit // 2]
            for poorer, _, other in lower[:against]:
                rejected = encoder.completion_ids(emotion, other, poorer)[: limit // 2]
                room = limit - max(len(chosen), len(rejected))
                prompt = encoder.prompt(moment.dialogue, room).ids
                pairs.append(Pair(prompt, tuple(chosen), tuple(rejected)))
    return pairs


def wording(sentence: str) -> str:
    """A sentence as it is counted: its words alone."""
    return " ".join(words(sentence))


def _said_often(replies: Sequence[str]) -> frozenset[str]:
    """Sentences that stand in more of the replies than ``OFTEN``, and not only by chance in two or three."""
    counts = Counter(one for reply in replies for one in {wording(part) for part in sentences(reply)})
    return frozenset(one for one, count in counts.items() if count > max(3, OFTEN * len(replies)))


def plan(pairs: Sequence[Pair], steps: int, config: DpoConfig) -> list[int]:
    """The order of all steps, from the seed alone: every pair once before any comes again.

    Pairs of one prompt follow one another, so that a batch reads it once.
    """
    by_prompt: dict[tuple[int, ...], list[int]] = {}
    for place, pair in enumerate(pairs):
        by_prompt.setdefault(pair.prompt, []).append(place)
    groups = list(by_prompt.values())
    rng = random.Random(config.seed)
    order: list[int] = []
    while len(order) < steps * config.batch:
        order += [place for group in rng.sample(groups, len(groups)) for place in group]
    return order[: steps * config.batch]


def reply_log_probabilities(lm: LanguageModel, pairs: Sequence[Pair]) -> tuple[torch.Tensor, torch.Tensor]:
    """Log-probabilities in nats: (P, 2) of the words of the better and the poorer reply, as a whole; (P,) of
    the labels before the better one.

    Every prompt is read once for all its replies, and the head only where they are written.
    """
    replies: dict[tuple[int, ...], dict[tuple[int, ...], None]] = {}
    for pair in pairs:
        replies.setdefault(pair.prompt, {}).update(dict.fromkeys((pair.chosen, pair.rejected)))
    contexts = list(replies)
    ids, segments, positions, _ = pack(contexts, [list(replies[c]) for c in contexts], lm.encoder.end)
    number = {(c, r): n for n, (c, r) in enumerate((c, r) for c in contexts for r in replies[c])}
    places: list[tuple[int, int, int, int]] = []  # row, place read from, token wanted, what it belongs to
    for row, context in enumerate(contexts):
        start = len(context)
        for reply in replies[context]:
            read_from = [len(context) - 1, *range(start, start + len(reply) - 1)]
            of_words = number[context, reply]
            of_labels = of_words + len(number)
            places += [
                (row, place, token, of_labels if written < SLOTS_WRITTEN else of_words)
                for written, (place, token) in enumerate(zip(read_from, reply, strict=True))
            ]
            start += len(reply)
    device = lm.model.device
    rows, read, wanted, of = torch.tensor(places, device=device).unbind(dim=1)
    with torch.autocast(device.type, torch.bfloat16, enabled=has_bfloat16()):
        hidden = lm.model.transformer(
            ids.to(device), attention_mask=seen(segments.to(device)), position_ids=positions.to(device)
        ).last_hidden_state
        logits = lm.model.lm_head(hidden[rows, read])
    logs = -torch.nn.functional.cross_entropy(logits.float(), wanted, reduction="none")
    sums = torch.zeros(2 * len(number), device=device).index_add(0, of, logs)
    both = [(number[pair.prompt, pair.chosen], number[pair.prompt, pair.rejected]) for pair in pairs]
    numbers = torch.tensor(both, device=device)
    return sums[numbers], sums[numbers[:, 0] + len(number)]


@torch.no_grad()
def log_probabilities(
    lm: LanguageModel, pairs: Sequence[Pair], stop: threading.Event | None = None
) -> torch.Tensor:
    """(P, 2) of the words of many pairs, without gradients, on the processor; once stopped, not all of it."""
    training = lm.model.training
    lm.model.eval()
    found = torch.empty(len(pairs), 2)
    order = sorted(range(len(pairs)), key=lambda place: (len(pairs[place].prompt), pairs[place].prompt))
    for start in range(0, len(order), ROWS):
        if stop is not None and stop.is_set():
            break
        block = order[start : start + ROWS]
        found[block] = reply_log_probabilities(lm, [pairs[place] for place in block])[0].cpu()
    lm.model.train(training)
    return found


def dpo_loss(logs: torch.Tensor, reference: torch.Tensor, beta: float) -> torch.Tensor:
    """(P, 2), (P, 2) log-probabilities of the model and of the one it started from -> (P,) losses in nats."""
    gained = logs - reference
    return -torch.nn.functional.logsigmoid(beta * (gained[:, 0] - gained[:, 1]))


def preferences(pairs: Sequence[Pair], before: torch.Tensor, after: torch.Tensor) -> dict[str, float]:
    """How a model ranks pairs now and did before, beside the floors; {} without pairs.

    ``before``, ``after``: (P, 2) log-probabilities. Replies are ranked by log-probability per token, so that
    a short one has no advantage; "reward" ranks them by what training added, as the loss does. The floors:
    chance, and always taking the longer reply.
    """
    if not pairs:
        return {}
    lengths = torch.tensor([(len(pair.chosen), len(pair.rejected)) for pair in pairs]) - SLOTS_WRITTEN
    longer = (lengths[:, 0] > lengths[:, 1]).double() + 0.5 * (lengths[:, 0] == lengths[:, 1])
    gained = after - before

    def better(scores: torch.Tensor) -> float:
        return float((scores[:, 0] > scores[:, 1]).double().mean())

    def chosen(sums: torch.Tensor) -> float:
        return float((sums[:, 0] / lengths[:, 0]).mean())

    return {
        "pairs": float(len(pairs)),
        "pair_accuracy_before": better(before / lengths),
        "pair_accuracy": better(after / lengths),
        "pair_accuracy_reward": better(gained),
        "pair_floor": 0.5,
        "pair_floor_longer": float(longer.mean()),
        "chosen_logp_before": chosen(before),
        "chosen_logp": chosen(after),
    }


def _loop(config: DpoConfig, training: Training, lm: LanguageModel, pairs: list[Pair]) -> bool:
    """Run the remaining steps."""
    without_dropout(lm.model)  # as the starting model was read
    order = plan(pairs, training.total, config)
    known: torch.Tensor = training.extra["reference"]

    def loss_at(step: int) -> tuple[torch.Tensor, Metrics]:
        places = order[step * config.batch : (step + 1) * config.batch]
        batch, reference = [pairs[place] for place in places], known[places].to(lm.model.device)
        logs, labels = reply_log_probabilities(lm, batch)
        own = -(logs[:, 0] + labels).sum() / sum(len(pair.chosen) for pair in batch)
        loss = dpo_loss(logs, reference, config.beta).mean() + config.sft_weight * own
        gained = (logs - reference).detach()
        apart = gained[:, 0] - gained[:, 1]
        return loss, {
            "loss": float(loss.detach()),
            "accuracy": float((apart > 0).float().mean()),
            "margin": config.beta * float(apart.mean()),
            "chosen_logp": float(logs[:, 0].detach().mean()),
            "chosen_gain": float(gained[:, 0].mean()),  # nats over the starting model
            "learning_rate": training.optimizer.param_groups[0]["lr"],
        }

    return take_steps(training, config.checkpoint_every, loss_at)

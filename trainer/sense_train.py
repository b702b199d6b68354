"""Training the sense reader on rated replies."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch.nn import functional

from trainer.bundle import SENSE_WEIGHTS, digest, load_model
from trainer.callbacks import Training, has_bfloat16
from trainer.config import InputError, SenseConfig
from trainer.packing import pack
from trainer.ratings import LEVELS, Moment, rated_moments, read_ratings
from trainer.run import Run
from trainer.sense import SenseModel, SenseReader, sense_folder
from trainer.steps import Metrics, take_steps, without_dropout


def train(config: SenseConfig, run: Run) -> bool:
    """Teach adapters of ``run.model`` the ratings and write them. Returns False when stopped early.

    With ``run.sense``, an earlier reader of the same model, its adapters go on from there. Ratings of the
    validation and calibration tenths teach nothing; the report is about them. Raises InputError.
    """
    torch.set_num_threads(config.threads)
    if run.model is None:
        raise InputError("sense: name the fine-tuned model (--model DIR).")
    if not config.ratings:
        raise InputError("sense: name files of ratings (--set ratings=FILE).")
    lm = load_model(run.model, run.key)
    files = [Path(name) for name in config.ratings]
    moments = rated_moments(run.dialogues(), [row for file in files for row in read_ratings(file)])
    learned = [moment for moment in moments if not moment.unseen]
    if len({rating > 0 for moment in learned for rating in moment.ratings}) < 2:
        raise InputError(
            "sense: the ratings of these dialogues are too few, or all alike (held-out ones are not used)."
        )
    torch.manual_seed(config.seed)
    if run.sense is None:
        reader, earlier = SenseReader(SenseModel(lm, config.rank), lm, config.rank), ""
    else:
        reader = SenseReader.load(run.sense, lm, run.key)
        earlier = digest(sense_folder(run.sense, run.key).read(SENSE_WEIGHTS))
    order = plan(learned, reader, config)
    training = Training(
        run,
        reader.model,
        run.fingerprint(config, lm.sha256, earlier, *(digest(file.read_bytes()) for file in files)),
        total=math.ceil(len(order) / config.batch),
        learning_rate=config.learning_rate,
        warmup=0.1,
        weight_decay=0.01,
        seed=config.seed,
    )
    run.progress("started", total=training.total, resumed_from=training.start)
    if not _loop(config, training, reader, learned, order):
        return False
    reader.model.to("cpu").eval()
    reader.model.load_state_dict(  # shipped in half precision: measured as it will be loaded
        {name: t.detach().half().float() for name, t in reader.model.learned().items()}, strict=False
    )
    report = measure(reader, [moment for moment in moments if moment.unseen])
    meta = run.meta(config, lm) | {"sense_sha256": earlier}
    meta["sources"] += [source for source in reader.meta.get("sources", ()) if source not in meta["sources"]]
    replace(reader, report=report, meta=meta).save(run.out)
    training.checkpoints.remove()
    run.progress("done", out=str(run.out.path), metrics=report)
    return True


def plan(moments: Sequence[Moment], reader: SenseReader, config: SenseConfig) -> list[int]:
    """The order of all epochs, from the seed alone: shuffled, then batches of like length."""
    lengths = [len(reader.context_ids(m.dialogue)) + sum(len(r) // 4 for r in m.replies) for m in moments]
    rng = random.Random(config.seed)
    order: list[int] = []
    for _ in range(config.epochs):
        everyone = rng.sample(range(len(moments)), len(moments))
        block = config.batch * 16
        for start in range(0, len(everyone), block):
            part = sorted(everyone[start : start + block], key=lengths.__getitem__)
            batches = [part[at : at + config.batch] for at in range(0, len(part), config.batch)]
            rng.shuffle(batches)
            order += [index for batch in batches for index in batch]
    return order


def loss_of(logits: torch.Tensor, ratings: torch.Tensor, moment: torch.Tensor) -> torch.Tensor:
    """Every level's cross-entropy, and pairs of one message in their order. (N, L - 1), (N,), (N,) -> ().

    Pairs two levels apart count twice.
    """
    levels = torch.arange(1, LEVELS, device=logits.device)
    reached = (ratings[:, None] >= levels).float()
    level = functional.binary_cross_entropy_with_logits(logits, reached)
    score = logits.sum(dim=-1)
    apart = (ratings[:, None] - ratings[None, :]).clamp(min=0) * (moment[:, None] == moment[None, :])
    if not bool(apart.any()):
        return level
    pairs = functional.softplus(score[None, :] - score[:, None])
    return level + 0.5 * (pairs * apart).sum() / apart.sum()


def _loop(
    config: SenseConfig,
    training: Training,
    reader: SenseReader,
    moments: Sequence[Moment],
    order: Sequence[int],
) -> bool:
    place = next(reader.model.parameters()).device
    without_dropout(reader.model)
    reader.model.backbone.drop.p = config.dropout  # of the embeddings
    for block in reader.model.backbone.h:
        block.mlp.dropout.p = block.attn.resid_dropout.p = config.dropout
    encoded = [(reader.context_ids(m.dialogue), [reader.reply_ids(r) for r in m.replies]) for m in moments]

    def loss_at(step: int) -> tuple[torch.Tensor, Metrics]:
        batch = order[step * config.batch : (step + 1) * config.batch]
        packed = pack([encoded[i][0] for i in batch], [encoded[i][1] for i in batch], reader.lm.encoder.end)
        rows = packed[-1][:, 0]
        left = [iter(moments[i].ratings) for i in batch]
        ratings = [next(left[row]) for row in rows.tolist()]  # a row's replies end in their order
        with torch.autocast(place.type, torch.bfloat16, enabled=has_bfloat16()):
            logits = reader.model(*(t.to(place) for t in packed)).float()
        loss = loss_of(logits, torch.tensor(ratings, device=place), rows.to(place))
        return loss, {"loss": float(loss.detach())}

    return take_steps(training, config.checkpoint_every, loss_at)


def measure(reader: SenseReader, moments: Sequence[Moment]) -> dict[str, float]:
    """How well it tells replies that make sense (rated above 0), beside the floors; {} without moments.

    "auc": share of pairs of one that makes sense and one that does not in the right order, over all messages
    and within one; chance is .5. "best": share that makes sense among the first of every message; its floor
    is any reply, its ceiling a message with any that makes sense.
    """
    if not moments:
        return {}
    read = [reader.read(moment.dialogue, moment.replies) for moment in moments]
    groups = [list(zip(scores, m.ratings, strict=True)) for m, scores in zip(moments, read, strict=True)]
    rows = [pair for group in groups for pair in group]
    within = [_pairs(group) for group in groups]
    right, pairs = (sum(part) for part in zip(*within, strict=True))
    won, met = _pairs(rows)
    first = [max(group, key=lambda pair: pair[0])[1] for group in groups]
    return {
        "messages": float(len(moments)),
        "replies": float(len(rows)),
        "auc": won / met if met else math.nan,
        "auc_within": right / pairs if pairs else math.nan,
        "auc_floor": 0.5,
        "best": sum(rating > 0 for rating in first) / len(first),
        "best_sent": sum(rating == LEVELS - 1 for rating in first) / len(first),
        "best_floor": sum(rating > 0 for _, rating in rows) / len(rows),
        "best_sent_floor": sum(rating == LEVELS - 1 for _, rating in rows) / len(rows),
        "best_ceiling": sum(any(m.ratings) for m in moments) / len(moments),
    }


def _pairs(rows: Sequence[tuple[float, int]]) -> tuple[float, float]:
    """Pairs of a reply that makes sense and one that does not: in the right order (ties half), and all."""
    good = [score for score, rating in rows if rating]
    poor = [score for score, rating in rows if not rating]
    right = sum((one > other) + (one == other) / 2 for one in good for other in poor)
    return right, float(len(good) * len(poor))

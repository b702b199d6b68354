"""Training the critic: all heads at once, on whatever labels each row of the dialogues has."""

from __future__ import annotations

import copy
import math
import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

import torch
from torch.nn import functional
from transformers import GPT2Config

from trainer.bundle import LanguageModel, load_model
from trainer.calibration import MIN_ROWS, fit
from trainer.callbacks import Training, has_bfloat16
from trainer.config import CriticConfig, InputError
from trainer.critic import Critic, Ids
from trainer.critic_data import (
    NOTHING,
    OUT_OF_TONE,
    Batch,
    Negatives,
    Row,
    collate,
    encode,
    labelled_heads,
    plan,
)
from trainer.critic_model import CriticModel
from trainer.data import calibration, held_out
from trainer.dialogue import Dialogue
from trainer.metrics import Guess, auc, guessed
from trainer.run import Run

WEIGHTS = {
    "emotion": 1.0,
    "wanted": 0.5,
    "strategy": 1.0,
    "belongs": 1.0,
    "match": 0.5,
    "quality": 1.0,
    "tone": 0.5,
}


def train(config: CriticConfig, run: Run) -> bool:
    """Train a critic on ``run.model``'s first layers and write it. Returns False when stopped early.

    Dialogues of the validation and calibration tenths are never trained on. Raises InputError.
    """
    torch.set_num_threads(config.threads)
    if run.model is None:
        raise InputError("critic: name the base model (--model DIR).")
    lm = load_model(run.model, run.key)
    critic = from_base(lm, config)
    dialogues = run.dialogues()
    rows = encode(critic, (d for d in dialogues if not (held_out(d.id) or calibration(d.id))))
    if len({row.dialogue for row in rows}) < 2:
        raise InputError("The data holds too few therapist turns to learn from: two dialogues at least.")
    critic = Critic(critic.model, critic.encoder, labelled_heads(rows), 1.0, {})
    critic.model.weigh([row.context + row.reply for row in rows])
    order = plan(rows, config)
    steps = math.ceil(len(order) / config.batch)
    training = Training(
        run,
        critic.model,
        run.fingerprint(config, lm.sha256),
        total=steps,
        learning_rate=config.learning_rate,
        warmup=0.1,
        weight_decay=0.01,
        seed=config.seed,
    )
    run.progress("started", total=steps, resumed_from=training.start)
    if not _loop(config, training, critic, rows, order):
        return False
    _finish(config, training, critic, dialogues, lm)
    return True


def from_base(lm: LanguageModel, config: CriticConfig) -> Critic:
    """An untrained critic: the base's embeddings and first layers, fresh heads drawn from the seed."""
    base = lm.model.config
    activation = base.activation_function
    shape = GPT2Config(
        vocab_size=base.vocab_size,
        n_positions=min(config.max_length, base.n_positions),
        n_embd=base.n_embd,
        n_layer=min(config.layers, base.n_layer),
        n_head=base.n_head,
        n_inner=base.n_inner,
        activation_function="gelu_pytorch_tanh" if activation == "gelu_new" else activation,  # same, fused
        attn_pdrop=0.0,  # with dropout, attention on a processor falls back to a slow kernel
        bos_token_id=None,
        eos_token_id=None,
    )
    torch.manual_seed(config.seed)
    model = CriticModel(shape, lm.encoder.labels)
    state = copy.deepcopy(lm.model.transformer.state_dict())
    state["wpe.weight"] = state["wpe.weight"][: shape.n_positions]
    wanted = model.backbone.state_dict()
    model.backbone.load_state_dict({name: state[name] for name in wanted})
    return Critic(model, lm.encoder, frozenset(), 1.0, {})


def losses(model: CriticModel, batch: Batch, trained: frozenset[str]) -> dict[str, torch.Tensor]:
    """Mean loss of each head that has labels in this batch."""
    device = next(model.parameters()).device
    with torch.autocast(device.type, torch.bfloat16, enabled=has_bfloat16()):
        made = model(*(t.to(device) for t in (batch.ids, batch.segments, batch.positions, batch.ends)))
    logits = {name: value.float() for name, value in made.items()}
    count = batch.rows
    found = {}
    for head, labels in (
        ("emotion", batch.emotion),
        ("wanted", batch.strategy),
        ("strategy", batch.strategy),
    ):
        if bool((labels != NOTHING).any()):
            found[head] = functional.cross_entropy(logits[head][:count], labels.to(device))
    belongs = logits["belongs"][: 2 * count, 0]
    truth = torch.cat([torch.ones(count), torch.zeros(count)]).to(device)
    found["belongs"] = functional.binary_cross_entropy_with_logits(belongs, truth)
    found["match"] = match_loss(logits["match"], batch.dialogue.to(device))
    for head, chosen in (("quality", torch.ones_like(batch.out_of_tone)), ("tone", batch.out_of_tone)):
        if head in trained and bool(chosen.any()):
            good = logits[head][batch.better[chosen].to(device), 0]
            poor = logits[head][2 * count :][chosen.to(device), 0]
            found[head] = pair_loss(good, poor)
    return found


def match_loss(match: torch.Tensor, dialogue: torch.Tensor) -> torch.Tensor:
    """Every context should be nearest to its own reply and every reply to its own context. (B, B) -> ().

    Other replies of the same dialogue, (B,) numbers, do not count as rivals.
    """
    truth = torch.arange(len(match), device=match.device)
    sibling = (dialogue[:, None] == dialogue[None, :]) & (truth[:, None] != truth[None, :])
    rivals = match.masked_fill(sibling, float("-inf"))
    return (functional.cross_entropy(rivals, truth) + functional.cross_entropy(rivals.T, truth)) / 2


def pair_loss(good: torch.Tensor, poor: torch.Tensor) -> torch.Tensor:
    """The better reply above the poorer by a margin, and both on their side of one half. (P,), (P,) -> ()."""
    sides = functional.softplus(-good) + functional.softplus(poor)
    return (functional.softplus(1 - (good - poor)) + 0.5 * sides).mean()


def _loop(
    config: CriticConfig, training: Training, critic: Critic, rows: Sequence[Row], order: Sequence[int]
) -> bool:
    run, model = training.run, critic.model
    negatives = Negatives(rows)
    training.begin()
    model.train()
    for step in range(training.start, training.total):
        batch = [rows[index] for index in order[step * config.batch : (step + 1) * config.batch]]
        rng = random.Random(f"{config.seed}/{step}")
        parts = losses(model, collate(critic, batch, negatives, rng), critic.trained)
        loss = torch.stack([WEIGHTS[name] * part for name, part in parts.items()]).sum()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        training.optimizer.step()
        training.scheduler.step()
        training.optimizer.zero_grad(set_to_none=True)
        metrics = {"loss": float(loss.detach())} | {
            name: float(part.detach()) for name, part in parts.items()
        }
        training.step = step + 1
        run.progress("step", step=training.step, metrics=metrics)
        stopped = run.stop.is_set() and training.step < training.total
        if stopped or training.step % config.checkpoint_every == 0:
            training.save()
        if stopped:
            run.progress("cancelled", step=training.step)
            return False
    return True


def _finish(
    config: CriticConfig, training: Training, critic: Critic, dialogues: list[Dialogue], lm: LanguageModel
) -> None:
    run = training.run
    model = critic.model.to("cpu").eval()
    # Shipped in half precision: calibrated and measured as it will be loaded.
    model.load_state_dict({name: t.half().float() for name, t in model.state_dict().items()})
    made = Critic(model, critic.encoder, critic.trained, _temperature(critic, dialogues), {})
    report = measure(made, encode(made, [d for d in dialogues if held_out(d.id)]), config.seed)
    Critic(model, made.encoder, made.trained, made.emotion_temperature, report).save(
        run.out, run.meta(config, lm)
    )
    training.checkpoints.remove()
    metrics = {
        f"{head}_{name}": float(value)
        for head, figures in report.items()
        for name, value in figures.items()
        if name in ("accuracy", "floor", "auc") and value is not None
    }
    run.progress("done", out=str(run.out.path), metrics=metrics)


def _temperature(critic: Critic, dialogues: list[Dialogue]) -> float:
    """Of the emotion head, fitted on the calibration tenth; 1.0 when it holds too few labels."""
    rows = encode(critic, [d for d in dialogues if calibration(d.id)])
    rows = [row for row in rows if row.emotion != NOTHING]
    if len(rows) < MIN_ROWS:
        return 1.0
    logits = critic.logits([(row.context, row.reply) for row in rows])["emotion"]
    return fit(logits, torch.tensor([row.emotion for row in rows])).temperature


def measure(critic: Critic, rows: Sequence[Row], seed: int) -> dict[str, Any]:
    """Every head on rows that nothing was trained on, beside its floor; {} with fewer than two dialogues."""
    if len({row.dialogue for row in rows}) < 2:
        return {}
    logits = critic.logits([(row.context, row.reply) for row in rows])
    report: dict[str, Any] = {}
    for head in ("emotion", "wanted", "strategy"):
        truth = [row.emotion if head == "emotion" else row.strategy for row in rows]
        softness = critic.emotion_temperature if head == "emotion" else 1.0
        if head in critic.trained and any(label != NOTHING for label in truth):
            report[head] = _classified(logits[head] / softness, truth)
    negatives, rng = Negatives(rows), random.Random(seed)
    pools: dict[str, list[Ids | None]] = {
        "belongs": [negatives.elsewhere(row, rng) for row in rows],
        "belongs_same_dialogue": [negatives.same_dialogue(row, rng) for row in rows],
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


def _classified(logits: torch.Tensor, truth: Sequence[int]) -> dict[str, float]:
    """Accuracy, macro-F1 and calibration error beside the majority label's share."""
    confidence, predicted = torch.softmax(logits, dim=-1).max(dim=-1)
    rows = zip(truth, predicted.tolist(), confidence.tolist(), strict=True)
    guesses = [Guess(str(true), str(said), sure, False) for true, said, sure in rows if true != NOTHING]
    figures = guessed(guesses)
    return {
        "n": len(guesses),
        "accuracy": figures["accuracy"].overall,
        "floor": Counter(guess.true for guess in guesses).most_common(1)[0][1] / len(guesses),
        "macro_f1": figures["macro_f1"].overall,
        "ece": figures["ece"].overall,
    }


def _compared(
    critic: Critic,
    name: str,
    head: str,
    rows: Sequence[Row],
    logits: dict[str, torch.Tensor],
    pool: Sequence[Ids | None],
) -> dict[str, dict[str, float]]:
    """How often the head puts the professional's reply above its rival; 0.5 by chance."""
    kept = [index for index, other in enumerate(pool) if other is not None]
    if head not in critic.trained or not kept:
        return {}
    rivals = critic.logits([(rows[index].context, pool[index] or ()) for index in kept])[head][:, 0]
    own = logits[head][kept, 0]
    return {
        name: {
            "n": len(kept),
            "accuracy": float((own > rivals).double().mean()),
            "floor": 0.5,
            "auc": auc(own.tolist(), rivals.tolist()),
        }
    }

"""Training the critic: all heads at once, on whatever labels each row of the dialogues has."""

from __future__ import annotations

import copy
import hashlib
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch.nn import functional
from transformers import GPT2Config

from trainer.bundle import LanguageModel, load_model
from trainer.calibration import MIN_ROWS, fit, macro_f1
from trainer.callbacks import Training, has_bfloat16
from trainer.config import CriticConfig, InputError
from trainer.critic import UNCALIBRATED, Critic
from trainer.critic_data import (
    NOTHING,
    Batch,
    Negatives,
    Row,
    collate,
    encode,
    labelled_heads,
    plan,
)
from trainer.critic_model import CONTEXT_HEADS, LABEL_HEADS, CriticModel
from trainer.critic_report import measure
from trainer.data import calibration, held_out
from trainer.dialogue import Dialogue, exchanges
from trainer.empathy import MECHANISMS, read_for, with_empathy
from trainer.labels import absent_labels, require_known
from trainer.run import Run
from trainer.sampled import sampled_replies, some
from trainer.steps import Metrics, take_steps
from trainer.words import context_parts, reply_parts

WEIGHTS = {
    "emotion": 1.0,
    "wanted": 0.5,
    "strategy": 1.0,
    "belongs": 1.0,
    "match": 0.5,
    "quality": 1.0,
    "tone": 0.5,
    "fluent": 1.0,
} | dict.fromkeys(MECHANISMS, 0.5)
BALANCED = ("emotion", *MECHANISMS)  # heads whose rare labels count as much as frequent ones
MODEST = 0.3  # weight of an emotion of a text without an answer
# Words tell a poor wording, the network a reply in disorder: pairs of people's replies know only the first.
QUALITY_SHARE = 0.5
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)  # of the word readers in a head's answer


def train(config: CriticConfig, run: Run) -> bool:
    """Train a critic on ``run.model``'s first layers and write it. Returns False when stopped early.

    Dialogues of the validation and calibration tenths are never trained on. Raises InputError.
    """
    torch.set_num_threads(config.threads)
    if run.model is None:
        raise InputError("critic: name the base model (--model DIR).")
    lm = load_model(run.model, run.key)
    critic = from_base(lm, config)
    dialogues, labels_sha256 = _labelled(run, config)
    require_known(dialogues, lm.encoder.labels.emotions, lm.encoder.labels.strategies)
    learned = [d for d in dialogues if not (held_out(d.id) or calibration(d.id))]
    rows = encode(critic, learned)
    if len({row.dialogue for row in rows if row.answered}) < 2:
        raise InputError("The data holds too few therapist turns to learn from: two dialogues at least.")
    critic = replace(critic, trained=labelled_heads(rows))
    critic.model.weigh([row.context + row.reply for row in rows if row.answered])
    read_words(critic, [row for row in rows if row.answered])
    moments = some([context for context, _ in exchanges(learned)], config.samples, config.seed)
    made_up = dict(
        zip(
            map(critic.context_ids, moments),
            map(critic.reply_ids, sampled_replies(lm, moments, config.seed)),
            strict=True,
        )
    )
    order = plan(rows, config)
    steps = math.ceil(len(order) / config.batch)
    training = Training(
        run,
        critic.model,
        run.fingerprint(config, lm.sha256, labels_sha256),
        total=steps,
        learning_rate=config.learning_rate,
        warmup=0.1,
        weight_decay=0.01,
        seed=config.seed,
    )
    notes = absent_labels(dialogues, lm.encoder.labels.emotions, lm.encoder.labels.strategies)
    run.progress("started", total=steps, resumed_from=training.start, notes=notes)
    negatives = Negatives(rows, made_up)
    if not _loop(config, training, critic, rows, negatives, order):
        return False
    _finish(config, training, critic, dialogues, lm, notes)
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
    return Critic(model, lm.encoder, frozenset(), UNCALIBRATED, {})


def _labelled(run: Run, config: CriticConfig) -> tuple[list[Dialogue], str]:
    """The dialogues with the empathy labels of the settings' file, and the file's digest."""
    dialogues = run.dialogues()
    if not config.empathy:
        return dialogues, ""
    path = Path(config.empathy)
    labelled = list(with_empathy(dialogues, read_for(path, run.data)))
    return labelled, hashlib.sha256(path.read_bytes()).hexdigest()


def read_words(critic: Critic, rows: Sequence[Row]) -> None:
    """Fit the word readers of every head that chooses a label, and of quality, on ``rows`` with answers."""
    model, encoder = critic.model, critic.encoder
    contexts = [context_parts(row.context, encoder) for row in rows]
    replies = [reply_parts(row.reply, encoder) for row in rows]
    model.context_words.learn_words(contexts)
    model.reply_words.learn_words(replies)
    for head in LABEL_HEADS:
        reader, parts = (
            (model.context_words, contexts) if head in CONTEXT_HEADS else (model.reply_words, replies)
        )
        known = [index for index, row in enumerate(rows) if row.label(head) != NOTHING]
        labels = [rows[index].label(head) for index in known]
        reader.fit(head, [parts[index] for index in known], labels, balanced=head in BALANCED)
    pairs = [(reply, row.worse) for reply, row in zip(replies, rows, strict=True) if row.worse]
    both = [reply for reply, _ in pairs] + [reply_parts(worse, encoder) for _, worse in pairs]
    model.reply_words.fit("quality", both, [1] * len(pairs) + [0] * len(pairs), balanced=False)


def balance(rows: Sequence[Row], sizes: Mapping[str, int]) -> dict[str, torch.Tensor]:
    """(outputs,) weight of every label of the balanced heads: the root of its rarity, 1 on average."""
    found = {}
    for head in BALANCED:
        labels = torch.tensor(
            [row.label(head) for row in rows if row.answered and row.label(head) != NOTHING]
        )
        counts = torch.bincount(labels, minlength=sizes[head]) if len(labels) else torch.ones(sizes[head])
        weights = (1 / counts.clamp(min=1)).sqrt()
        found[head] = weights * len(labels) / (weights * counts).sum() if len(labels) else weights
    return found


def losses(
    model: CriticModel, batch: Batch, trained: frozenset[str], weights: Mapping[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """Mean loss of each head that has labels in this batch; ``weights``: see ``balance``."""
    device = next(model.parameters()).device
    with torch.autocast(device.type, torch.bfloat16, enabled=has_bfloat16()):
        made = model(*(t.to(device) for t in (batch.ids, batch.segments, batch.positions, batch.ends)))
    logits = {name: value.float() for name, value in made.items()}
    count = batch.rows
    found = {}
    answered = batch.answered.to(device)
    modesty = torch.where(answered, 1.0, MODEST)
    for head, labels in batch.labels.items():
        known = (labels != NOTHING).to(device)
        if head in trained and bool(known.any()):
            weight = weights[head].to(device) if head in weights else None
            each = functional.cross_entropy(
                logits[head][:count], labels.to(device), weight=weight, reduction="none"
            )
            found[head] = (each * modesty)[known].mean()
    if not bool(answered.any()):
        return found
    belongs = logits["belongs"][: 2 * count, 0]
    truth = torch.cat([torch.ones(count), torch.zeros(count)]).to(device)
    each = functional.binary_cross_entropy_with_logits(belongs, truth, reduction="none")
    found["belongs"] = each[answered.repeat(2)].mean()
    found["match"] = match_loss(logits["match"][answered][:, answered], batch.dialogue.to(device)[answered])
    poorer = {"quality": torch.ones_like(batch.fluent), "tone": batch.out_of_tone, "fluent": ~batch.fluent}
    for head, chosen in poorer.items():
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
    config: CriticConfig,
    training: Training,
    critic: Critic,
    rows: Sequence[Row],
    negatives: Negatives,
    order: Sequence[int],
) -> bool:
    weights = balance(rows, critic.model.sizes)

    def loss_at(step: int) -> tuple[torch.Tensor, Metrics]:
        batch = [rows[index] for index in order[step * config.batch : (step + 1) * config.batch]]
        rng = random.Random(f"{config.seed}/{step}")
        parts = losses(critic.model, collate(critic, batch, negatives, rng), critic.trained, weights)
        loss = torch.stack([WEIGHTS[name] * part for name, part in parts.items()]).sum()
        told = {"loss": loss} | parts
        return loss, {name: float(part.detach()) for name, part in told.items()}

    return take_steps(training, config.checkpoint_every, loss_at)


def _finish(
    config: CriticConfig,
    training: Training,
    critic: Critic,
    dialogues: list[Dialogue],
    lm: LanguageModel,
    notes: list[str],
) -> None:
    run = training.run
    model = critic.model.to("cpu").eval()
    # Shipped in half precision: calibrated and measured as it will be loaded.
    model.load_state_dict({name: t.half().float() for name, t in model.state_dict().items()})
    made = fitted(critic, encode(critic, [d for d in dialogues if calibration(d.id)]))
    report = measure(made, lm, [d for d in dialogues if held_out(d.id)], config)
    replace(made, report=report).save(run.out, run.meta(config, lm) | {"notes": notes})
    training.checkpoints.remove()
    metrics = {
        f"{head}_{name}": float(value)
        for head, figures in report.items()
        for name, value in figures.items()
        if name in ("accuracy", "floor", "auc") and value is not None
    }
    run.progress("done", out=str(run.out.path), metrics=metrics)


def fitted(critic: Critic, rows: Sequence[Row]) -> Critic:
    """The critic with what ``rows``, on which no weight was trained, say of mixtures and of calibration.

    A head with too few labels among them answers by the network alone.
    """
    rows = [row for row in rows if row.answered]
    if not rows:
        return critic
    pairs = [(row.context, row.reply) for row in rows]
    network, words = critic.logits(pairs), critic.read_words(pairs)
    shares: dict[str, float] = {}
    calibrated = UNCALIBRATED
    for head in sorted(critic.trained & set(LABEL_HEADS)):
        known = [index for index, row in enumerate(rows) if row.label(head) != NOTHING]
        labels = torch.tensor([rows[index].label(head) for index in known])
        if len(labels) < MIN_ROWS:
            continue
        mixtures = {share: ((1 - share) * network[head] + share * words[head])[known] for share in SHARES}
        shares[head] = max(SHARES, key=lambda share: agreement(head, mixtures[share], labels))
        if head == "emotion":
            calibrated = fit(mixtures[shares[head]], labels)
    if "quality" in critic.trained:
        shares["quality"] = QUALITY_SHARE
    return replace(critic, calibration=calibrated, words_share=shares)


def agreement(head: str, logits: torch.Tensor, labels: torch.Tensor) -> float:
    """What a head's mixture is chosen by: macro-F1 where rare labels matter, else accuracy."""
    said = logits.argmax(dim=-1)
    return macro_f1(said, labels) if head in BALANCED else float((said == labels).double().mean())

"""Supervised fine-tuning with TRL: the model learns to write emotion, strategy and reply after a prompt."""

from __future__ import annotations

import gc
import math
import random
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from transformers import PrinterCallback
from trl import SFTConfig as TrlConfig
from trl import SFTTrainer

from trainer.bundle import LanguageModel, load_model
from trainer.callbacks import (
    RunCallback,
    Throughput,
    Training,
    micro_batch,
    numbers,
    quiet_arguments,
    score_labels_only,
    wrapped_tokenizer,
    write_result,
)
from trainer.config import InputError, SftConfig, is_out_of_memory
from trainer.data import calibration, held_out
from trainer.dialogue import Dialogue
from trainer.labels import absent_labels, require_known
from trainer.prompt import UNKNOWN, Encoder, Example
from trainer.run import Run
from trainer.swaps import swapped

HALVED_NOTE = "Memory ran out: going on with half as many messages at once, which takes longer."
HELD_OUT_EXAMPLES = 400  # at most so many are scored after training
_BLOCK = 16  # batches within which examples are sorted by length, so that little is padding


@dataclass(frozen=True, slots=True)
class Place:
    """One position in the order of training: which example, and which of its labels are dropped."""

    example: int
    drop_emotion: bool
    drop_strategy: bool


def train(config: SftConfig, run: Run) -> bool:
    """Fine-tune ``run.model`` on ``run.data`` and write the result. Returns False when stopped early.

    Dialogues of the validation and calibration tenths are never trained on. When memory runs out it goes on
    once from the last checkpoint with half as many examples at once, which adds up to the same updates.
    Raises InputError, MemoryError and the like.
    """
    try:
        return _train(config, run, halved=False)
    except Exception as error:
        if config.batch == 1 or not is_out_of_memory(error):
            raise
    gc.collect()  # the first try, which the error's frames held until here
    return _train(config, replace(run, resume=True), halved=True)


def _train(config: SftConfig, run: Run, *, halved: bool) -> bool:
    torch.set_num_threads(config.threads)
    if run.model is None:
        raise InputError("sft: name the base model (--model DIR).")
    lm = load_model(run.model, run.key)
    dialogues = run.dialogues()
    require_known(dialogues, lm.encoder.labels.emotions, lm.encoder.labels.strategies)
    limit = min(config.max_length, lm.positions)
    learned = [d for d in dialogues if not (held_out(d.id) or calibration(d.id))]
    rng = random.Random(config.seed)
    learned += [swapped(dialogue, rng) for _ in range(config.copies) for dialogue in learned]
    examples = thinned(encode(learned, lm.encoder, limit), config.alone, config.seed)
    if not examples:
        raise InputError(
            "The data holds no therapist turn and no labelled client turn to learn from "
            "(held-out dialogues are not used)."
        )
    steps = config.max_steps or math.ceil(len(examples) * config.epochs / config.batch)
    order = plan(examples, steps, config)
    training = Training(
        run,
        lm.model,
        run.fingerprint(config, lm.sha256),
        total=steps,
        learning_rate=config.learning_rate,
        warmup=config.warmup,
        weight_decay=config.weight_decay,
        seed=config.seed,
    )
    notes = absent_labels(dialogues, lm.encoder.labels.emotions, lm.encoder.labels.strategies)
    told = [HALVED_NOTE, *notes] if halved else notes
    run.progress("started", total=steps, resumed_from=training.start, notes=told, halved=halved)
    last = _loop(config, training, lm, examples, order, halved=halved)
    if training.cancelled:
        run.progress("cancelled", step=training.step)
        return False
    _finish(config, training, lm, dialogues, last, notes)
    return True


def encode(dialogues: list[Dialogue], encoder: Encoder, limit: int) -> list[Example]:
    """One example per therapist turn that answers something, at most ``limit`` tokens each.

    A labelled client turn that nobody answers (GoEmotions holds nothing else) teaches its emotion alone.
    """
    found: list[Example | None] = []
    for dialogue in dialogues:
        for index, turn in enumerate(dialogue.turns):
            if turn.speaker == "therapist" and index > 0:
                found.append(encoder.example(dialogue, index, limit))
            elif turn.speaker == "client" and index + 1 == len(dialogue.turns):
                found.append(encoder.emotion_example(dialogue, index, limit))
    return [example for example in found if example is not None]


def thinned(examples: list[Example], most: int, seed: int) -> list[Example]:
    """All examples with a reply, and at most ``most`` of each emotion of those without, drawn by the seed."""
    alone: dict[int, list[int]] = {}
    for index, example in enumerate(examples):
        if not example.has_reply:
            alone.setdefault(example.ids[-1], []).append(index)
    rng = random.Random(seed)
    dropped = {index for _, group in sorted(alone.items()) for index in rng.sample(group, len(group))[most:]}
    return [example for index, example in enumerate(examples) if index not in dropped]


def plan(examples: list[Example], steps: int, config: SftConfig) -> list[Place]:
    """The order of all steps, from the seed alone: shuffled, batches of like length, some labels dropped."""
    rng = random.Random(config.seed)
    order: list[int] = []
    while len(order) < steps * config.batch:
        everyone = rng.sample(range(len(examples)), len(examples))
        for start in range(0, len(everyone), config.batch * _BLOCK):
            block = sorted(
                everyone[start : start + config.batch * _BLOCK], key=lambda i: len(examples[i].ids)
            )
            batches = [block[at : at + config.batch] for at in range(0, len(block), config.batch)]
            rng.shuffle(batches)
            order += [index for batch in batches for index in batch]
    return [
        Place(index, rng.random() < config.drop_emotion, rng.random() < config.drop_strategy)
        for index in order[: steps * config.batch]
    ]


def learned_ids(example: Example, place: Place, encoder: Encoder) -> list[int]:
    """The example's ids with dropped labels written as "unknown", as ``Encoder.example`` would."""
    ids = list(example.ids)
    if not example.has_reply:
        return ids
    if place.drop_emotion:
        ids[example.loss_from] = encoder.emotion_ids[UNKNOWN]
    if place.drop_strategy:
        ids[example.loss_from + 2] = encoder.strategy_ids[UNKNOWN]
    return ids


class Collator:
    """Positions of the order to a padded batch: the library's dataset holds numbers, never client words."""

    def __init__(self, examples: list[Example], order: list[Place], encoder: Encoder) -> None:
        self._examples, self._order, self._encoder = examples, order, encoder

    def __call__(self, rows: list[dict[str, int]]) -> dict[str, torch.Tensor]:
        """``input_ids``, ``attention_mask`` and ``labels`` (-100 before the emotion), each (B, T)."""
        places = [self._order[row["position"]] for row in rows]
        return collate([(self._examples[place.example], place) for place in places], self._encoder)


def collate(batch: list[tuple[Example, Place]], encoder: Encoder) -> dict[str, torch.Tensor]:
    """Right-padded tensors of a batch, see ``Collator``."""
    longest = max(len(example.ids) for example, _ in batch)
    ids = torch.full((len(batch), longest), encoder.end)
    mask = torch.zeros_like(ids)
    labels = torch.full_like(ids, -100)
    for row, (example, place) in enumerate(batch):
        written = torch.tensor(learned_ids(example, place, encoder))
        ids[row, : len(written)] = written
        mask[row, : len(written)] = 1
        labels[row, example.loss_from : len(written)] = written[example.loss_from :]
    return {"input_ids": ids, "attention_mask": mask, "labels": labels}


def weigh_emotion(weight: float) -> Callable[..., Any]:
    """A forward hook for the library's model: the emotion, first of the learned tokens, counts more.

    It changes the output's ``log_probs``, (B, T - 1): those of ``labels`` from the second token on.
    """

    def hook(_: torch.nn.Module, __: Any, given: Mapping[str, Any], output: Any) -> Any:
        learned = given["labels"][:, 1:] != -100
        first = learned & (learned.cumsum(dim=1) == 1)
        output.log_probs = output.log_probs * torch.where(first, weight, 1.0)
        return output

    return hook


def _loop(
    config: SftConfig,
    training: Training,
    lm: LanguageModel,
    examples: list[Example],
    order: list[Place],
    *,
    halved: bool,
) -> dict[str, float]:
    """Run the remaining steps; returns the metrics of the last one."""
    throughput = Throughput()

    def metrics(logs: Mapping[str, float]) -> dict[str, float]:
        return {
            "loss": logs["loss"],
            "learning_rate": logs["learning_rate"],
            "tokens_per_second": throughput(logs["num_tokens"]),
            "token_accuracy": logs["mean_token_accuracy"],
        }

    callback = RunCallback(training, config.checkpoint_every, metrics)
    with tempfile.TemporaryDirectory() as empty:
        micro = micro_batch(lm.model, config.batch, small=16, large=4)
        if halved:
            micro = micro_batch(lm.model, config.batch, small=max(1, micro // 2), large=max(1, micro // 2))
        arguments = quiet_arguments(empty, micro, config.batch, training.total - training.start, config.seed)
        score_labels_only()
        trainer = SFTTrainer(
            model=lm.model,
            args=TrlConfig(
                **arguments,
                max_length=None,
                train_sampling_strategy="sequential",
                dataset_kwargs={"skip_prepare_dataset": True},
            ),
            train_dataset=numbers("position", training.start * config.batch, training.total * config.batch),
            data_collator=Collator(examples, order, lm.encoder),
            processing_class=wrapped_tokenizer(lm.encoder),
            optimizers=(training.optimizer, training.scheduler),
            callbacks=[callback],
        )
        trainer.remove_callback(PrinterCallback)
        weighing = lm.model.register_forward_hook(weigh_emotion(config.emotion_weight), with_kwargs=True)
        trainer.train()
        weighing.remove()
    return callback.last


def _finish(
    config: SftConfig,
    training: Training,
    lm: LanguageModel,
    dialogues: list[Dialogue],
    last: dict[str, float],
    notes: list[str],
) -> None:
    """Score the held-out rows, calibrate the emotion, write the result and drop the checkpoints."""
    lm.model.eval()
    metrics = {"train_loss": last["loss"]} if last else {}
    kept_out = [d for d in dialogues if held_out(d.id)]
    limit = min(config.max_length, lm.positions)
    examples = [example for example in encode(kept_out, lm.encoder, limit) if example.has_reply]
    if examples:
        metrics["held_out_loss"] = mean_loss(lm, examples[:HELD_OUT_EXAMPLES])
    write_result(training, config, lm, dialogues, metrics, notes=notes)


@torch.no_grad()
def mean_loss(lm: LanguageModel, examples: list[Example], batch: int = 16) -> float:
    """Nats per learned token (emotion, strategy, reply), labels kept."""
    total, count = 0.0, 0
    for start in range(0, len(examples), batch):
        part = [(example, Place(0, False, False)) for example in examples[start : start + batch]]
        made = {name: t.to(lm.model.device) for name, t in collate(part, lm.encoder).items()}
        logits = lm.model(made["input_ids"], attention_mask=made["attention_mask"]).logits[:, :-1].float()
        targets = made["labels"][:, 1:]
        total += float(
            torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="sum")
        )
        count += int((targets != -100).sum())
    return total / count

"""Direct preference optimisation with TRL: a professional's reply is made likelier than a poorer one.

A pair is a therapist's turn and its ``worse`` text, with the same emotion and strategy before both. The model
itself is the reward: what it adds to the log-probability of a reply, compared with the model it started from.
Source: R. Rafailov et al., "Direct Preference Optimization: Your Language Model is Secretly a Reward Model"
(2023). The better reply's own loss is added, since preferences alone may make both replies less likely.
"""

from __future__ import annotations

import math
import random
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import PrinterCallback
from trl import DPOConfig as TrlConfig
from trl import DPOTrainer
from trl.trainer.dpo_trainer import DataCollatorForPreference

from trainer.bundle import LanguageModel, load_model
from trainer.callbacks import (
    RunCallback,
    Training,
    has_bfloat16,
    micro_batch,
    numbers,
    quiet_arguments,
    score_labels_only,
    wrapped_tokenizer,
    write_result,
)
from trainer.config import DpoConfig, InputError
from trainer.data import calibration, held_out
from trainer.dialogue import Dialogue
from trainer.labels import require_known
from trainer.prompt import Encoder, client_emotion
from trainer.run import Run

ROWS = 16  # pairs that are measured at once: bounds memory


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
    pairs = make_pairs([d for d in dialogues if not (held_out(d.id) or calibration(d.id))], lm.encoder, limit)
    if not pairs:
        raise InputError(
            "The data holds no therapist turn with a poorer alternative ('worse') to learn from "
            "(held-out dialogues are not used)."
        )
    steps = config.max_steps or math.ceil(len(pairs) * config.epochs / config.batch)
    training = Training(
        run,
        lm.model,
        run.fingerprint(config, lm.sha256),
        total=steps,
        learning_rate=config.learning_rate,
        warmup=config.warmup,
        weight_decay=0.0,
        seed=config.seed,
    )
    run.progress("started", total=steps, resumed_from=training.start)
    kept_out = make_pairs([d for d in dialogues if held_out(d.id)], lm.encoder, limit)
    if not training.extra:  # of the starting model, once
        training.extra["reference"] = log_probabilities(lm, pairs)
        training.extra["before"] = log_probabilities(lm, kept_out)
    _loop(config, training, lm, pairs)
    if training.cancelled:
        run.progress("cancelled", step=training.step)
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


def plan(count: int, steps: int, config: DpoConfig) -> list[int]:
    """The order of all steps, from the seed alone: every pair once before any comes again."""
    rng = random.Random(config.seed)
    order: list[int] = []
    while len(order) < steps * config.batch:
        order += rng.sample(range(count), count)
    return order[: steps * config.batch]


def padded(pairs: Sequence[Pair], end: int) -> dict[str, torch.Tensor]:
    """The library's batch: ``input_ids``, ``attention_mask``, ``completion_mask``, each (2B, T).

    The better replies come first. Padding stands on the right.
    """
    rows = [
        {"prompt_ids": [*pair.prompt], "chosen_ids": [*pair.chosen], "rejected_ids": [*pair.rejected]}
        for pair in pairs
    ]
    batch: dict[str, torch.Tensor] = DataCollatorForPreference(pad_token_id=end)(rows)
    return batch


class Collator:
    """Positions of the order to a padded batch: the library's dataset holds numbers, never client words."""

    def __init__(
        self, pairs: Sequence[Pair], order: Sequence[int], reference: torch.Tensor, end: int
    ) -> None:
        """``reference`` (P, 2): the starting model's log-probabilities of both replies of each pair."""
        self._pairs, self._order, self._reference, self._end = pairs, order, reference, end

    def __call__(self, rows: list[dict[str, int]]) -> dict[str, torch.Tensor]:
        places = [self._order[row["position"]] for row in rows]
        chosen, rejected = self._reference[places].unbind(dim=1)
        batch = padded([self._pairs[place] for place in places], self._end)
        return batch | {"ref_chosen_logps": chosen, "ref_rejected_logps": rejected}


class Preferences(DPOTrainer):
    """TRL's trainer on pairs that lie outside its data set, with log-probabilities that are known already.

    The library would tokenise text and write what it computes to files.
    """

    def _prepare_dataset(self, dataset: Any, *_: Any) -> Any:
        return dataset

    def _precompute_ref_logps(self, dataset: Any, *_: Any) -> Any:
        return dataset


@torch.no_grad()
def log_probabilities(lm: LanguageModel, pairs: Sequence[Pair]) -> torch.Tensor:
    """(P, 2) log-probabilities in nats of the better and the poorer reply as a whole, on the processor."""
    training = lm.model.training
    lm.model.eval()
    found = [torch.empty(0, 2)]
    device = lm.model.device
    for start in range(0, len(pairs), ROWS):
        batch = {
            name: t.to(device) for name, t in padded(pairs[start : start + ROWS], lm.encoder.end).items()
        }
        with torch.autocast(device.type, torch.bfloat16, enabled=has_bfloat16()):
            logits = lm.model(batch["input_ids"], attention_mask=batch["attention_mask"]).logits
        wanted = batch["input_ids"][:, 1:]
        loss = torch.nn.functional.cross_entropy(
            logits[:, :-1].float().flatten(0, 1), wanted.flatten(), reduction="none"
        ).view_as(wanted)
        sums = -(loss * batch["completion_mask"][:, 1:]).sum(dim=1)
        found.append(sums.view(2, -1).T.cpu())
    lm.model.train(training)
    return torch.cat(found)


def preferences(pairs: Sequence[Pair], before: torch.Tensor, after: torch.Tensor) -> dict[str, float]:
    """How a model ranks pairs now and did before, beside the floors; {} without pairs.

    ``before``, ``after``: (P, 2) log-probabilities. Replies are ranked by log-probability per token, so that
    a short one has no advantage; "reward" ranks them by what training added, as the loss does. The floors:
    chance, and always taking the longer reply.
    """
    if not pairs:
        return {}
    lengths = torch.tensor([(len(pair.chosen), len(pair.rejected)) for pair in pairs])
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


def _loop(config: DpoConfig, training: Training, lm: LanguageModel, pairs: list[Pair]) -> None:
    """Run the remaining steps."""

    def metrics(logs: Mapping[str, float]) -> dict[str, float]:
        return {
            "loss": logs["loss"],
            "accuracy": logs["rewards/accuracies"],
            "margin": logs["rewards/margins"],
            "chosen_logp": logs["logps/chosen"],
            "chosen_gain": logs["rewards/chosen"] / config.beta,  # nats over the starting model
            "learning_rate": logs["learning_rate"],
        }

    order = plan(len(pairs), training.total, config)
    collator = Collator(pairs, order, training.extra["reference"], lm.encoder.end)
    with tempfile.TemporaryDirectory() as empty:
        micro = micro_batch(lm.model, config.batch, small=8, large=2)
        arguments = quiet_arguments(empty, micro, config.batch, training.total - training.start, config.seed)
        score_labels_only()
        trainer = Preferences(
            model=lm.model,
            args=TrlConfig(
                **arguments,
                beta=config.beta,
                loss_type=["sigmoid", "sft"],
                loss_weights=[1.0, config.sft_weight],
                precompute_ref_log_probs=True,
                max_length=None,
                train_sampling_strategy="sequential",
            ),
            train_dataset=numbers("position", training.start * config.batch, training.total * config.batch),
            data_collator=collator,
            processing_class=wrapped_tokenizer(lm.encoder),
            optimizers=(training.optimizer, training.scheduler),
            callbacks=[RunCallback(training, config.checkpoint_every, metrics)],
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train()

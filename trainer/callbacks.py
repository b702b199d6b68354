"""What turns a loop of TRL into a run of ours: numbering, progress, checkpoints, clean stop, exact resume.

The library's own checkpoints are plain pickled files, so they are switched off. Instead the order of the
examples is fixed before the first step, optimiser and schedule are made here, and ``Training`` keeps them
with the weights and every random state in one blob. A resumed run gets a trainer for the remaining positions.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

import torch
import trl.trainer.utils
from datasets import Dataset
from torch.optim.lr_scheduler import LambdaLR
from transformers import PreTrainedTokenizerFast, TrainerCallback, TrainerControl, TrainerState
from transformers import set_seed as seed_everything

from trainer.bundle import LanguageModel, save_model
from trainer.calibration import calibrate
from trainer.checkpoint import Checkpoints, random_state, require_finite, require_space, set_random_state
from trainer.desk import usual_likelihood
from trainer.dialogue import Dialogue
from trainer.prompt import END, Encoder
from trainer.run import Run

LARGE_MODEL = 50_000_000  # parameters; from here a whole batch of activations no longer fits small machines


def device() -> torch.device:
    """The accelerator if there is one, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def has_bfloat16() -> bool:
    """Whether bfloat16 is fast here; on a processor without the instructions it is emulated, and slow."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    found = torch.cpu.get_capabilities()
    return bool(found.get("avx512_bf16") or found.get("amx_bf16") or found.get("sve_bf16"))


def micro_batch(model: torch.nn.Module, batch: int, small: int, large: int) -> int:
    """Sequences that go through the model at once: the largest divisor of ``batch`` that is small enough."""
    cap = large if sum(p.numel() for p in model.parameters()) > LARGE_MODEL else small
    if device().type == "cuda":
        cap *= 4
    return max(size for size in range(1, min(batch, cap) + 1) if batch % size == 0)


def quiet_arguments(out: str, micro: int, batch: int, steps: int, seed: int) -> dict[str, Any]:
    """Arguments common to TRL's trainers: it writes no file, reports nowhere, and takes ``steps`` steps.

    ``out`` must be an empty temporary folder: the library insists on one and leaves it empty.
    """
    return {
        "output_dir": out,
        "per_device_train_batch_size": micro,
        "gradient_accumulation_steps": batch // micro,
        "max_steps": steps,
        "seed": seed,
        "bf16": has_bfloat16(),
        "use_cpu": device().type == "cpu",
        "activation_checkpointing": False,
        "dataloader_pin_memory": False,
        "remove_unused_columns": False,
        "logging_steps": 1,
        "logging_nan_inf_filter": False,
        "disable_tqdm": True,
        "save_strategy": "no",
        "report_to": "none",
    }


def score_labels_only() -> None:
    """Have TRL's fused head read the positions that have a label, on every device.

    Without Triton it reads all positions, prompts included, so that a compiler would see one shape; without a
    compiler that only cost time: 1.85 times as long for a step of fine-tuning on two cores.
    """
    trl.trainer.utils._use_triton = lambda _: True


def wrapped_tokenizer(encoder: Encoder) -> PreTrainedTokenizerFast:
    """The tokenizer in the library's clothes; the library asks for one, though it tokenises nothing."""
    return PreTrainedTokenizerFast(
        tokenizer_object=encoder.tokenizer, bos_token=END, eos_token=END, pad_token=END
    )


def numbers(column: str, start: int, end: int) -> Dataset:
    """The library's data set: numbers of places in an order that we keep. It never sees client words."""
    kind = str if column == "prompt" else int  # a prompt must look like text to the library
    return Dataset.from_dict({column: [kind(number) for number in range(start, end)]})


def own_state(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """The model's tensors without the head, which is the embedding again."""
    return {name: tensor for name, tensor in model.state_dict().items() if name != "lm_head.weight"}


class Training:
    """Weights, optimiser, schedule and randomness of one run, saved and restored together.

    An update whose gradient is no number raises Diverged instead of spoiling the weights.

    ``start`` is the number of steps that earlier parts of the run have done, ``step`` the number of all;
    ``extra`` holds whatever else a command must remember (plain values and tensors).
    """

    def __init__(
        self,
        run: Run,
        model: torch.nn.Module,
        fingerprint: str,
        *,
        total: int,
        learning_rate: float,
        warmup: float,
        weight_decay: float,
        seed: int,
    ) -> None:
        """Moves ``model`` to the device and, when the run is resumed, loads the newest checkpoint into it.

        The learning rate rises over the share ``warmup`` of the ``total`` steps, then falls as a cosine to a
        tenth. Raises InputError for a checkpoint of another run.
        """
        self.run = run
        self.total = total
        self.model = model.to(device())
        matrices = [p for p in model.parameters() if p.dim() > 1]
        others = [p for p in model.parameters() if p.dim() <= 1]
        groups = [{"params": matrices, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=learning_rate, betas=(0.9, 0.98))
        self.optimizer.register_step_pre_hook(lambda *_: self._require_finite())
        self.scheduler = LambdaLR(self.optimizer, lambda step: _schedule(step, total, warmup))
        held = 3 * 4 * sum(p.numel() for p in model.parameters())  # weights and two moments, in float32
        require_space(run.out, 2 * held)  # two checkpoints; the result is a third of one
        self.checkpoints = Checkpoints(run.out, fingerprint)
        self.start = self.step = 0
        self.extra: dict[str, Any] = {}
        self.cancelled = False
        self._seed = seed
        self.kept: int | None = None  # step of the newest checkpoint
        self._random: dict[str, Any] | None = None
        if run.resume and (found := self.checkpoints.load()) is not None:
            self.start, state = found
            self.step = self.kept = self.start
            self.model.load_state_dict(state["model"], strict=False)  # the tied head is not in it
            self.optimizer.load_state_dict(state["optimizer"])
            self.scheduler.load_state_dict(state["scheduler"])
            self._random, self.extra = state["random"], state["extra"]

    def begin(self) -> None:
        """Set the random states just before the first step: whatever was drawn until now does not matter."""
        if self._random is None:
            seed_everything(self._seed)
        else:
            set_random_state(self._random)

    def _require_finite(self) -> None:
        """Called before every update, so that the weights stay those of the last good step."""
        gradients = [p.grad for p in self.model.parameters() if p.grad is not None]
        require_finite(float(torch.nn.utils.get_total_norm(gradients)), self.step + 1, self.kept)

    def save(self) -> None:
        """Write a checkpoint of the step just done. Raises InputError when the disk refuses it."""
        state = {
            "model": own_state(self.model),
            "optimizer": self.optimizer.state_dict(),
            "scheduler": self.scheduler.state_dict(),
            "random": random_state(),
            "extra": self.extra,
        }
        self.checkpoints.save(self.step, state)
        self.kept = self.step
        self.run.progress("checkpoint", step=self.step)


def write_result(
    training: Training,
    config: Any,
    lm: LanguageModel,
    dialogues: list[Dialogue],
    metrics: dict[str, float],
    *,
    stopped: str | None = None,
    broken: bool = False,
    **more: Any,
) -> None:
    """Calibrate emotion and likelihood anew, write the model with its ``meta.json`` and drop the checkpoints.

    Figures of the calibration are added to ``metrics``; ``more`` goes to the meta as it is; ``stopped`` says
    why the run ended early. The checkpoints of a ``broken`` run stay, so that it can be resumed.
    """
    run = training.run
    lm.model.eval()
    lm.model.config.use_cache = True
    measured = calibrate(lm, dialogues, metrics) | {"likelihood": usual_likelihood(lm, dialogues)}
    meta = run.meta(config, lm) | measured | {"metrics": metrics} | more
    save_model(run.out, lm.model, lm.encoder, meta)
    if not broken:
        training.checkpoints.remove()
    run.progress("done", out=str(run.out.path), metrics=metrics, **({"stopped": stopped} if stopped else {}))


def _schedule(step: int, total: int, warmup: float) -> float:
    rising = max(1.0, warmup * total)
    if step < rising:
        return (step + 1) / rising if rising > 1 else 1.0
    done = min(1.0, (step - rising) / max(1.0, total - rising))
    return 0.1 + 0.45 * (1 + math.cos(math.pi * done))


class RunCallback(TrainerCallback):
    """Reports every step, saves every ``every`` steps and when asked to stop."""

    def __init__(
        self,
        training: Training,
        every: int,
        metrics: Callable[[Mapping[str, float]], dict[str, float]],
        after_step: Callable[[int, dict[str, float]], str | None] | None = None,
    ) -> None:
        """``metrics`` picks from the library's log; ``after_step`` may return why training should end now."""
        self._training = training
        self._every = every
        self._metrics = metrics
        self._after_step = after_step
        self.last: dict[str, float] = {}
        self.stopped: str | None = None

    def on_step_begin(self, *given: Any, **_: Any) -> None:
        state: TrainerState = given[1]
        if state.global_step == 0:
            self._training.begin()

    def on_log(self, *given: Any, logs: Mapping[str, float], **_: Any) -> None:
        """Called after every step (and once more with a summary, which has no loss)."""
        state: TrainerState = given[1]
        control: TrainerControl = given[2]
        if "loss" not in logs:
            return
        training = self._training
        step = training.step = training.start + state.global_step
        self.last = self._metrics(logs)
        training.run.progress("step", step=step, metrics=self.last)
        if self._after_step is not None:
            self.stopped = self._after_step(step, self.last)
        if step == training.total or self.stopped is not None:
            control.should_training_stop = True
            return
        training.cancelled = training.run.stop.is_set()
        if training.cancelled or step % self._every == 0:
            training.save()
        control.should_training_stop |= training.cancelled


class Throughput:
    """Tokens per second between two readings of a running count."""

    def __init__(self) -> None:
        self._last = (0.0, time.monotonic())

    def __call__(self, count: float) -> float:
        now = time.monotonic()
        rate = (count - self._last[0]) / max(now - self._last[1], 1e-6)
        self._last = (count, now)
        return rate

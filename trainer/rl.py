"""Reinforcement learning with TRL's GRPO: replies are sampled, scored by component, the better made likelier.

Each component is normalised over the replies to one message before weighting, so that none drowns another; a
Kullback-Leibler term holds the policy near the model it started from; a run that loses variety is stopped.
"""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from transformers import PrinterCallback
from trl import GRPOConfig

from trainer.bundle import CRITIC_WEIGHTS, LanguageModel, digest, load_model, save_model
from trainer.calibration import calibrate
from trainer.callbacks import (
    RunCallback,
    Training,
    micro_batch,
    numbers,
    own_state,
    quiet_arguments,
    wrapped_tokenizer,
)
from trainer.config import InputError, RlConfig
from trainer.critic import Critic, critic_folder
from trainer.data import calibration, held_out
from trainer.dialogue import Dialogue
from trainer.generate import SLOTS_WRITTEN, Generated
from trainer.policy import Policy, choice_mask
from trainer.rewards import COMPONENTS, words
from trainer.rollout import Components, Scorer, Task, Writer, distinct2, make_tasks, task_order
from trainer.run import Run

RECENT = 200  # latest replies over which variety is measured
MAX_KL = 1.0  # nats per token, mean of KL_STEPS: further off, the critic is asked about text it never saw
KL_STEPS = 5
MIN_WORDS = 4  # mean length of the recent replies; shorter ones say nothing
SAMPLE_EVERY = 10  # steps between two "sample" events


def train(config: RlConfig, run: Run) -> bool:
    """Improve ``run.model`` by reward and write the result. Returns False when stopped early.

    Dialogues of the validation and calibration tenths give no prompts. Raises InputError.
    """
    torch.set_num_threads(config.threads)
    if run.model is None:
        raise InputError("rl: name the fine-tuned model (--model DIR).")
    unknown = set(config.weights) - set(COMPONENTS)
    if unknown:
        raise InputError(
            f"rl: there is no reward component {sorted(unknown)[0]!r}; known: {', '.join(COMPONENTS)}."
        )
    if config.completions < 2:
        raise InputError("rl: completions must be at least 2, since replies are compared with each other.")
    if config.beta <= 0:
        raise InputError("rl: beta must be above 0; it holds the model near the one it started from.")
    lm = load_model(run.model, run.key)
    critic_path = run.critic or run.model
    critic = Critic.load(critic_path, run.key)
    critic_sha256 = digest(critic_folder(critic_path, run.key).read(CRITIC_WEIGHTS))
    dialogues = run.dialogues()
    learned = [d for d in dialogues if not (held_out(d.id) or calibration(d.id))]
    tasks = make_tasks(learned, lm, config)
    if not tasks:
        raise InputError(
            "The data holds no client turn that a therapist answers (held-out ones are not used)."
        )
    reference = copy.deepcopy(lm.model).eval().requires_grad_(False)
    training = Training(
        run,
        lm.model,
        run.fingerprint(config, lm.sha256, critic_sha256),
        total=config.max_steps,
        learning_rate=config.learning_rate,
        warmup=0.05,
        weight_decay=0.0,
        seed=config.seed,
    )
    run.progress("started", total=config.max_steps, resumed_from=training.start)
    scorer = Scorer(critic, config.weights, learned)
    shown = _shown(dialogues, lm, config) or tasks[0]
    watch = Watch(config, training, Writer(lm, scorer, config), shown)
    callback = _loop(config, training, lm, reference, watch, tasks)
    if training.cancelled:
        run.progress("cancelled", step=training.step)
        return False
    kept = watch.best(training.step)
    lm.model.load_state_dict(kept["model"] if kept else reference.state_dict(), strict=False)
    outcome = {
        "stopped": callback.stopped,
        "kept_step": kept["step"] if kept else 0,  # 0: nothing varied was found, the base is kept
        "critic_sha256": critic_sha256,
    }
    _finish(config, training, lm, dialogues, outcome, callback.last)
    return True


def _shown(dialogues: Sequence[Dialogue], lm: LanguageModel, config: RlConfig) -> Task | None:
    """The message whose reply is shown as the model learns: one it does not learn from."""
    tasks = make_tasks([d for d in dialogues if held_out(d.id)][:1], lm, config)
    return tasks[0] if tasks else None


class Watch:
    """Follows a run: figures of each step, variety, the best weights so far, and when to stop.

    What it remembers lies in ``training.extra``, so that a resumed run decides as an unbroken one would.
    """

    def __init__(self, config: RlConfig, training: Training, writer: Writer, shown: Task) -> None:
        self._config, self._training, self._writer, self._shown = config, training, writer, shown
        self._memory = training.extra
        for name in ("recent", "kl", "rewards"):
            self._memory.setdefault(name, [])
        self._memory.setdefault("best", None)
        self._figures: dict[str, float] = {}

    def write(self, tasks: Sequence[Task]) -> tuple[list[Generated], list[Components]]:
        """Write and score one reply per task; draws depend on the seed and the step alone."""
        written, components = self._writer(tasks, self._config.seed * 1_000_003 + self._training.step)
        totals = [self._writer.total(parts) for parts in components]
        self._memory["recent"] = [*self._memory["recent"], *(made.reply for made in written)][-RECENT:]
        self._memory["rewards"].append(sum(totals) / len(totals))
        self._figures = {"reward": self._memory["rewards"][-1]}
        for name in self._config.weights:
            known = [value for parts in components if (value := parts[name]) is not None]
            if known:
                self._figures[name] = sum(known) / len(known)
        self._figures["length"] = sum(len(made.ids) - SLOTS_WRITTEN for made in written) / len(written)
        self._figures["ended"] = sum(made.ended for made in written) / len(written)
        self._figures["distinct2"] = distinct2(self._memory["recent"])
        return written, components

    def metrics(self, logs: Mapping[str, float]) -> dict[str, float]:
        """Figures of the step for the event: rewards, variety, and the library's own."""
        return self._figures | {name: logs[name] for name in ("kl", "entropy", "loss", "learning_rate")}

    def after_step(self, step: int, metrics: dict[str, float]) -> str | None:
        """Note the best, show a sample now and then; why to stop, or None."""
        self._memory["kl"] = [*self._memory["kl"], metrics["kl"]][-KL_STEPS:]
        if step % self._config.checkpoint_every == 0:
            self._note_best(step)
        if step % SAMPLE_EVERY == 0 or step == 1:
            written, components = self._writer([self._shown], self._config.seed)
            self._training.run.progress(
                "sample",
                step=step,
                prompt=self._shown.dialogue.turns[-1].text,
                reply=written[0].reply,
                reward=self._writer.total(components[0]),
            )
        return self._reason()

    def _reason(self) -> str | None:
        kl: list[float] = self._memory["kl"]
        if len(kl) == KL_STEPS and sum(kl) / KL_STEPS > MAX_KL:
            return f"the model moved too far from the one it started from (KL above {MAX_KL} per token)"
        recent: list[str] = self._memory["recent"]
        if len(recent) < RECENT:
            return None
        if distinct2(recent) < self._config.stop_distinct2:
            return f"replies lost their variety (distinct-2 below {self._config.stop_distinct2})"
        if sum(len(words(reply)) for reply in recent) / RECENT < MIN_WORDS:
            return f"replies became too short (below {MIN_WORDS} words on average)"
        return None

    def _note_best(self, step: int) -> None:
        """Keep the weights if the replies since the last look earned more, and are varied."""
        mean = sum(self._memory["rewards"]) / len(self._memory["rewards"])
        self._memory["rewards"] = []
        best = self._memory["best"]
        if distinct2(self._memory["recent"]) < self._config.stop_distinct2:
            return
        if best is None or mean > best["reward"]:
            model = {name: t.cpu().clone() for name, t in own_state(self._training.model).items()}
            self._memory["best"] = {"reward": mean, "step": step, "model": model}

    def best(self, step: int) -> dict[str, Any] | None:
        """Step, mean reward and weights to keep at the end of the run; None: nothing varied was found."""
        if self._memory["rewards"]:
            self._note_best(step)
        best: dict[str, Any] | None = self._memory["best"]
        return best


def _component(name: str) -> Callable[..., list[float | None]]:
    """A reward function for the library, which logs it by its name; None where the value is unknown."""

    def read(components: Sequence[Components], **_: Any) -> list[float | None]:
        return [parts[name] for parts in components]

    read.__name__ = name
    return read


def _loop(
    config: RlConfig,
    training: Training,
    lm: LanguageModel,
    reference: torch.nn.Module,
    watch: Watch,
    tasks: list[Task],
) -> RunCallback:
    """Run the remaining steps; the callback knows the last figures and why it stopped."""
    order = task_order(len(tasks), config)

    def rollout(prompts: list[str], _: Policy) -> dict[str, Any]:
        chosen = [tasks[order[int(place)]] for place in prompts]
        written, components = watch.write(chosen)
        ids = [list(made.ids) for made in written]
        return {
            "prompt_ids": [list(task.prompt.ids) for task in chosen],
            "completion_ids": ids,
            "logprobs": None,
            "env_mask": [choice_mask(len(row)) for row in ids],
            "components": components,
        }

    callback = RunCallback(training, config.checkpoint_every, watch.metrics, watch.after_step)
    batch = config.prompts * config.completions
    with tempfile.TemporaryDirectory() as empty:
        micro = micro_batch(training.model, batch, small=64, large=8)
        trainer = Policy(
            model=training.model,
            reference=reference,
            beta=config.beta,
            reward_funcs=[_component(name) for name in config.weights],
            rollout_func=rollout,
            args=GRPOConfig(
                **quiet_arguments(empty, micro, batch, training.total - training.start, config.seed),
                num_generations=config.completions,
                max_completion_length=config.max_reply + SLOTS_WRITTEN,
                temperature=config.temperature,
                beta=0.0,
                reward_weights=list(config.weights.values()),
                multi_objective_aggregation="normalize_then_sum",
                shuffle_dataset=False,
                disable_dropout=True,
            ),
            train_dataset=numbers("prompt", training.start * config.prompts, training.total * config.prompts),
            processing_class=wrapped_tokenizer(lm.encoder),
            optimizers=(training.optimizer, training.scheduler),
            callbacks=[callback],
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    return callback


def _finish(
    config: RlConfig,
    training: Training,
    lm: LanguageModel,
    dialogues: list[Dialogue],
    outcome: dict[str, Any],
    last: dict[str, float],
) -> None:
    """Calibrate the emotion anew, write the result and drop the checkpoints."""
    run = training.run
    lm.model.eval()
    metrics = dict(last)
    meta = run.meta(config, lm) | calibrate(lm, dialogues, metrics)
    meta |= {"metrics": metrics, "rl": outcome}
    lm.model.config.use_cache = True
    save_model(run.out, lm.model, lm.encoder, meta)
    training.checkpoints.remove()
    run.progress("done", out=str(run.out.path), metrics=metrics)

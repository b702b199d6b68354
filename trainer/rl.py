"""Reinforcement learning with TRL: replies are sampled, scored by component, the better made likelier.

Each component is normalised over the replies to one message before weighting, so that none drowns another; a
Kullback-Leibler term holds the policy near the model it started from; a run that goes wrong is stopped, and
of all weights those are kept that do best on messages nobody learns from (``trainer.watch``).
"""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Callable, Sequence
from typing import Any

import torch
from transformers import PrinterCallback
from trl import GRPOConfig

from trainer.bundle import CRITIC_WEIGHTS, SENSE_WEIGHTS, LanguageModel, digest, load_model
from trainer.callbacks import (
    RunCallback,
    Training,
    micro_batch,
    numbers,
    quiet_arguments,
    score_labels_only,
    wrapped_tokenizer,
    write_result,
)
from trainer.checkpoint import Diverged, what_is_kept
from trainer.config import InputError, RlConfig
from trainer.critic import Critic, critic_folder
from trainer.data import calibration, held_out
from trainer.dialogue import Dialogue
from trainer.generate import SLOTS_WRITTEN
from trainer.labels import require_known
from trainer.policy import LeaveOneOut, Policy, choice_mask, longest_prompt
from trainer.rewards import COMPONENTS
from trainer.rollout import Components, Scorer, Task, Writer, make_tasks, task_order
from trainer.run import Run
from trainer.sense import SenseReader, sense_folder
from trainer.watch import Watch, validation_tasks

# What the library is told for each algorithm; both compare the components before they weigh them.
ALGORITHMS: dict[str, tuple[type[Policy], dict[str, str]]] = {
    "grpo": (Policy, {"multi_objective_aggregation": "normalize_then_sum"}),
    "rloo": (
        LeaveOneOut,  # its advantages are used as they are; a completion counts as one action
        {
            "multi_objective_aggregation": "sum_then_normalize",
            "scale_rewards": "none",
            "loss_type": "dr_grpo",
        },
    ),
}


def train(config: RlConfig, run: Run) -> bool:
    """Improve ``run.model`` by reward and write the result. Returns False when stopped early.

    Dialogues of the validation and calibration tenths give no prompts. Raises InputError.
    """
    torch.set_num_threads(config.threads)
    if run.model is None:
        raise InputError("rl: name the fine-tuned model (--model DIR).")
    _check(config)
    lm = load_model(run.model, run.key)
    if longest_prompt(lm, config) < 1:
        raise InputError(f"rl: max_reply leaves no room in a window of {lm.positions} tokens; lower it.")
    critic_path = run.critic or run.model
    critic = Critic.load(critic_path, run.key)
    critic_sha256 = digest(critic_folder(critic_path, run.key).read(CRITIC_WEIGHTS))
    sense, sense_sha256 = None, ""
    if run.sense is not None:
        sense = SenseReader.load(run.sense, lm, run.key)
        sense.model.merge()
        sense_sha256 = digest(sense_folder(run.sense, run.key).read(SENSE_WEIGHTS))
    dialogues = run.dialogues()
    require_known(dialogues, lm.encoder.labels.emotions, lm.encoder.labels.strategies)
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
        run.fingerprint(config, lm.sha256, critic_sha256, sense_sha256),
        total=config.max_steps,
        learning_rate=config.learning_rate,
        warmup=0.05,
        weight_decay=0.0,
        seed=config.seed,
    )
    run.progress("started", total=config.max_steps, resumed_from=training.start)
    scorer = Scorer(critic, config.weights, learned, sense)
    shown = _shown(dialogues, lm, config) or tasks[0]
    validation, origin = validation_tasks(dialogues, lm, config)
    watch = Watch(config, training, Writer(lm, scorer, config), shown, validation)
    callback, broken = _loop(config, training, lm, reference, watch, tasks)
    if training.cancelled:
        run.progress("cancelled", step=training.step)
        return False
    best = watch.best
    lm.model.load_state_dict(best["model"] or reference.state_dict(), strict=False)
    outcome = {
        "algorithm": config.algorithm,
        "stopped": callback.stopped,
        "kept_step": best["step"],  # 0: nothing better and as varied was found, the base is kept
        "kept": {name: value for name, value in best.items() if name != "model"},
        "validation": watch.looks,
        "validated_on": origin,
        "critic_sha256": critic_sha256,
        "sense_sha256": sense_sha256,
    }
    write_result(
        training,
        config,
        lm,
        dialogues,
        dict(callback.last),
        stopped=callback.stopped,
        broken=broken,
        rl=outcome,
    )
    return True


def _check(config: RlConfig) -> None:
    """Refuse settings that cannot work. Raises InputError."""
    if config.algorithm not in ALGORITHMS:
        raise InputError(
            f"rl: there is no algorithm {config.algorithm!r}; known: {', '.join(sorted(ALGORITHMS))}."
        )
    unknown = set(config.weights) - set(COMPONENTS)
    if unknown:
        raise InputError(
            f"rl: there is no reward component {sorted(unknown)[0]!r}; known: {', '.join(COMPONENTS)}."
        )
    if not any(config.weights.values()):
        raise InputError("rl: every weight is 0; give some component one above 0.")
    if config.max_steps < 1:
        raise InputError("rl: max_steps must be at least 1.")
    if config.temperature <= 0:
        raise InputError("rl: temperature must be above 0; replies are sampled.")
    if config.completions < 2:
        raise InputError("rl: completions must be at least 2, since replies are compared with each other.")
    if config.validation_prompts < 1:
        raise InputError("rl: validation_prompts must be at least 1; by them the best weights are chosen.")
    if config.beta <= 0:
        raise InputError("rl: beta must be above 0; it holds the model near the one it started from.")


def _shown(dialogues: Sequence[Dialogue], lm: LanguageModel, config: RlConfig) -> Task | None:
    """The message whose reply is shown as the model learns: one it does not learn from."""
    tasks = make_tasks([d for d in dialogues if held_out(d.id)][:1], lm, config)
    return tasks[0] if tasks else None


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
) -> tuple[RunCallback, bool]:
    """Run the remaining steps; the callback knows the last figures and why it stopped.

    True when the run broke off: the best weights so far are a result, and --resume may bring better ones.
    Raises Diverged when none are better than those it began with.
    """
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
        policy, rules = ALGORITHMS[config.algorithm]
        score_labels_only()
        trainer = policy(
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
                **rules,
                shuffle_dataset=False,
                disable_dropout=True,
            ),
            train_dataset=numbers("prompt", training.start * config.prompts, training.total * config.prompts),
            processing_class=wrapped_tokenizer(lm.encoder),
            optimizers=(training.optimizer, training.scheduler),
            callbacks=[callback],
        )
        trainer.remove_callback(PrinterCallback)
        try:
            trainer.train()
        except Diverged as error:
            said = f"{error.reason} after step {training.step}; {what_is_kept(training.kept)}"
            if watch.best["step"] == 0:
                raise Diverged(said) from None
            callback.stopped = said
            return callback, True
    return callback, False

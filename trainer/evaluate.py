"""Evaluation: the same inputs, seeds and decoding for every model, beside the floors and the professionals.

Writes ``report.json``, ``report.html`` and ``predictions.jsonl``.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from trainer import floors
from trainer.bundle import CRITIC_CONFIG, LanguageModel, load_model
from trainer.config import EvaluateConfig, InputError
from trainer.critic import Critic
from trainer.data import held_out
from trainer.generate import SLOTS_WRITTEN, generate_replies
from trainer.metrics import Guess
from trainer.report import render
from trainer.run import DataFile, Run
from trainer.scoreboard import MODEL, Scoreboard, System
from trainer.yardsticks import Test, Yardsticks, make_test


class Cancelled(Exception):
    """The person stopped the evaluation; nothing of it is written."""


def evaluate(
    config: EvaluateConfig,
    run: Run,
    *,
    compare: Mapping[str, Path],
    training: Sequence[DataFile],
    seed: int,
) -> bool:
    """Measure ``run.model`` and the models of ``compare`` on ``run.data``. Returns False when stopped early.

    ``training`` is what the models learned from: floors and judges are made of it, never of the references.
    A dialogue that may have been trained on is used only when there is no other. Raises InputError.
    """
    torch.set_num_threads(config.threads)
    if run.model is None:
        raise InputError("evaluate: name the model (--model DIR).")
    if MODEL in compare or any(not name for name in compare):
        raise InputError("--compare NAME=DIR: choose a name other than 'model'.")
    folders = {MODEL: run.model, **compare}
    models = {name: load_model(path, run.key) for name, path in folders.items()}
    critic_folder = run.critic or _bundled_critic(run.model, models[MODEL])
    critic = None if critic_folder is None else Critic.load(critic_folder, run.key)
    test, unseen = choose_test(config, run, list(models.values()), training, seed)
    known = [d for file in training for d in file.dialogues if not held_out(d.id)]
    run.progress("started", total=len(models) * len(test.contexts))
    try:
        systems = {
            name: answer(lm, test, config, run, seed, offset=number * len(test.contexts))
            for number, (name, lm) in enumerate(models.items())
        }
    except Cancelled:
        run.progress("cancelled", step=0)
        return False
    yardsticks = Yardsticks.fit([d for d in known if d.id not in set(test.ids)], seed)
    scoreboard = Scoreboard(test, yardsticks, critic, resamples=config.bootstrap, seed=seed)
    report, parts = scoreboard.report(systems, unseen)
    report["models"] = {name: _described(lm) for name, lm in models.items()}
    report["config"] = asdict(config) | {"seed": seed}
    write(run, report, predictions(test, systems, parts), config)
    figures = {
        name: figure["value"] for name, figure in report["model"].items() if figure["value"] is not None
    }
    run.progress("done", out=str(run.out.path), metrics=figures)
    return True


def _bundled_critic(path: Path, lm: LanguageModel) -> Path | None:
    """A bundle brings its critic."""
    return path if lm.manifest is not None and CRITIC_CONFIG in lm.manifest.files else None


def _described(lm: LanguageModel) -> dict[str, Any]:
    manifest = lm.manifest
    return {
        "sha256": lm.sha256,
        "name": None if manifest is None else manifest.name,
        "version": None if manifest is None else manifest.version,
        "command": lm.meta.get("command"),
        "parameters": sum(p.numel() for p in lm.model.parameters()),
    }


def choose_test(
    config: EvaluateConfig,
    run: Run,
    models: Sequence[LanguageModel],
    training: Sequence[DataFile],
    seed: int,
) -> tuple[Test, bool]:
    """The exchanges to answer, and whether all of them are surely unseen by the models.

    Of files that went into training, and of dialogues written for this project, only the validation tenth is
    unseen. Raises InputError when no therapist turn answers a client.
    """
    learned = {file.sha256 for file in training}
    for lm in models:
        learned |= {str(source.get("sha256")) for source in lm.sources}
    unseen = {
        d.id
        for file in run.data
        for d in file.dialogues
        if held_out(d.id) or not (d.source == "authored" or file.sha256 in learned)
    }
    everything = floors.exchanges(run.dialogues())
    fresh = [exchange for exchange in everything if exchange[0].id in unseen]
    chosen = fresh or everything
    if not chosen:
        raise InputError(
            "The data holds no therapist turn that answers a client; there is nothing to measure."
        )
    if len(chosen) > config.max_prompts:
        kept = sorted(random.Random(seed).sample(range(len(chosen)), config.max_prompts))
        chosen = [chosen[index] for index in kept]
    by_id = {dialogue.id: dialogue for dialogue in run.dialogues()}
    return make_test(chosen, by_id), bool(fresh)


def answer(lm: LanguageModel, test: Test, config: EvaluateConfig, run: Run, seed: int, offset: int) -> System:
    """The model's replies and emotions for every exchange."""
    limit = lm.positions - SLOTS_WRITTEN - config.max_reply
    if limit < 16:
        raise InputError(
            f"evaluate: max_reply leaves no room in a window of {lm.positions} tokens; lower it."
        )
    prompts = [lm.encoder.prompt(context, limit) for context in test.contexts]
    begun = 0

    def watch(tokens: int, _finished: int) -> None:
        nonlocal begun
        if run.stop.is_set():
            raise Cancelled
        if tokens == 1:  # a new batch; the ones before it are done
            run.progress("step", step=offset + begun, metrics={})
            begun = min(begun + config.batch, len(prompts))

    made = generate_replies(
        lm,
        prompts,
        max_new=config.max_reply,
        temperature=config.temperature,
        top_p=config.top_p,
        seed=seed,
        batch=config.batch,
        on_step=watch,
    )
    threshold = lm.emotion_threshold
    guesses = [
        None if true is None else _guess(true, one.distribution, threshold)
        for true, one in zip(test.emotions, made, strict=True)
    ]
    return System(
        tuple(one.reply for one in made),
        tuple(one.ended for one in made),
        tuple(one.emotion for one in made),
        tuple(guesses),
        tuple(one.strategy for one in made),
    )


def _guess(true: str, distribution: Mapping[str, float], threshold: float) -> Guess:
    label = max(distribution, key=distribution.__getitem__)
    return Guess(true, label, distribution[label], distribution[label] < threshold)


def predictions(
    test: Test, systems: Mapping[str, System], parts: list[dict[str, float | None]] | None
) -> list[dict[str, Any]]:
    """One record per exchange: the reference, the model's reply and every other model's."""
    model = systems[MODEL]
    rows = []
    for row, name in enumerate(test.ids):
        guess = None if model.guesses is None else model.guesses[row]
        rows.append(
            {
                "id": name,
                "turn": test.turns[row],
                "client": test.contexts[row].turns[-1].text,
                "reference": test.references[row],
                "reply": model.replies[row],
                "emotion_true": test.emotions[row],
                "emotion_pred": None if model.emotions is None else model.emotions[row],
                "confidence": None if guess is None else guess.confidence,
                "strategy_true": test.strategies[row],
                "strategy_pred": None if model.strategies is None else model.strategies[row],
                "reward": None if parts is None else parts[row],
                "others": {other: system.replies[row] for other, system in systems.items() if other != MODEL},
            }
        )
    return rows


def write(run: Run, report: dict[str, Any], rows: list[dict[str, Any]], config: EvaluateConfig) -> None:
    """All three files, sealed when the run is; the page last."""
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    every = max(1, len(rows) // config.samples) if config.samples else 1
    run.out.write("predictions.jsonl", lines.encode())
    run.out.write("report.json", json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False).encode())
    run.out.write("report.html", render(report, rows[::every][: config.samples]).encode())

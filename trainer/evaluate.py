"""Evaluation: the same inputs, seeds and decoding for every model, beside the floors and the professionals.

Writes ``report.json``, ``report.html`` and ``predictions.jsonl``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from trainer.bundle import CRITIC_CONFIG, LanguageModel, load_model
from trainer.config import EvaluateConfig, InputError
from trainer.critic import Critic
from trainer.data import held_out
from trainer.dialogue import Dialogue
from trainer.empathy import read_for, with_empathy
from trainer.generate import SLOTS_WRITTEN, generate_replies
from trainer.memorisation import CANARY, Memory, memorised
from trainer.metrics import DISTINCT_REPLIES, Guess
from trainer.report import render
from trainer.risk import RiskScreen, load_screen
from trainer.risk_figures import risk_figures
from trainer.run import DataFile, Run, read_data
from trainer.scoreboard import MODEL, Scoreboard, System
from trainer.testset import check_data, choose_test, unseen_ids
from trainer.yardsticks import QUOTED_TURNS, Test, Yardsticks

COUNTS = ("max_prompts", "batch", "max_reply", "bootstrap", "recited", "rivals")
# Names of columns in the report and in predictions.jsonl.
TAKEN = {MODEL, "human", "constant", "majority", "retrieval", "echo", "reply", "reference"}


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
    small = [key for key in COUNTS if getattr(config, key) < 1]
    if small:
        raise InputError(f"evaluate: {small[0]} must be at least 1.")
    if TAKEN & compare.keys():
        raise InputError(f"--compare NAME=DIR: choose a name other than {', '.join(sorted(TAKEN))}.")
    folders = {MODEL: run.model, **compare}
    models = {name: load_model(path, run.key) for name, path in folders.items()}
    critic_folder = run.critic or _bundled_critic(run.model, models[MODEL])
    critic = None if critic_folder is None else Critic.load(critic_folder, run.key)
    screen = load_screen()
    check_data(run, training, models[MODEL].encoder.labels, screen)
    unseen = unseen_ids(run, list(models.values()), training)
    test, fresh = choose_test(config, run, unseen, seed)
    learned, checked = yardstick_text(config, run, training, set(test.ids))
    sessions = read_data(Path(config.quality), run.key).dialogues if config.quality else learned
    run.progress("started", total=len(models) * len(test.contexts))
    try:
        systems = {
            name: answer(lm, test, config, run, seed, offset=number * len(test.contexts))
            for number, (name, lm) in enumerate(models.items())
        }
        memory = by_heart(models[MODEL], config, run, training, unseen, seed)
    except Cancelled:
        run.progress("cancelled", step=0)
        return False
    yardsticks = Yardsticks.fit(learned, seed, checked, sessions)
    scoreboard = Scoreboard(test, yardsticks, critic, resamples=config.bootstrap, seed=seed)
    report, parts = scoreboard.report(systems, fresh, risk_section(run, unseen, screen), memory)
    report["notes"] = notes(test, yardsticks, models[MODEL])
    report["models"] = {name: _described(lm) for name, lm in models.items()}
    report["config"] = asdict(config) | {"seed": seed}
    write(run, report, predictions(test, systems, parts), config)
    figures = {
        name: figure["value"] for name, figure in report["model"].items() if figure["value"] is not None
    }
    run.progress("done", out=str(run.out.path), metrics=figures)
    return True


def yardstick_text(
    config: EvaluateConfig, run: Run, training: Sequence[DataFile], under_test: Set[str]
) -> tuple[list[Dialogue], list[Dialogue]]:
    """What floors and judges are made of, and other dialogues on which the judge of empathy is checked.

    Both with the ratings of the settings' file. Raises InputError.
    """
    levels = read_for(Path(config.empathy), [*run.data, *training]) if config.empathy else {}
    learned = [
        d
        for file in training
        for d in file.dialogues
        if not held_out(d.id) and d.source != CANARY and d.id not in under_test
    ]
    taught = {d.id for d in learned}
    others = [d for d in run.dialogues() if d.id not in taught]
    return list(with_empathy(learned, levels)), list(with_empathy(others, levels))


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


def by_heart(
    lm: LanguageModel,
    config: EvaluateConfig,
    run: Run,
    training: Sequence[DataFile],
    unseen: Set[str],
    seed: int,
) -> dict[str, Any]:
    """The report's "memorisation"; unseen replies of --data are its floor. Raises Cancelled."""

    def stop() -> None:
        if run.stop.is_set():
            raise Cancelled

    under_test = run.dialogues()
    return memorised(
        lm,
        [d for file in training for d in file.dialogues] if training else None,
        [d for d in under_test if d.id in unseen] or None,
        [d for d in under_test if d.source == CANARY],
        Memory(config.recited, config.rivals, config.batch, seed, stop),
    )


def risk_section(run: Run, unseen: Set[str], screen: RiskScreen | None) -> dict[str, Any]:
    """The report's "risk": of unseen dialogues with risk labels, of all such when there is none."""
    labelled = [d for d in run.dialogues() if any(turn.risk is not None for turn in d.turns)]
    fresh = [d for d in labelled if d.id in unseen]
    return risk_figures(fresh or labelled, screen) | {"unseen": bool(fresh)}


def notes(test: Test, yardsticks: Yardsticks, lm: LanguageModel) -> list[str]:
    """What the figures cannot tell, each in a sentence."""
    made = []
    for where, labels in (("under test", test.emotions), ("of the training data", yardsticks.emotions)):
        absent = [name for name in lm.encoder.labels.emotions if name not in labels]
        if absent and any(labels):
            made.append(
                f"No answered message {where} is labelled {' or '.join(absent)}: nothing here tells how well "
                "the model names that."
            )
    if len(test.ids) < DISTINCT_REPLIES:
        made.append(
            f"Distinct-n is of {len(test.ids)} replies here; of {DISTINCT_REPLIES} it would be lower."
        )
    return made


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
                "conversation": [
                    {"speaker": turn.speaker, "text": turn.text}
                    for turn in test.contexts[row].turns[-QUOTED_TURNS:]
                ],
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
    shown = min(config.samples, len(rows))
    samples = [rows[place * len(rows) // shown] for place in range(shown)]  # evenly spread
    run.out.write("predictions.jsonl", lines.encode())
    run.out.write("report.json", json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False).encode())
    run.out.write("report.html", render(report, samples).encode())

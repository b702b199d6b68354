"""Whatever breaks a run off, a kill or a loss that is no number: it goes on to the same curve and weights."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from tests.trainer.runs import (
    Recorder,
    assert_same_curve,
    killed,
    make_critic,
    make_run,
    set_options,
    small_pretraining,
    write_dialogues,
    write_sources,
)
from tests.trainer.test_rl import CONFIG as RL
from trainer.checkpoint import Diverged
from trainer.config import CriticConfig, DpoConfig, SftConfig
from trainer.critic_train import train as train_critic
from trainer.dpo import train as train_dpo
from trainer.pretrain import pretrain
from trainer.rl import train as train_rl
from trainer.run import Run
from trainer.sft import train as train_sft

SFT = SftConfig(max_steps=6, batch=4, max_length=96, learning_rate=1e-2, checkpoint_every=2, threads=1)
DPO = DpoConfig(max_steps=6, batch=4, max_length=96, learning_rate=3e-3, checkpoint_every=2, threads=1)
CRITIC = CriticConfig(layers=1, epochs=1, batch=4, max_length=64, samples=6, checkpoint_every=3, threads=1)
GRPO = replace(RL, max_steps=6)
RLOO = replace(GRPO, algorithm="rloo")


@dataclass(frozen=True)
class Long:
    """A long command: its settings, what does its work, and the step after which it is broken off.

    ``told_every``: pre-training tells every tenth step.
    """

    command: str
    config: Any
    work: Callable[[Any, Run], object]
    broken_at: int
    told_every: int = 1


def run_pretrain(config: Any, run: Run) -> bool:
    return pretrain(config, run.out, run.progress, run.stop.is_set, resume=run.resume)


class Place:
    """What all runs of one long command share; ``curve`` and ``whole`` are of its unbroken run."""

    def __init__(self, long: Long, folder: Path, model: Path) -> None:
        self.long = long
        self.data: Path | None = None
        self.model: Path | None = None
        self.critic: Path | None = None
        if long.command != "pretrain":
            self.data, self.model = write_dialogues(folder / "talks.jsonl", worse=True), model
        if long.command == "rl":
            self.critic = make_critic(folder / "critic")
        self.whole = folder / "whole"
        self.curve = Recorder()
        assert self.run(self.whole, self.curve)

    def run(self, out: Path, recorder: Recorder, resume: bool = False) -> object:
        run = make_run(
            self.long.command, out, self.data, self.model, recorder, critic=self.critic, resume=resume
        )
        return self.long.work(self.long.config, run)

    def arguments(self, out: Path) -> list[str]:
        named = {"--data": self.data, "--model": self.model, "--critic": self.critic, "--out": out}
        given = [str(word) for pair in named.items() if pair[1] is not None for word in pair]
        return [self.long.command, *given, *set_options(self.long.config)]

    def assert_goes_on(self, out: Path, told: Recorder) -> int:
        """Resume ``out``, of which ``told`` is the curve so far; the step from which it went on."""
        rest = Recorder()
        assert self.run(out, rest, resume=True)
        assert_same_curve(self.curve, told, rest)
        unbroken = weights(self.whole)
        for name, tensor in weights(out).items():
            assert torch.allclose(tensor, unbroken[name], atol=1e-6)
        assert {path.name for path in out.iterdir()} == {path.name for path in self.whole.iterdir()}
        begun: int = rest.of("started")[0]["resumed_from"]
        return begun


def weights(out: Path) -> dict[str, torch.Tensor]:
    (file,) = out.glob("*.safetensors")
    return safetensors.torch.load_file(file)


NAMES = ("pretrain", "critic", "sft", "dpo", "grpo", "rloo")


def long_command(name: str, sources: Path) -> Long:
    return {
        "pretrain": Long("pretrain", small_pretraining(sources, steps=40), run_pretrain, 15, 10),
        "critic": Long("critic", CRITIC, train_critic, 5),
        "sft": Long("sft", SFT, train_sft, 3),
        "dpo": Long("dpo", DPO, train_dpo, 3),
        "grpo": Long("rl", GRPO, train_rl, 3),
        "rloo": Long("rl", RLOO, train_rl, 3),
    }[name]


@pytest.fixture(scope="module", params=NAMES)
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, tiny_model: Path
) -> Place:
    """One long command with its unbroken run; read only."""
    folder = tmp_path_factory.mktemp(request.param)
    return Place(long_command(request.param, write_sources(folder / "sources")), folder, tiny_model)


def test_a_killed_run_goes_on_to_the_same_curve_and_weights(place: Place, tmp_path: Path) -> None:
    out, at = tmp_path / "out", place.long.broken_at
    kind = "step" if at % place.long.told_every == 0 else "checkpoint"
    told, _ = killed(place.arguments(out), tmp_path / "work", kind, at)
    assert place.assert_goes_on(out, told) >= 1


def test_a_loss_that_is_no_number_stops_the_run_at_its_last_good_checkpoint(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, at, every = tmp_path / "out", place.long.broken_at, place.long.config.checkpoint_every
    kept, told = (at - 1) // every * every, Recorder()
    spoil_loss(monkeypatch, at)
    try:
        assert place.run(out, told)
        assert place.long.command == "rl"  # its best weights so far are a result, if any are better
        said = told.of("done")[0]["stopped"]
    except Diverged as refused:
        said = str(refused)
    assert f"loss or its gradient is not a number at step {at}" in said
    assert f"; the checkpoint of step {kept} is kept and --resume tries again from there" in said
    monkeypatch.undo()
    assert place.assert_goes_on(out, told) == kept


def spoil_loss(monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """Let the loss of one step be no number; every step of these runs asks for one gradient."""
    count, backward = itertools.count(1), torch.Tensor.backward

    def spoiled(loss: torch.Tensor, *given: Any, **named: Any) -> None:
        backward(loss * math.nan if next(count) == at else loss, *given, **named)

    monkeypatch.setattr(torch.Tensor, "backward", spoiled)

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.trainer.runs import Recorder, make_critic, make_run, write_dialogues
from trainer.bundle import LanguageModel, load_model
from trainer.checkpoint import Diverged
from trainer.config import InputError, RlConfig
from trainer.data import calibration, held_out
from trainer.rl import train
from trainer.rollout import Components, Scorer, Writer, task_order
from trainer.watch import validation_tasks

CONFIG = RlConfig(
    max_steps=5,
    prompts=2,
    completions=4,
    max_prompt=64,
    max_reply=12,
    learning_rate=1e-3,
    checkpoint_every=2,
    validation_prompts=6,
    stop_distinct2=0.0,  # a random model and a random critic break every rule
    stop_template=1.0,
    stop_short=0.0,
    stop_spread=0.0,
    stop_fall=1.0,
    threads=1,
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_dialogues(tmp_path_factory.mktemp("data") / "talks.jsonl")


@pytest.fixture(scope="module")
def critic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_critic(tmp_path_factory.mktemp("critic"))


@pytest.fixture(scope="module")
def finished(
    tmp_path_factory: pytest.TempPathFactory, data: Path, tiny_model: Path, critic: Path
) -> tuple[Path, Recorder]:
    """An unbroken run; read only."""
    out, recorder = tmp_path_factory.mktemp("rl") / "out", Recorder()
    assert train(CONFIG, make_run("rl", out, data, tiny_model, recorder, critic=critic))
    return out, recorder


def weights(path: Path) -> dict[str, torch.Tensor]:
    return load_model(path).model.state_dict()


def changed(one: Path, other: Path) -> bool:
    before, after = weights(one), weights(other)
    return any(not torch.equal(before[name], after[name]) for name in before)


def outcome(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((path / "meta.json").read_text())["rl"]
    return found


def rising(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every reply count for more than all before it, whatever it says."""
    count = itertools.count(1)
    monkeypatch.setattr(Writer, "total", lambda self, parts: next(count) / 1e6)


def failing(monkeypatch: pytest.MonkeyPatch, calls: int, spoil: Callable[[list[Components]], None]) -> None:
    """Spoil the components of every call of the scorer after so many good ones."""
    count, score = itertools.count(), Scorer.__call__

    def call(self: Scorer, *given: Any) -> list[Components]:
        found = score(self, *given)
        if next(count) >= calls:
            spoil(found)
        return found

    monkeypatch.setattr(Scorer, "__call__", call)


def test_training_changes_the_parameters(
    tmp_path: Path, data: Path, tiny_model: Path, critic: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rising(monkeypatch)
    assert train(CONFIG, make_run("rl", tmp_path, data, tiny_model, Recorder(), critic=critic))
    assert changed(tiny_model, tmp_path)
    assert outcome(tmp_path)["kept_step"] == 5


def test_every_step_tells_reward_components_and_health(finished: tuple[Path, Recorder]) -> None:
    steps = finished[1].of("step")
    assert len(steps) == 5
    for event in steps:
        wanted = {*CONFIG.weights, "reward", "kl", "length", "entropy", "loss"}
        wanted |= {"distinct2", "template", "words", "least_spread"}
        assert wanted <= set(event["metrics"])
        assert all(0 <= event["metrics"][name] <= 1 for name in (*CONFIG.weights, "reward", "distinct2"))
    assert steps[0]["metrics"]["kl"] == pytest.approx(0, abs=1e-6)  # the policy is still the reference
    assert steps[-1]["metrics"]["kl"] > 0


def test_the_same_message_is_shown_as_the_model_learns(finished: tuple[Path, Recorder]) -> None:
    samples = finished[1].of("sample")
    assert samples[0]["step"] == 1
    assert samples[0]["prompt"]
    assert 0 <= samples[0]["reward"] <= 1


def test_a_stopped_run_continues_on_the_same_curve(
    tmp_path: Path, data: Path, tiny_model: Path, critic: Path, finished: tuple[Path, Recorder]
) -> None:
    first = Recorder(stop_at=3)
    assert not train(CONFIG, make_run("rl", tmp_path, data, tiny_model, first, critic=critic))
    assert first.events[-1] == {"type": "cancelled", "step": 3}
    second = Recorder()
    assert train(CONFIG, make_run("rl", tmp_path, data, tiny_model, second, critic=critic, resume=True))
    for name in ("reward", "kl", "loss", "distinct2", "learning_rate"):
        found = first.curve(name) | second.curve(name)
        assert found == pytest.approx(finished[1].curve(name), abs=1e-6)
    unbroken = load_model(finished[0]).model.state_dict()
    for name, tensor in load_model(tmp_path).model.state_dict().items():
        assert torch.allclose(tensor, unbroken[name], atol=1e-6)
    kept, expected = outcome(tmp_path), outcome(finished[0])
    assert kept["kept"] == pytest.approx(expected["kept"], abs=1e-6)
    for look, other in zip(kept["validation"], expected["validation"], strict=True):
        assert look == pytest.approx(other, abs=1e-6)


def test_the_starting_model_and_every_checkpoint_answer_the_calibration_messages(
    finished: tuple[Path, Recorder],
) -> None:
    found = outcome(finished[0])
    assert [look["step"] for look in found["validation"]] == [0, 2, 4, 5]
    assert found["validated_on"] == "calibration"
    curve = {
        event["step"]: event["metrics"]["validation_reward"]
        for event in finished[1].of("step")
        if "validation_reward" in event["metrics"]
    }
    assert curve == {look["step"]: look["reward"] for look in found["validation"][1:]}
    start = found["validation"][0]
    varied = [look for look in found["validation"] if look["distinct2"] >= 0.9 * start["distinct2"]]
    assert found["kept"] == max(varied, key=lambda look: (look["reward"], -look["step"]))


def test_weights_that_lost_variety_are_not_kept_however_much_they_earn(
    tmp_path: Path, data: Path, tiny_model: Path, critic: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rising(monkeypatch)
    values = iter([0.80, 0.71, 0.73, 0.71])  # of the start and of steps 2, 4 and 5
    monkeypatch.setattr("trainer.watch.distinct2", lambda replies: next(values))
    assert train(CONFIG, make_run("rl", tmp_path, data, tiny_model, Recorder(), critic=critic))
    assert outcome(tmp_path)["kept_step"] == 4


def test_validation_never_asks_held_out_messages(
    tmp_path: Path, data: Path, tiny_model: Path, tiny_lm: LanguageModel
) -> None:
    dialogues = make_run("rl", tmp_path, data, tiny_model, Recorder()).dialogues()
    tasks, origin = validation_tasks(dialogues, tiny_lm, CONFIG)
    assert origin == "calibration"
    assert all(calibration(task.dialogue.id) for task in tasks)
    others = [d for d in dialogues if not calibration(d.id)]
    tasks, origin = validation_tasks(others, tiny_lm, replace(CONFIG, validation_prompts=1000))
    assert origin == "training"
    assert any(held_out(d.id) for d in others)
    assert not any(held_out(task.dialogue.id) for task in tasks)


def test_lost_variety_ends_the_run_and_keeps_the_base(
    tmp_path: Path,
    data: Path,
    tiny_model: Path,
    critic: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rising(monkeypatch)
    monkeypatch.setattr("trainer.watch.RECENT", 16)
    recorder = Recorder()
    config = replace(CONFIG, stop_distinct2=1.01)
    assert train(config, make_run("rl", tmp_path, data, tiny_model, recorder, critic=critic))
    assert len(recorder.of("step")) == 2
    assert "variety" in outcome(tmp_path)["stopped"]
    assert recorder.of("done")[0]["stopped"] == outcome(tmp_path)["stopped"]
    assert outcome(tmp_path)["kept_step"] == 0  # step 2 earned more, but it is what was stopped
    assert not changed(tiny_model, tmp_path)


def test_drifting_far_from_the_base_ends_the_run(
    tmp_path: Path, data: Path, tiny_model: Path, critic: Path
) -> None:
    recorder = Recorder()
    config = replace(CONFIG, max_steps=40, learning_rate=0.5, beta=1e-9, checkpoint_every=50)
    assert train(config, make_run("rl", tmp_path, data, tiny_model, recorder, critic=critic))
    assert 5 <= len(recorder.of("step")) < 40
    assert recorder.of("step")[-1]["metrics"]["kl"] > CONFIG.stop_kl
    assert "too far" in outcome(tmp_path)["stopped"]


def not_a_number(found: list[Components]) -> None:
    found[0]["relevance"] = math.nan


def raising(found: list[Components]) -> None:
    raise ValueError("she said that nobody must know")


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (not_a_number, "the reward component 'relevance' is not a number after step 3"),
        (raising, r"the reward could not be computed (ValueError) after step 3"),
    ],
)
def test_a_reward_that_fails_ends_the_run_with_the_best_weights_and_its_checkpoint(
    tmp_path: Path,
    data: Path,
    tiny_model: Path,
    critic: Path,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Callable[[list[Components]], None],
    sentence: str,
    finished: tuple[Path, Recorder],
) -> None:
    sentence += "; the checkpoint of step 2 is kept and --resume tries again from there"
    rising(monkeypatch)
    failing(monkeypatch, 6, spoil)  # good: the first look, steps 1 to 3, a sample, a look
    recorder = Recorder()
    assert train(CONFIG, make_run("rl", tmp_path, data, tiny_model, recorder, critic=critic))
    assert outcome(tmp_path)["stopped"] == recorder.of("done")[0]["stopped"] == sentence
    assert outcome(tmp_path)["kept_step"] == 2
    assert changed(tiny_model, tmp_path)
    monkeypatch.undo()
    rest = Recorder()
    assert train(CONFIG, make_run("rl", tmp_path, data, tiny_model, rest, critic=critic, resume=True))
    assert rest.of("started")[0]["resumed_from"] == 2
    for name in ("kl", "loss", "relevance", "learning_rate"):  # "reward" was made up until here
        assert rest.curve(name) == pytest.approx(
            {step: value for step, value in finished[1].curve(name).items() if step > 2}, abs=1e-6
        )
    assert outcome(tmp_path)["stopped"] is None


def test_a_reward_that_never_worked_is_refused(
    tmp_path: Path, data: Path, tiny_model: Path, critic: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, 0, raising)
    with pytest.raises(Diverged, match=r"^The reward could not be computed \(ValueError\)\.$"):
        train(CONFIG, make_run("rl", tmp_path / "out", data, tiny_model, Recorder(), critic=critic))
    assert not (tmp_path / "out").exists()


def test_weights_that_make_no_numbers_any_more_end_the_run_in_a_sentence(
    tmp_path: Path, data: Path, tiny_model: Path, critic: Path
) -> None:
    """The replies come before the loss, so it is they that find it."""
    config, recorder = replace(CONFIG, learning_rate=1e30), Recorder()
    with pytest.raises(
        Diverged, match=r"^What the model would write is not a number after step 1; no checkpoint"
    ):
        train(config, make_run("rl", tmp_path / "out", data, tiny_model, recorder, critic=critic))
    assert list(recorder.curve()) == [1]
    assert not (tmp_path / "out").exists()


def test_leaving_one_out_learns_and_resumes_on_the_same_curve(
    tmp_path: Path, data: Path, tiny_model: Path, critic: Path, finished: tuple[Path, Recorder]
) -> None:
    config = replace(CONFIG, algorithm="rloo", max_steps=3)
    whole, first, second = Recorder(), Recorder(stop_at=1), Recorder()
    assert train(config, make_run("rl", tmp_path / "a", data, tiny_model, whole, critic=critic))
    assert not train(config, make_run("rl", tmp_path / "b", data, tiny_model, first, critic=critic))
    resumed = make_run("rl", tmp_path / "b", data, tiny_model, second, critic=critic, resume=True)
    assert train(config, resumed)
    for name in ("reward", "kl", "loss", "distinct2"):
        assert first.curve(name) | second.curve(name) == pytest.approx(whole.curve(name), abs=1e-6)
    assert whole.curve("kl")[2] > 0  # the first step moved the weights
    # The first step is as long whatever the rule, by the optimiser; the second is not.
    assert whole.curve("kl")[3] != pytest.approx(finished[1].curve("kl")[3], rel=1e-3)
    assert outcome(tmp_path / "a")["algorithm"] == "rloo"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"algorithm": "ppo"}, "no algorithm 'ppo'; known: grpo, rloo"),
        ({"validation_prompts": 0}, "validation_prompts must be at least 1"),
        ({"weights": {"charm": 1.0}}, "no reward component 'charm'"),
        ({"completions": 1}, "at least 2"),
        ({"beta": 0.0}, "beta must be above 0"),
        ({"temperature": 0.0}, "temperature must be above 0"),
        ({"max_steps": 0}, "max_steps must be at least 1"),
        ({"max_reply": 400}, "max_reply leaves no room in a window of 256 tokens"),
        ({"weights": dict.fromkeys(CONFIG.weights, 0.0)}, "every weight is 0"),
    ],
)
def test_settings_that_cannot_work_are_refused(
    tmp_path: Path, data: Path, tiny_model: Path, critic: Path, change: dict[str, object], message: str
) -> None:
    run = make_run("rl", tmp_path, data, tiny_model, Recorder(), critic=critic)
    with pytest.raises(InputError, match=message):
        train(replace(CONFIG, **change), run)  # type: ignore[arg-type]


def test_every_task_comes_once_before_any_comes_again() -> None:
    order = task_order(7, replace(CONFIG, max_steps=7))
    assert len(order) == 14
    assert sorted(order[:7]) == sorted(order[7:]) == list(range(7))

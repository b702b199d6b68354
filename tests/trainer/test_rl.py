from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.trainer.runs import Recorder, make_critic, make_run, write_dialogues
from trainer.bundle import load_model
from trainer.config import InputError, RlConfig
from trainer.rl import MAX_KL, train
from trainer.rollout import distinct2, task_order

CONFIG = RlConfig(
    max_steps=5,
    prompts=2,
    completions=4,
    max_prompt=64,
    max_reply=12,
    learning_rate=1e-3,
    checkpoint_every=2,
    stop_distinct2=0.0,
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


def test_training_changes_the_parameters(finished: tuple[Path, Recorder], tiny_model: Path) -> None:
    before = load_model(tiny_model).model.state_dict()
    after = load_model(finished[0]).model.state_dict()
    assert any(not torch.equal(before[name], after[name]) for name in before)


def test_every_step_tells_reward_components_and_health(finished: tuple[Path, Recorder]) -> None:
    steps = finished[1].of("step")
    assert len(steps) == 5
    for event in steps:
        wanted = {*CONFIG.weights, "reward", "kl", "distinct2", "length", "entropy", "loss"}
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
    kept = [json.loads((out / "meta.json").read_text())["rl"] for out in (tmp_path, finished[0])]
    assert kept[0] == kept[1]


def test_lost_variety_ends_the_run_and_keeps_the_base(
    tmp_path: Path,
    data: Path,
    tiny_model: Path,
    critic: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("trainer.rl.RECENT", 16)
    recorder = Recorder()
    config = replace(CONFIG, stop_distinct2=1.01)
    assert train(config, make_run("rl", tmp_path, data, tiny_model, recorder, critic=critic))
    assert len(recorder.of("step")) == 2
    outcome = json.loads((tmp_path / "meta.json").read_text())["rl"]
    assert "variety" in outcome["stopped"]
    assert outcome["kept_step"] == 0
    before = load_model(tiny_model).model.state_dict()
    after = load_model(tmp_path).model.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_drifting_far_from_the_base_ends_the_run(
    tmp_path: Path, data: Path, tiny_model: Path, critic: Path
) -> None:
    recorder = Recorder()
    config = replace(CONFIG, max_steps=40, learning_rate=0.5, beta=1e-9)
    assert train(config, make_run("rl", tmp_path, data, tiny_model, recorder, critic=critic))
    assert 5 <= len(recorder.of("step")) < 40
    assert recorder.of("step")[-1]["metrics"]["kl"] > MAX_KL
    assert "too far" in json.loads((tmp_path / "meta.json").read_text())["rl"]["stopped"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weights": {"charm": 1.0}}, "no reward component 'charm'"),
        ({"completions": 1}, "at least 2"),
        ({"beta": 0.0}, "beta must be above 0"),
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


def test_distinct2_is_the_share_of_different_word_pairs() -> None:
    assert distinct2(["a b c", "a b d"]) == pytest.approx(3 / 4)
    assert distinct2(["same words here"] * 100) == pytest.approx(1 / 100)
    assert distinct2([""]) == 0.0

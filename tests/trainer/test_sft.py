from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from tests.trainer.runs import Recorder, make_run, write_dialogues
from trainer.bundle import LanguageModel, load_model
from trainer.config import InputError, SftConfig
from trainer.data import calibration, held_out
from trainer.dialogue import Dialogue, Turn
from trainer.run import Run
from trainer.sft import Place, encode, learned_ids, plan, thinned, train, weigh_emotion

CONFIG = SftConfig(max_steps=6, batch=4, max_length=96, learning_rate=1e-2, checkpoint_every=2, threads=1)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_dialogues(tmp_path_factory.mktemp("data") / "talks.jsonl")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, data: Path, tiny_model: Path) -> tuple[Path, Recorder]:
    """An unbroken run; read only."""
    out, recorder = tmp_path_factory.mktemp("sft") / "out", Recorder()
    assert train(CONFIG, make_run("sft", out, data, tiny_model, recorder))
    return out, recorder


def weights(path: Path) -> dict[str, torch.Tensor]:
    return load_model(path).model.state_dict()


def test_training_changes_the_parameters_and_lowers_the_loss(
    finished: tuple[Path, Recorder], tiny_model: Path
) -> None:
    out, recorder = finished
    curve = recorder.curve()
    assert list(curve) == [1, 2, 3, 4, 5, 6]
    assert curve[6] < curve[1] - 0.1
    before, after = weights(tiny_model), weights(out)
    assert all(not torch.equal(before[name], after[name]) for name in before)


def test_the_result_says_how_it_was_made_and_leaves_no_checkpoint(finished: tuple[Path, Recorder]) -> None:
    out, recorder = finished
    meta = json.loads((out / "meta.json").read_text())
    assert meta["config"]["batch"] == 4
    assert meta["data"][0]["rows"] == 40
    assert meta["sources"][0]["sha256"] == meta["data"][0]["sha256"]
    assert 0 < meta["metrics"]["held_out_loss"] < 10
    assert recorder.of("done")[0]["metrics"] == meta["metrics"]
    assert not list(out.glob("*.pt"))


def test_a_stopped_run_continues_on_the_same_curve(
    tmp_path: Path, data: Path, tiny_model: Path, finished: tuple[Path, Recorder]
) -> None:
    first = Recorder(stop_at=3)
    assert not train(CONFIG, make_run("sft", tmp_path, data, tiny_model, first))
    assert first.events[-1] == {"type": "cancelled", "step": 3}
    second = Recorder()
    assert train(CONFIG, make_run("sft", tmp_path, data, tiny_model, second, resume=True))
    assert second.of("started")[0]["resumed_from"] == 3
    expected = finished[1].curve()
    for step, loss in (first.curve() | second.curve()).items():
        assert loss == pytest.approx(expected[step], abs=1e-6)
    unbroken = weights(finished[0])
    for name, tensor in weights(tmp_path).items():
        assert torch.allclose(tensor, unbroken[name], atol=1e-6)


def test_a_run_is_not_resumed_with_other_settings(tmp_path: Path, data: Path, tiny_model: Path) -> None:
    train(CONFIG, make_run("sft", tmp_path, data, tiny_model, Recorder(stop_at=1)))
    with pytest.raises(InputError, match="other settings"):
        train(
            replace(CONFIG, learning_rate=1e-3),
            make_run("sft", tmp_path, data, tiny_model, Recorder(), resume=True),
        )


def test_held_out_dialogues_are_never_in_the_order(
    tmp_path: Path, data: Path, tiny_lm: LanguageModel, tiny_model: Path
) -> None:
    run: Run = make_run("sft", tmp_path, data, tiny_model, Recorder())
    kept_out = [d for d in run.dialogues() if held_out(d.id) or calibration(d.id)]
    assert kept_out
    only = tmp_path / "only.jsonl"
    lines = data.read_text().splitlines()
    ids = {d.id for d in kept_out}
    only.write_text("".join(line + "\n" for line in lines if json.loads(line)["id"] in ids))
    with pytest.raises(InputError, match="no therapist turn and no labelled client turn"):
        train(CONFIG, make_run("sft", tmp_path / "out", only, tiny_model, Recorder()))


def test_dropped_labels_are_written_as_the_encoder_would_write_them(tiny_lm: LanguageModel) -> None:
    turns = (Turn("client", "i can't sleep", "fear"), Turn("therapist", "That is hard.", None, "reflection"))
    dialogue = Dialogue("d", "test", None, turns)
    example = encode([dialogue], tiny_lm.encoder, 64)[0]
    for emotion, strategy in ((True, False), (False, True), (True, True)):
        wanted = tiny_lm.encoder.example(dialogue, 1, 64, drop_emotion=emotion, drop_strategy=strategy)
        assert learned_ids(example, Place(0, emotion, strategy), tiny_lm.encoder) == list(wanted.ids)


def test_a_client_turn_that_nobody_answers_teaches_its_emotion_alone(tiny_lm: LanguageModel) -> None:
    turns = (
        Turn("client", "i can't sleep", "fear"),
        Turn("therapist", "That is hard.", None, "reflection"),
        Turn("client", "i am so ashamed", "shame"),
    )
    encoder = tiny_lm.encoder
    reply, emotion = encode([Dialogue("d", "test", None, turns)], encoder, 64)
    assert reply.has_reply
    assert not emotion.has_reply
    assert emotion.ids[emotion.loss_from] == encoder.emotion_ids["shame"]
    assert emotion.ids[:-1] == encoder.prompt(Dialogue("d", "test", None, turns), 63).ids
    assert learned_ids(emotion, Place(0, True, True), encoder) == list(emotion.ids)
    unlabelled = Dialogue("e", "test", None, (Turn("client", "hello"),))
    assert encode([unlabelled], encoder, 64) == []


def test_the_emotion_counts_more_than_a_token_of_the_reply() -> None:
    labels = torch.tensor([[-100, -100, 5, 6, 7], [-100, 5, 6, -100, -100]])
    output = SimpleNamespace(log_probs=-torch.ones(2, 4))
    weighed = weigh_emotion(8.0)(torch.nn.Identity(), (), {"labels": labels}, output)
    assert weighed.log_probs.tolist() == [[-1, -8, -1, -1], [-8, -1, -1, -1]]


def test_of_many_emotions_alone_few_of_each_are_kept_and_every_reply(tiny_lm: LanguageModel) -> None:
    labels = ["fear"] * 9 + ["joy"] * 2
    alone = [Dialogue(str(n), "t", None, (Turn("client", "a", label),)) for n, label in enumerate(labels)]
    answered = Dialogue("d", "t", None, (Turn("client", "a", "fear"), Turn("therapist", "b", None, "other")))
    examples = encode([*alone, answered], tiny_lm.encoder, 64)
    kept = thinned(examples, 3, seed=1)
    fear, joy = (tiny_lm.encoder.emotion_ids[name] for name in ("fear", "joy"))
    assert [example.ids[-1] for example in kept if not example.has_reply].count(fear) == 3
    assert [example.ids[-1] for example in kept if not example.has_reply].count(joy) == 2
    assert sum(example.has_reply for example in kept) == 1
    assert kept == thinned(examples, 3, seed=1)


def test_every_example_comes_once_per_pass_in_batches_of_like_length(tiny_lm: LanguageModel) -> None:
    turns = [(Turn("client", "a " * n), Turn("therapist", "b", None, None)) for n in range(1, 41)]
    dialogues = [Dialogue(str(n), "test", None, pair) for n, pair in enumerate(turns)]
    examples = encode(dialogues, tiny_lm.encoder, 96)
    order = plan(examples, 20, CONFIG)
    assert sorted(place.example for place in order[:40]) == list(range(40))
    spread = [
        max(len(examples[p.example].ids) for p in order[at : at + 4])
        - min(len(examples[p.example].ids) for p in order[at : at + 4])
        for at in range(0, 40, 4)
    ]
    assert max(spread) <= 8
    assert order == plan(examples, 20, CONFIG)
    assert order != plan(examples, 20, replace(CONFIG, seed=2))
    assert {place.drop_emotion for place in order} == {True, False}

from __future__ import annotations

import gzip
import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
import safetensors.torch
import torch

from tests.trainer.conftest import LINES, make_model
from tests.trainer.runs import Recorder, assert_same_curve, files_with, make_critic, make_run, write_dialogues
from trainer.bundle import BundleError, load_model
from trainer.bundling import make_bundle
from trainer.config import InputError, RlConfig, SenseConfig
from trainer.critic import Critic
from trainer.dialogue import Dialogue, Turn
from trainer.generate import Generated
from trainer.ratings import rated_moments, read_ratings
from trainer.rollout import Scorer, make_tasks
from trainer.sealed import KEY_BYTES
from trainer.sense import LowRank, SenseModel, SenseReader
from trainer.sense_train import loss_of, measure, train

CONFIG = SenseConfig(
    rank=8, epochs=20, batch=8, learning_rate=5e-3, checkpoint_every=5, dropout=0.0, threads=1
)
GOOD, EDITED, POOR = "You put one plate back.", "Which plate?", "The landlord ate the piano."
DIALOGUE = Dialogue("d", "test", None, (Turn("client", f"{LINES[1]} 7"),))


def write_ratings(path: Path, dialogues: Path) -> Path:
    """Three replies to every message, always with the same ratings."""
    rows = [
        {"id": json.loads(line)["id"], "turn": turn, "reply": reply, "sense": sense}
        for line in dialogues.read_text().splitlines()
        for turn in (1, 3)
        for reply, sense in ((GOOD, 2), (EDITED, 1), (POOR, 0))
    ]
    path.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))
    return path


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("rated")
    data = write_dialogues(folder / "d.jsonl", 60)
    return data, write_ratings(folder / "ratings.jsonl.gz", data)


def _written(reply: str) -> Generated:
    return Generated("neutral", "reflection", reply, True, {}, ())


def configured(ratings: Path, config: SenseConfig = CONFIG) -> SenseConfig:
    return replace(config, ratings=(str(ratings),))


@pytest.fixture(scope="module")
def sense_dir(
    tmp_path_factory: pytest.TempPathFactory, tiny_model: Path, material: tuple[Path, Path]
) -> Path:
    out = tmp_path_factory.mktemp("sense") / "out"
    data, ratings = material
    assert train(configured(ratings), make_run("sense", out, data, tiny_model, Recorder()))
    return out


@pytest.fixture
def reader(sense_dir: Path, tiny_model: Path) -> SenseReader:
    return SenseReader.load(sense_dir, load_model(tiny_model))


def test_it_learns_from_ratings_which_replies_make_sense(reader: SenseReader) -> None:
    report = reader.report
    assert report["messages"] > 0
    assert report["auc_within"] > 0.9 > report["auc_floor"]
    assert report["best_floor"] == pytest.approx(2 / 3)
    assert report["best"] > 0.9 > report["best_floor"]
    assert report["best_sent"] > 0.7 > report["best_sent_floor"]
    good, edited, poor = reader.read(DIALOGUE, [GOOD, EDITED, POOR])
    assert 1 >= good > edited > poor >= 0


def test_untrained_adapters_change_nothing(tiny_model: Path) -> None:
    lm = load_model(tiny_model)
    ids = torch.tensor([lm.encoder.encode("you put the second plate back")])
    model = SenseModel(lm, rank=4).eval()
    with torch.no_grad():
        same = model.backbone(ids).last_hidden_state
        assert torch.allclose(same, lm.model.transformer(ids).last_hidden_state, atol=1e-6)


def test_only_adapters_and_head_learn(tiny_model: Path) -> None:
    names = SenseModel(load_model(tiny_model), rank=2).learned()
    assert {name.rsplit(".", 1)[-1] for name in names} == {"down", "up", "weight", "bias"}
    assert {name for name in names if not name.endswith((".down", ".up"))} == {"head.weight", "head.bias"}


def test_a_reply_is_read_alike_whatever_stands_beside_it(reader: SenseReader) -> None:
    replies = [GOOD, POOR, EDITED + " " + GOOD]
    alone = [reader.read(DIALOGUE, [reply])[0] for reply in replies]
    assert reader.read(DIALOGUE, replies) == pytest.approx(alone, abs=1e-5)
    assert reader.read(DIALOGUE, []) == []


def test_merged_adapters_read_the_same(reader: SenseReader, monkeypatch: pytest.MonkeyPatch) -> None:
    before = reader.read(DIALOGUE, [GOOD, EDITED, POOR])
    monkeypatch.setattr("trainer.sense.can_quantise", lambda: False)
    reader.model.merge()
    assert not any(isinstance(module, LowRank) for module in reader.model.modules())
    assert reader.read(DIALOGUE, [GOOD, EDITED, POOR]) == pytest.approx(before, abs=1e-5)


def test_eight_bits_keep_the_order(reader: SenseReader) -> None:
    reader.model.merge()
    good, edited, poor = reader.read(DIALOGUE, [GOOD, EDITED, POOR])
    assert good > edited > poor


def test_long_texts_are_cut_to_the_window(reader: SenseReader) -> None:
    long = replace(DIALOGUE, turns=(Turn("client", "plate after plate " * 400),))
    assert len(reader.read(long, ["and one more plate " * 200])) == 1


def test_a_stopped_run_resumes_to_the_same_weights(
    tmp_path: Path, tiny_model: Path, material: tuple[Path, Path]
) -> None:
    data, ratings = material
    config = configured(ratings)
    whole, part, rest = Recorder(), Recorder(stop_at=3), Recorder()
    assert train(config, make_run("sense", tmp_path / "whole", data, tiny_model, whole))
    assert not train(config, make_run("sense", tmp_path / "part", data, tiny_model, part))
    assert part.events[-1]["type"] == "cancelled"
    assert train(config, make_run("sense", tmp_path / "part", data, tiny_model, rest, resume=True))
    assert_same_curve(whole, part, rest)
    files = [tmp_path / name / "sense.safetensors" for name in ("whole", "part")]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_it_goes_on_from_an_earlier_reader(
    tmp_path: Path, tiny_model: Path, material: tuple[Path, Path], sense_dir: Path, reader: SenseReader
) -> None:
    data, ratings = material
    config = configured(ratings, replace(CONFIG, epochs=1, learning_rate=1e-9))
    run = make_run("sense", tmp_path / "on", data, tiny_model, Recorder())
    assert train(config, replace(run, sense=sense_dir))
    again = SenseReader.load(tmp_path / "on", load_model(tiny_model))
    replies = [GOOD, EDITED, POOR]
    assert again.read(DIALOGUE, replies) == pytest.approx(reader.read(DIALOGUE, replies), abs=1e-3)
    assert again.meta["sources"] == reader.meta["sources"]
    assert again.meta["sense_sha256"]
    assert not reader.meta["sense_sha256"]


def test_held_out_ratings_teach_nothing(
    tmp_path: Path, tiny_model: Path, material: tuple[Path, Path], sense_dir: Path
) -> None:
    data, ratings = material
    rows = read_ratings(ratings)
    moments = rated_moments(make_run("sense", tmp_path, data, None, Recorder()).dialogues(), rows)
    unseen = {moment.dialogue.id for moment in moments if moment.unseen}
    assert unseen
    turned = [row | {"sense": 2 - row["sense"]} if row["id"] in unseen else row for row in rows]
    other = tmp_path / "other.jsonl"
    other.write_text("".join(json.dumps(row) + "\n" for row in turned))
    assert train(configured(other), make_run("sense", tmp_path / "out", data, tiny_model, Recorder()))
    found = [folder / "sense.safetensors" for folder in (sense_dir, tmp_path / "out")]
    assert found[0].read_bytes() == found[1].read_bytes()


def test_a_sealed_run_leaves_no_word_in_the_open_and_loads_with_its_key(
    tmp_path: Path, tiny_model: Path, material: tuple[Path, Path]
) -> None:
    key = b"k" * KEY_BYTES
    data, ratings = material
    run = make_run("sense", tmp_path / "out", data, tiny_model, Recorder(), key=key)
    assert train(configured(ratings), run)
    assert all(path.suffix == ".sealed" for path in (tmp_path / "out").iterdir())
    assert not files_with("plate", tmp_path / "out")
    assert SenseReader.load(tmp_path / "out", load_model(tiny_model), key).report


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nonsense", "line 2: must be"),
        ('{"id": "d1", "turn": 1, "reply": "Yes."}', "line 2: must be"),
        ('{"id": "d1", "turn": 1, "reply": "Yes.", "sense": 3}', "sense 0, 1 or 2"),
        ('{"id": "d1", "turn": 0, "reply": "Yes.", "sense": 1}', "turn must be"),
        ('{"id": "d1", "turn": 1, "reply": " ", "sense": true}', "the reply a text"),
    ],
)
def test_a_bad_rating_is_refused_with_its_place(tmp_path: Path, line: str, said: str) -> None:
    file = tmp_path / "r.jsonl"
    file.write_text('{"id": "d1", "turn": 1, "reply": "Yes.", "sense": 1}\n' + line + "\n")
    with pytest.raises(InputError, match=said) as refused:
        read_ratings(file)
    assert "Yes" not in str(refused.value)


def test_ratings_that_fit_no_dialogue_are_too_few(
    tmp_path: Path, tiny_model: Path, material: tuple[Path, Path]
) -> None:
    file = tmp_path / "r.jsonl"
    file.write_text('{"id": "elsewhere", "turn": 1, "reply": "Yes.", "sense": 1}\n')
    run = make_run("sense", tmp_path / "out", material[0], tiny_model, Recorder())
    with pytest.raises(InputError, match="too few"):
        train(configured(file), run)
    with pytest.raises(InputError, match="name files of ratings"):
        train(CONFIG, run)
    with pytest.raises(InputError, match="cannot be read"):
        read_ratings(tmp_path / "none.jsonl.gz")


@pytest.mark.parametrize("damage", ["another model", "wrong shape", "one more", "no config", "rank"])
def test_a_reader_that_does_not_fit_is_refused(
    tmp_path: Path, sense_dir: Path, tiny_model: Path, damage: str
) -> None:
    for file in sense_dir.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    weights, config = tmp_path / "sense.safetensors", tmp_path / "sense.json"
    tensors = safetensors.torch.load(weights.read_bytes())
    model = tiny_model
    if damage == "another model":
        model = make_model(tmp_path / "other", seed=7)
    elif damage == "wrong shape":
        tensors["head.bias"] = torch.zeros(5)
    elif damage == "one more":
        tensors["extra"] = torch.zeros(1)
    elif damage == "no config":
        config.unlink()
    else:
        config.write_text(json.dumps(json.loads(config.read_text()) | {"rank": 10**9}))
    weights.write_bytes(safetensors.torch.save(tensors))
    with pytest.raises(BundleError):
        SenseReader.load(tmp_path, load_model(model))


def test_a_bundle_brings_the_reader_and_refuses_anothers(
    tmp_path: Path, tiny_model: Path, sense_dir: Path, reader: SenseReader
) -> None:
    critic = make_critic(tmp_path / "critic")
    about = {"name": "a", "version": "1", "licence": "CC0", "notice": None}
    made, manifest = make_bundle(tiny_model, critic, tmp_path / "a", None, **about, sense=sense_dir)
    assert {"sense.json", "sense.safetensors"} <= set(manifest.files)
    bundled = SenseReader.load(made, load_model(made))
    replies = [GOOD, EDITED, POOR]
    assert bundled.read(DIALOGUE, replies) == pytest.approx(reader.read(DIALOGUE, replies), abs=0.01)
    other = make_model(tmp_path / "other", seed=7)
    with pytest.raises(BundleError, match="another model"):
        make_bundle(other, critic, tmp_path / "b", None, **about, sense=sense_dir)
    assert not (tmp_path / "b").exists()


def test_sense_weighs_every_part_of_the_reward(
    tmp_path: Path, tiny_model: Path, reader: SenseReader, material: tuple[Path, Path]
) -> None:
    lm = load_model(tiny_model)
    critic = Critic.load(make_critic(tmp_path / "critic"))
    tasks = make_tasks(
        make_run("rl", tmp_path, material[0], None, Recorder()).dialogues()[:1], lm, RlConfig()
    )
    task = tasks[0]
    written = [_written(reply) for reply in (GOOD, POOR)]
    plain = Scorer(critic, RlConfig().weights, [])([task, task], written)
    weighed = Scorer(critic, RlConfig().weights, [], reader)([task, task], written)
    sense = reader.read(task.dialogue, [GOOD, POOR])
    for before, after, share in zip(plain, weighed, sense, strict=True):
        for name in ("relevance", "professional", "empathy"):
            value, same = before[name], after[name]
            assert value is not None
            assert same == pytest.approx(value * share)


def test_the_loss_wants_levels_and_order() -> None:
    ratings, moment = torch.tensor([2, 1, 0]), torch.zeros(3, dtype=torch.long)
    right = torch.tensor([[4.0, 4.0], [4.0, -4.0], [-4.0, -4.0]])
    assert loss_of(right, ratings, moment) < 0.1 < loss_of(-right, ratings, moment)
    wrong = torch.tensor([[0.0, 0.0], [0.0, 0.0], [1.5, 1.5]])  # the poorest is preferred to both others
    pairs = loss_of(wrong, ratings, moment) - loss_of(wrong, ratings, torch.arange(3))
    level, far, near = math.log(2), math.log1p(math.exp(3)), math.log1p(math.exp(3))
    assert pairs == pytest.approx(0.5 * (level + 2 * far + near) / 4, abs=1e-5)
    apart = torch.arange(3)  # of three messages there is no order to learn
    assert loss_of(right, ratings, apart) < loss_of(right, ratings, moment)


def test_figures_of_a_reader_that_knows_nothing_are_the_floors(tiny_model: Path) -> None:
    lm = load_model(tiny_model)
    reader = SenseReader(SenseModel(lm, 2).eval(), lm, 2)
    rows = [
        {"id": "d", "turn": 1, "reply": reply, "sense": sense, "strategy": None}
        for reply, sense in ((GOOD, 2), (EDITED, 1), (POOR, 0))
    ]
    moments = rated_moments([Dialogue("d", "t", None, (*DIALOGUE.turns, Turn("therapist", "x")))], rows)
    with torch.no_grad():
        reader.model.head.weight.zero_()
    report = measure(reader, moments)
    assert report["auc"] == report["auc_within"] == report["auc_floor"] == 0.5
    assert measure(reader, []) == {}

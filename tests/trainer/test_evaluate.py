from __future__ import annotations

import io
import json
import random
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.trainer.conftest import make_model
from tests.trainer.runs import learnt_by_heart
from trainer.config import CriticConfig, EvaluateConfig, InputError
from trainer.critic_train import train as train_critic
from trainer.data import calibration, held_out
from trainer.dialogue import Dialogue, Quality, Turn, as_json
from trainer.evaluate import evaluate
from trainer.events import EventWriter
from trainer.floors import CONSTANTS
from trainer.gates import QUALITY
from trainer.run import Progress, Run, read_data
from trainer.scoreboard import JUDGED, KEYS
from trainer.sealed import KEY_BYTES, Folder

CONFIG = EvaluateConfig(max_prompts=12, batch=6, max_reply=8, bootstrap=50, samples=3, threads=1, rivals=15)
SENTINEL = "zwetschgenknödel"
WORDS = ("night", "sleep", "boss", "work", "mother", "plate", "tram", "door", "worry", "child", "letter")


def conversation(name: str, source: str = "clinic") -> Dialogue:
    rng = random.Random(name)
    turns = []
    for _ in range(2):
        topic = rng.sample(WORDS, 3)
        turns += [
            Turn(
                "client", f"{SENTINEL} my {topic[0]} and the {topic[1]}", emotion=rng.choice(["fear", "joy"])
            ),
            Turn(
                "therapist",
                f"The {topic[0]} stays with you. What about the {topic[2]}?",
                strategy=rng.choice(["reflection", "open question"]),
            ),
        ]
    return Dialogue(name, source, None, tuple(turns))


def write_data(file: Path, rows: list[Dialogue]) -> Path:
    file.write_text("".join(json.dumps(as_json(row)) + "\n" for row in rows))
    return file


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A test file and a training file of other dialogues."""
    folder = tmp_path_factory.mktemp("data")
    test = write_data(folder / "test.jsonl", [conversation(f"test{n}") for n in range(8)])
    return test, write_data(folder / "train.jsonl", [conversation(f"train{n}") for n in range(50)])


def run_it(
    out: Path,
    model: Path,
    data: Path,
    *,
    train: Path | None = None,
    key: bytes | None = None,
    critic: Path | None = None,
    compare: dict[str, Path] | None = None,
    stop: bool = False,
    config: EvaluateConfig = CONFIG,
) -> tuple[bool, list[dict[str, Any]]]:
    stream = io.StringIO()
    progress = Progress("evaluate", EventWriter(stream))
    run = Run(
        "evaluate",
        Folder(out, key),
        (read_data(data, None),),
        model,
        critic,
        False,
        progress,
        threading.Event(),
    )
    if stop:
        run.stop.set()
    training = [] if train is None else [read_data(train, None)]
    done = evaluate(config, run, compare=compare or {}, training=training, seed=3)
    return done, [json.loads(line) for line in stream.getvalue().splitlines()]


def read(out: Path) -> dict[str, Any]:
    made: dict[str, Any] = json.loads((out / "report.json").read_text())
    return made


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path, files: tuple[Path, Path]) -> Path:
    """An evaluation with everything: training text, another model, a critic."""
    folder = tmp_path_factory.mktemp("full")
    progress = Progress("critic", EventWriter(io.StringIO()))
    run = Run(
        "critic",
        Folder(folder / "critic"),
        (read_data(files[1], None),),
        tiny_model,
        None,
        False,
        progress,
        threading.Event(),
    )
    assert train_critic(CriticConfig(layers=1, epochs=1, batch=16, max_length=64, threads=1), run)
    done, _ = run_it(
        folder / "out",
        tiny_model,
        files[0],
        train=files[1],
        critic=folder / "critic",
        compare={"twin": tiny_model, "other": make_model(folder / "other", seed=5)},
    )
    assert done
    return folder / "out"


def test_the_report_has_the_contracts_keys_with_intervals_or_reasons(full: Path) -> None:
    report = read(full)
    assert report["n"] == 12
    assert set(report["floors"]) == {"constant", "majority", "retrieval", "echo"}
    everyone = [report["model"], report["ladder"]["twin"], report["human"], *report["floors"].values()]
    for figures in everyone:
        assert set(figures) == set(KEYS)
        for figure in figures.values():
            assert figure["value"] is not None or figure["reason"]
            if figure["low"] is not None:
                assert figure["low"] <= figure["high"]
    assert all(set(gate) == {"passed", "why"} for gate in report["gates"].values())
    assert report["risk"]["recall"]["value"] is None


def test_what_can_be_measured_with_training_text_is_measured(full: Path) -> None:
    report = read(full)
    missing = {key for key, figure in report["model"].items() if figure["value"] is None}
    assert missing <= {"empathy", "quality", "accuracy_answered"}
    assert report["floors"]["echo"]["copied3"]["value"] == 1.0
    assert report["floors"]["majority"]["emotion_accuracy"]["value"] > 0
    assert report["human"]["specificity"]["value"] > report["floors"]["constant"]["specificity"]["value"]


def test_the_model_is_compared_with_its_floors_pair_by_pair(full: Path) -> None:
    report = read(full)
    for key, floors in report["over_floors"].items():
        for name, gap in floors.items():
            difference = report["model"][key]["value"] - report["floors"][name][key]["value"]
            assert gap["value"] == pytest.approx(difference)
            assert gap["low"] <= gap["high"]


def test_the_same_model_under_another_name_gets_the_same_figures_and_no_reward_gain(full: Path) -> None:
    report = read(full)
    assert report["ladder"]["twin"] == report["model"]
    assert report["reward"]["difference"]["twin"]["value"] == 0
    assert not report["gates"]["reward over twin"]["passed"]


def test_the_model_is_compared_with_the_ladder_by_judges_that_no_reward_is_made_of(full: Path) -> None:
    report = read(full)
    for name, gains in report["over_models"].items():
        assert set(gains) == set(JUDGED)
        for key in ("specificity", "strategy_fit"):
            gap = gains[key]
            assert gap["value"] == pytest.approx(
                report["model"][key]["value"] - report["ladder"][name][key]["value"]
            )
            assert gap["low"] <= gap["value"] <= gap["high"]
            assert name == "other" or gap["low"] == gap["high"] == 0  # paired: a twin differs in no resample
        assert "--set empathy" in gains["empathy"]["reason"]
    assert list(report["over_models"]) == ["twin", "other"]
    assert "Model minus the rest of the ladder" in (full / "report.html").read_text()


RATED = (
    ("I am so sorry, that must hurt.", (1, 1, 0)),
    ("What went through you then?", (0, 0, 2)),
    ("The form is on the website.", (0, 0, 0)),
)


def rated(name: str) -> Dialogue:
    """A conversation whose replies are rated in its own turns."""
    replies = random.Random(name).sample(RATED, 2)
    turns = [
        turn
        for text, levels in replies
        for turn in (Turn("client", SENTINEL, emotion="fear"), Turn("therapist", text, empathy=levels))
    ]
    return Dialogue(name, "clinic", None, tuple(turns))


def test_empathy_is_judged_by_words_and_the_judge_checked_on_ratings_it_never_saw(
    tmp_path: Path, tiny_model: Path
) -> None:
    data = write_data(tmp_path / "d.jsonl", [rated(f"test{n}") for n in range(8)])
    own = write_data(tmp_path / "own.jsonl", [rated(f"train{n}") for n in range(60)])
    run_it(tmp_path / "out", tiny_model, data, train=own)
    report = read(tmp_path / "out")
    rows = [json.loads(line) for line in (tmp_path / "out" / "predictions.jsonl").read_text().splitlines()]
    levels = dict(RATED)
    wanted = [sum(levels[r["reference"]]) / 3 if levels[r["reference"]][2] == 0 else 1 / 3 for r in rows]
    wanted = [value - (1 / 6 if value == 2 / 3 else 0) for value in wanted]  # a 1 of interpretation is half
    assert report["human"]["empathy"]["value"] == pytest.approx(sum(wanted) / len(wanted))
    assert 0 <= report["model"]["empathy"]["value"] <= 1
    for figures in report["judges"]["empathy"]["replies"].values():
        assert figures["n"] == 16
        assert figures["accuracy"] == 1.0 > figures["floor"]
    assert report["judges"]["empathy"]["poorer"] == {}
    assert "The judge of empathy" in (tmp_path / "out" / "report.html").read_text()
    # The same ratings in a file of their own.
    lines = [
        {"id": f"train{n}", "turn": turn, "empathy": list(rated(f"train{n}").turns[turn].empathy or ())}
        for n in range(60)
        for turn in (1, 3)
    ]
    (tmp_path / "empathy.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    bare = [
        replace(row, turns=tuple(replace(turn, empathy=None) for turn in row.turns))
        for row in (rated(f"train{n}") for n in range(60))
    ]
    unrated = write_data(tmp_path / "bare.jsonl", bare)
    config = replace(CONFIG, empathy=str(tmp_path / "empathy.jsonl"))
    run_it(tmp_path / "file", tiny_model, data, train=unrated, config=config)
    assert read(tmp_path / "file")["model"]["empathy"] == report["model"]["empathy"]


def test_empathy_is_null_with_a_reason_where_no_judge_can_be_fitted_or_checked(
    tmp_path: Path, tiny_model: Path, files: tuple[Path, Path]
) -> None:
    own = write_data(tmp_path / "own.jsonl", [rated(f"train{n}") for n in range(60)])
    run_it(tmp_path / "unchecked", tiny_model, files[0], train=own)
    assert "kept apart" in read(tmp_path / "unchecked")["model"]["empathy"]["reason"]
    data = write_data(tmp_path / "d.jsonl", [rated(f"test{n}") for n in range(8)])
    run_it(tmp_path / "untaught", tiny_model, data, train=files[1])
    report = read(tmp_path / "untaught")
    assert "too few ratings" in report["model"]["empathy"]["reason"]
    assert report["judges"]["empathy"] == {}


def session(number: int, quality: Quality) -> Dialogue:
    """A session whose wording tells its rating."""
    said = {
        "high": (
            "What would you like to change first?",
            "You are worried about your lungs and want to stop.",
        ),
        "low": ("You really have to stop smoking now.", "I told you already that smoking kills you."),
    }[quality]
    turns = [t for text in said for t in (Turn("client", SENTINEL), Turn("therapist", text))]
    return Dialogue(f"{quality}{number}", "clinic", None, tuple(turns), quality)


def test_quality_is_judged_by_how_sessions_rated_high_and_low_are_worded(
    tmp_path: Path, tiny_model: Path, files: tuple[Path, Path]
) -> None:
    kinds: tuple[Quality, Quality] = ("high", "low")
    sessions = write_data(tmp_path / "s.jsonl", [session(n, kind) for kind in kinds for n in range(15)])
    config = replace(CONFIG, quality=str(sessions))
    run_it(tmp_path / "out", tiny_model, files[0], train=files[1], config=config)
    report = read(tmp_path / "out")
    assert 0 <= report["model"]["quality"]["value"] <= 1
    found = report["judges"]["quality"]
    assert found == {"replies": 60, "sessions": 30, "low": 15, "auc_reply": 1.0, "auc_session": 1.0}
    assert "The judge of quality" in (tmp_path / "out" / "report.html").read_text()


def test_quality_is_null_with_a_reason_without_rated_sessions(
    tmp_path: Path, tiny_model: Path, files: tuple[Path, Path]
) -> None:
    few = write_data(tmp_path / "s.jsonl", [session(n, "high") for n in range(40)])
    run_it(tmp_path / "out", tiny_model, files[0], train=files[1], config=replace(CONFIG, quality=str(few)))
    report = read(tmp_path / "out")
    assert "rated high and low" in report["model"]["quality"]["reason"]
    assert report["judges"]["quality"] == {}


def test_predictions_hold_one_record_per_exchange(full: Path, files: tuple[Path, Path]) -> None:
    rows = [json.loads(line) for line in (full / "predictions.jsonl").read_text().splitlines()]
    by_id = {row.id: row for row in read_data(files[0], None).dialogues}
    assert len(rows) == 12
    for row in rows:
        turn = by_id[row["id"]].turns[row["turn"]]
        assert (turn.text, turn.strategy) == (row["reference"], row["strategy_true"])
        assert row["emotion_true"] == by_id[row["id"]].turns[row["turn"] - 1].emotion
        assert row["others"]["twin"] == row["reply"]
        assert set(row["reward"]) >= {"relevance", "safety"}
    assert (full / "report.html").read_text().startswith("<!DOCTYPE html>")


def test_the_same_seed_gives_the_same_files(
    tmp_path: Path, tiny_model: Path, files: tuple[Path, Path]
) -> None:
    for name in ("a", "b"):
        run_it(tmp_path / name, tiny_model, files[0])
    for name in ("report.json", "predictions.jsonl", "report.html"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_without_training_text_its_floors_are_null_with_a_reason(
    tmp_path: Path, tiny_model: Path, files: tuple[Path, Path]
) -> None:
    done, _ = run_it(tmp_path, tiny_model, files[0])
    report = read(tmp_path)
    assert done
    for name in ("constant", "majority", "retrieval"):
        assert all(figure["value"] is None for figure in report["floors"][name].values())
        assert "--train" in report["floors"][name]["bleu"]["reason"]
    assert report["floors"]["echo"]["rouge1"]["value"] is not None
    for key in ("specificity", "strategy_fit", "overlap8"):
        assert "--train" in report["model"][key]["reason"]


def test_a_sealed_evaluation_leaves_no_word_in_the_open(
    tmp_path: Path, tiny_model: Path, files: tuple[Path, Path]
) -> None:
    key = b"s" * KEY_BYTES
    run_it(tmp_path / "out", tiny_model, files[0], train=files[1], key=key)
    written = list((tmp_path / "out").iterdir())
    assert {path.name for path in written} == {
        "report.json.sealed",
        "report.html.sealed",
        "predictions.jsonl.sealed",
    }
    assert not any(SENTINEL.encode() in path.read_bytes() for path in written)
    assert SENTINEL in Folder(tmp_path / "out", key).read("report.html").decode()


def test_a_stopped_evaluation_writes_nothing(
    tmp_path: Path, tiny_model: Path, files: tuple[Path, Path]
) -> None:
    done, events = run_it(tmp_path / "out", tiny_model, files[0], stop=True)
    assert not done
    assert events[-1]["type"] == "cancelled"
    assert not (tmp_path / "out").exists()


def test_of_dialogues_that_were_trained_on_only_the_held_out_ones_are_used(
    tmp_path: Path, tiny_model: Path
) -> None:
    rows = [conversation(f"a{n}", "authored") for n in range(60)]
    kept_out = {row.id for row in rows if held_out(row.id)}
    assert kept_out
    data = write_data(tmp_path / "d.jsonl", rows)
    config = EvaluateConfig(max_prompts=100, batch=32, max_reply=2, bootstrap=10, samples=0, threads=1)
    run_it(tmp_path / "out", tiny_model, data, config=config)
    lines = (tmp_path / "out" / "predictions.jsonl").read_text().splitlines()
    assert {json.loads(line)["id"] for line in lines} == kept_out
    assert read(tmp_path / "out")["gates"]["unseen"]["passed"]


def test_data_that_went_into_training_is_used_when_nothing_else_is_there_and_the_report_says_so(
    tmp_path: Path, tiny_model: Path
) -> None:
    rows = [row for row in (conversation(f"a{n}") for n in range(6)) if not held_out(row.id)]
    data = write_data(tmp_path / "d.jsonl", rows)
    run_it(tmp_path / "out", tiny_model, data, train=data)
    report = read(tmp_path / "out")
    assert report["n"] > 0
    assert not report["gates"]["unseen"]["passed"]


def test_unlabelled_data_leaves_the_emotion_unmeasured(tmp_path: Path, tiny_model: Path) -> None:
    turns = (Turn("client", "i can't sleep"), Turn("therapist", "What keeps you awake?"))
    rows = [Dialogue(f"d{n}", "clinic", None, turns) for n in range(3)]
    run_it(tmp_path / "out", tiny_model, write_data(tmp_path / "d.jsonl", rows))
    assert read(tmp_path / "out")["model"]["emotion_accuracy"]["value"] is None


def with_reply(dialogue: Dialogue, reply: str, emotion: str) -> Dialogue:
    """The same client, and always the same answer and label."""
    turns = [
        replace(turn, text=reply) if turn.speaker == "therapist" else replace(turn, emotion=emotion)
        for turn in dialogue.turns
    ]
    return replace(dialogue, turns=tuple(turns))


def test_a_model_that_always_writes_the_constant_loses_every_gate_that_claims_quality(
    tmp_path: Path, files: tuple[Path, Path], full: Path
) -> None:
    known = read_data(files[1], None).dialogues
    shown = [with_reply(dialogue, CONSTANTS[0], "fear") for dialogue in known]
    model = learnt_by_heart(tmp_path / "model", shown, steps=60)
    config = replace(CONFIG, max_reply=40, temperature=0.2)
    run_it(
        tmp_path / "out",
        model,
        files[0],
        train=files[1],
        critic=full.parent / "critic",
        compare={"sft": model},
        config=config,
    )
    rows = [json.loads(line) for line in (tmp_path / "out" / "predictions.jsonl").read_text().splitlines()]
    assert {row["reply"] for row in rows} == {CONSTANTS[0]}
    gates = read(tmp_path / "out")["gates"]
    claims = [*QUALITY, "reward over sft"]
    assert [name for name in claims if gates[name]["passed"]] == []


def test_risk_labels_are_counted_by_category_and_missing_ones_give_a_reason(
    tmp_path: Path, tiny_model: Path, full: Path
) -> None:
    assert read(full)["risk"]["recall"] == {
        "value": None,
        "low": None,
        "high": None,
        "reason": "the data has no risk labels",
    }
    turns = (
        Turn("client", "I want to kill myself.", risk=("suicide",)),
        Turn("therapist", "Are you safe right now?"),
    )
    data = write_data(tmp_path / "d.jsonl", [Dialogue(f"d{n}", "clinic", None, turns) for n in range(3)])
    run_it(tmp_path / "out", tiny_model, data)
    risk = read(tmp_path / "out")["risk"]
    assert risk["recall"]["value"] == risk["categories"]["suicide"]["recall"]["value"] == 1
    assert (risk["messages"], risk["unseen"]) == (3, True)
    assert "Risk screen" in (tmp_path / "out" / "report.html").read_text()


def canary(name: str, secret: str) -> Dialogue:
    turns = (Turn("client", "which number?"), Turn("therapist", f"It is {secret}."))
    return Dialogue(name, "canary", None, turns)


def test_canaries_are_ranked_and_are_no_exchange_under_test(
    tmp_path: Path, tiny_model: Path, files: tuple[Path, Path]
) -> None:
    planted = [name for name in (f"c{n}" for n in range(99)) if not (held_out(name) or calibration(name))][:4]
    train = write_data(
        tmp_path / "t.jsonl",
        [*read_data(files[1], None).dialogues, *(canary(name, "481920773") for name in planted)],
    )
    test = write_data(tmp_path / "d.jsonl", [*read_data(files[0], None).dialogues, canary("x", "730018264")])
    run_it(tmp_path / "out", tiny_model, test, train=train, config=replace(CONFIG, max_prompts=99))
    report = read(tmp_path / "out")
    repeats = report["memorisation"]["canaries"]["repeats"]
    assert {times: one["canaries"] for times, one in repeats.items()} == {"0": 1, "4": 1}
    assert all(0 <= one["exposure"] <= 4 for one in repeats.values())
    lines = (tmp_path / "out" / "predictions.jsonl").read_text().splitlines()
    assert "x" not in {json.loads(line)["id"] for line in lines}
    assert "memorisation" in report["gates"]


def test_predictions_carry_what_a_judge_must_read(full: Path, files: tuple[Path, Path]) -> None:
    by_id = {row.id: row for row in read_data(files[0], None).dialogues}
    for line in (full / "predictions.jsonl").read_text().splitlines():
        row = json.loads(line)
        before = by_id[row["id"]].turns[: row["turn"]]
        assert row["conversation"] == [{"speaker": turn.speaker, "text": turn.text} for turn in before]
        assert row["conversation"][-1]["text"] == row["client"]


def test_a_class_that_no_message_has_is_named(full: Path) -> None:
    notes = read(full)["notes"]
    assert sum("depression" in note for note in notes) == 2  # under test, and in training
    assert not any(" fear" in note for note in notes)
    assert any("12 replies" in note for note in notes)


CLIENT, THERAPIST = Turn("client", SENTINEL), Turn("therapist", f"{SENTINEL} too")


@pytest.mark.parametrize(
    ("turns", "said"),
    [
        ((CLIENT,), "one speaker only ('client')"),
        ((THERAPIST,), "one speaker only ('therapist')"),
        ((THERAPIST, CLIENT), "no therapist turn that answers a client"),
        ((replace(CLIENT, emotion=SENTINEL), THERAPIST), "1 client turns whose field 'emotion'"),
        ((CLIENT, replace(THERAPIST, strategy=SENTINEL)), "1 therapist turns whose field 'strategy'"),
        ((replace(CLIENT, risk=(SENTINEL,)), THERAPIST), "1 client turns whose field 'risk'"),
    ],
)
def test_data_that_cannot_be_measured_is_refused_in_a_sentence(
    tmp_path: Path, tiny_model: Path, turns: tuple[Turn, ...], said: str
) -> None:
    data = write_data(tmp_path / "d.jsonl", [Dialogue("d", "clinic", None, turns)])
    with pytest.raises(InputError) as refusal:
        run_it(tmp_path / "out", tiny_model, data)
    assert said in str(refusal.value)
    assert SENTINEL not in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "--train holds no dialogue"),
        ([Dialogue("a", "clinic", None, (CLIENT,))], "--train holds turns of one speaker only"),
    ],
)
def test_a_training_split_that_teaches_nothing_is_refused(
    tmp_path: Path, tiny_model: Path, files: tuple[Path, Path], rows: list[Dialogue], said: str
) -> None:
    train = write_data(tmp_path / "t.jsonl", rows)
    with pytest.raises(InputError, match=said):
        run_it(tmp_path / "out", tiny_model, files[0], train=train)


@pytest.mark.parametrize("name", ["model", "human", "echo", "reference"])
def test_a_model_cannot_take_the_name_of_another_column(
    tmp_path: Path, tiny_model: Path, files: tuple[Path, Path], name: str
) -> None:
    with pytest.raises(InputError, match="choose a name other than"):
        run_it(tmp_path / "out", tiny_model, files[0], compare={name: tiny_model})


@pytest.mark.parametrize("key", ["max_prompts", "batch", "recited", "rivals"])
def test_a_count_of_nothing_is_refused(
    tmp_path: Path, tiny_model: Path, files: tuple[Path, Path], key: str
) -> None:
    with pytest.raises(InputError, match=f"{key} must be at least 1"):
        run_it(tmp_path / "out", tiny_model, files[0], config=replace(CONFIG, **{key: 0}))


def test_the_page_shows_exchanges_spread_over_all(full: Path) -> None:
    rows = [json.loads(line) for line in (full / "predictions.jsonl").read_text().splitlines()]
    page = (full / "report.html").read_text()
    for number, place in enumerate((0, 4, 8), start=1):
        assert f"{number}. {rows[place]['id']}, turn {rows[place]['turn'] + 1}" in page
    assert "3 exchanges side by side" in page


def test_an_empty_test_split_is_refused(tmp_path: Path, tiny_model: Path) -> None:
    with pytest.raises(InputError, match="no dialogue in the data"):
        run_it(tmp_path / "out", tiny_model, write_data(tmp_path / "d.jsonl", []))


def test_data_without_an_answer_is_refused(tmp_path: Path, tiny_model: Path) -> None:
    rows = [Dialogue("d", "clinic", None, (Turn("client", "hello"),))]
    with pytest.raises(InputError, match="nothing to measure"):
        run_it(tmp_path / "out", tiny_model, write_data(tmp_path / "d.jsonl", rows))

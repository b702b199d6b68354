"""A tiny data folder: four kinds of messages, words that mean something in none of the lexicons."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from trainer import risk_train
from trainer.config import RISK_MODEL_SHA256, InputError, resources_dir
from trainer.data import held_out
from trainer.metrics import wilson
from trainer.risk import lexicon_file
from trainer.risk_lexicon import Lexicon
from trainer.risk_model import parse_model
from trainer.risk_tables import Judged, table

THINGS = ["soup", "bread", "rain", "snow", "bus", "train", "cat", "hen", "hat", "coat"]
THINGS += ["lamp", "rug", "pond", "lake", "shed", "barn", "song", "drum", "map", "pen"]


def write(file: Path, rows: list[dict[str, object]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))


def write_questions(folder: Path) -> None:
    turns = [{"speaker": "client", "text": "Why does my neighbour hum all day?"}, {"speaker": "therapist"}]
    rows = [{"id": f"q-{i}", "turns": turns} for i in range(3)]
    file = folder / "counsel_chat" / "train.jsonl.gz"
    file.parent.mkdir()
    file.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))


def message(text: str, *labels: str) -> dict[str, object]:
    return {"id": text, "text": text, "labels": labels, "directness": "indirect" if labels else "none"}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    risk = [message(f"my {thing} and the purple lantern spoke", "suicide") for thing in THINGS]
    risk += [message(f"my {thing} and the yellow gravel spoke", "abuse") for thing in THINGS]
    risk += [message(f"my {thing} and the green table spoke") for thing in THINGS]
    write(folder / "authored" / "risk.jsonl", risk)
    write(folder / "extra.jsonl", [message(f"that {t} has a purple lantern now", "suicide") for t in THINGS])
    said = [[f"We saw the {thing} on Sunday.", f"The {thing} is fine. It was cold."] for thing in THINGS]
    rows: list[dict[str, object]] = [
        {"id": f"w-{i}", "turns": [{"speaker": "client", "text": text} for text in texts]}
        for i, texts in enumerate(said)
    ]
    write(folder / "authored" / "w1.jsonl", rows)
    turns = [{"speaker": "client", "text": "It is the lantern.", "risk": ["suicide"]}]
    write(folder / "authored" / "risk_dialogues.jsonl", [{"id": "r-1", "turns": turns}])
    write_questions(folder)
    return folder


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon(lexicon_file())


def test_training_twice_gives_the_same_bytes_and_finds_what_it_was_taught(
    root: Path, tmp_path: Path, lexicon: Lexicon
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    figures = risk_train.train(root, root / "extra.jsonl", one)
    assert figures == risk_train.train(root, root / "extra.jsonl", two)
    assert one.read_bytes() == two.read_bytes()
    assert hashlib.sha256(one.read_bytes()).hexdigest() in figures
    assert "held out" not in figures
    model = parse_model(one.read_bytes(), lexicon.categories)
    assert list(model.read(lexicon.tokens("her purple lantern"))) == ["suicide"]
    assert list(model.read(lexicon.tokens("his yellow gravel"))) == ["abuse"]
    assert model.read(lexicon.tokens("We saw the green table on Sunday.")) == {}


def test_the_held_out_tenth_is_kept_apart_by_opening_and_by_dialogue(root: Path, lexicon: Lexicon) -> None:
    learned, apart = risk_train.read_messages(root, root / "extra.jsonl", lexicon)
    assert apart
    assert not any(held_out(m.group) for m in learned)
    assert all(held_out(m.group) for m in apart)
    assert {m.group for m in learned if m.kind == "indirect"} <= {risk_train.opening(m.text) for m in learned}


def test_what_is_held_out_changes_no_weight(root: Path, tmp_path: Path) -> None:
    changed = tmp_path / "authored"
    for file in (root / "authored").iterdir():
        rows = [json.loads(line) for line in file.read_text().splitlines()]
        kept = [r for r in rows if not held_out(risk_train.opening(r["text"]) if "text" in r else r["id"])]
        write(changed / file.name, kept)
    write_questions(tmp_path)
    one, two = tmp_path / "one", tmp_path / "two"
    risk_train.train(root, root / "extra.jsonl", one)
    risk_train.train(tmp_path, root / "extra.jsonl", two)
    assert one.read_bytes() == two.read_bytes()


def test_compressed_files_give_the_same_bytes(root: Path, tmp_path: Path) -> None:
    for file in (root / "authored").iterdir():
        packed = tmp_path / "authored" / f"{file.name}.gz"
        packed.parent.mkdir(exist_ok=True)
        packed.write_bytes(gzip.compress(file.read_bytes()))
    write_questions(tmp_path)
    one, two = tmp_path / "one", tmp_path / "two"
    risk_train.train(root, root / "extra.jsonl", one)
    risk_train.train(tmp_path, root / "extra.jsonl", two)
    assert one.read_bytes() == two.read_bytes()


def test_the_threshold_lets_only_the_given_share_of_ordinary_turns_through(
    root: Path, lexicon: Lexicon
) -> None:
    messages, _ = risk_train.read_messages(root, root / "extra.jsonl", lexicon)
    found = np.zeros((len(messages), 7))
    found[:, -1] = np.arange(len(messages))
    cut = risk_train.threshold(messages, found, alarms=0.25)
    ordinary = [m.harmless for m in messages]
    assert (found[ordinary, -1] > cut).mean() <= 0.25


def test_a_question_that_many_answered_is_read_once(root: Path, lexicon: Lexicon) -> None:
    both = risk_train.read_messages(root, root / "extra.jsonl", lexicon)
    assert [m.group for part in both for m in part if m.kind == "question"] == ["q-0"]


def test_folders_without_data_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="authored"):
        risk_train.train(tmp_path, tmp_path / "extra.jsonl", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_packaged_artefact_is_the_pinned_one_and_small() -> None:
    data = (resources_dir() / "risk" / "model.safetensors").read_bytes()
    assert hashlib.sha256(data).hexdigest() == RISK_MODEL_SHA256
    assert len(data) < 1_000_000


def test_the_extra_messages_are_well_formed_and_open_differently_but_for_pairs(lexicon: Lexicon) -> None:
    file = resources_dir() / "risk" / "extra.jsonl"
    rows = [json.loads(line) for line in file.read_text(encoding="utf8").splitlines()]
    assert len({row["id"] for row in rows}) == len(rows)
    assert len({row["text"] for row in rows}) == len(rows)
    assert max(Counter(risk_train.opening(row["text"]) for row in rows).values()) <= 4  # minimal pairs
    for row in rows:
        assert set(row["labels"]) <= set(lexicon.categories), row["id"]
        assert (row["directness"] == "none") == (not row["labels"]), row["id"]


def test_the_tables_count_by_hand() -> None:
    judged = [
        Judged(frozenset({"abuse"}), "direct", frozenset({"abuse"}), frozenset(), 0.0),
        Judged(frozenset({"abuse"}), "indirect", frozenset(), frozenset({"suicide"}), 2.0),
        Judged(frozenset(), "none", frozenset(), frozenset({"abuse"}), 1.0),
    ]
    text = table("x", judged, ("suicide", "abuse"))
    assert "both     precision      2/3 0.667" in text
    assert "model    direct         0/1 0.000" in text
    assert "both     abuse          recall 1/2 0.500" in text


def test_a_wilson_interval_is_the_published_one() -> None:
    found = wilson(13, 19, "")
    low, high = found.low, found.high
    assert low is not None
    assert high is not None
    assert (round(low, 3), round(high, 3)) == (0.460, 0.846)

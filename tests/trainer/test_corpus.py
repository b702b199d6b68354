"""Sets of every shape are read as dialogues with our labels; what cannot be used is counted or named."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from trainer.config import InputError
from trainer.corpus import Tally, read_source
from trainer.data import held_out
from trainer.dialogue import Dialogue

SECRET = "the word nobody may print"


def write(root: Path, name: str, rows: Sequence[dict[str, Any]]) -> Path:
    """Rows into ``root/name`` ("SOURCE/FILE"), packed when the name ends in .gz."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    data = "".join(json.dumps(row) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def talk(name: str, *turns: tuple[str, str, str | None]) -> dict[str, Any]:
    """A row of turns (speaker, text, label): emotions for clients, strategies for therapists."""
    return {
        "id": name,
        "turns": [
            {"speaker": who, "text": text, "strategy" if who == "therapist" else "emotion": label}
            for who, text, label in turns
        ],
    }


def read(root: Path, name: str, split: str = "train", tally: Tally | None = None) -> list[Dialogue]:
    return list(read_source(root, name, split, shippable=False, tally=tally))


def test_labelled_text_becomes_one_client_turn_with_an_id_of_its_own(tmp_path: Path) -> None:
    write(
        tmp_path,
        "goemotions/train.jsonl.gz",
        [
            {"text": "I could cry", "labels": ["grief", "sadness"]},
            {"text": "Is it so?", "labels": ["curiosity"]},
        ],
    )
    write(tmp_path, "goemotions/dev.jsonl", [{"text": "Hooray", "labels": ["joy"]}])
    tally = Tally()
    first, second = read(tmp_path, "goemotions", tally=tally)
    assert (first.id, first.source, first.turns[0].speaker) == ("goemotions-train-1", "goemotions", "client")
    assert [d.turns[0].emotion for d in (first, second)] == ["sadness", None]
    assert tally.unmapped["emotion"] == 1
    assert [d.id for d in read(tmp_path, "goemotions", "valid")] == ["goemotions-dev-1"]


def test_therapists_utterances_carry_strategies(tmp_path: Path) -> None:
    row = {"text": "Many feel so.", "labels": ["Normalizing"], "speaker": "therapist"}
    write(tmp_path, "bolt_behaviours/train.jsonl", [row])
    write(tmp_path, "bolt_behaviours/valid.jsonl", [row])
    turn = read(tmp_path, "bolt_behaviours")[0].turns[0]
    assert (turn.speaker, turn.emotion, turn.strategy) == ("therapist", None, "validation")


def test_a_text_that_is_repeated_for_each_of_its_labels_is_one_row(tmp_path: Path) -> None:
    rows = [
        {"text": text, "labels": [label], "speaker": "therapist"}
        for text, label in [
            ("How so?", "Questions on Experiences"),
            ("It hurt.", "Reflections on Emotions"),
            ("How so?", "Questions on Emotions"),
            ("It hurt.", "Normalizing"),
        ]
    ]
    write(tmp_path, "bolt_behaviours/train.jsonl", rows)
    write(tmp_path, "bolt_behaviours/valid.jsonl", rows[:1])
    said = [(d.turns[0].text, d.turns[0].strategy) for d in read(tmp_path, "bolt_behaviours")]
    assert said == [("How so?", "open question"), ("It hurt.", None)]


def test_turns_of_one_speaker_in_a_row_are_merged(tmp_path: Path) -> None:
    row = talk(
        "m1",
        ("client", "He left.", "depression"),
        ("client", "Well.", "neutral"),
        ("therapist", "He left you.", "Restatement"),
        ("therapist", "Hm.", "Others"),
    )
    write(tmp_path, "mesc/train.jsonl", [row])
    write(tmp_path, "mesc/val.jsonl", [row])
    client, therapist = read(tmp_path, "mesc")[0].turns
    assert (client.text, client.emotion) == ("He left. Well.", "depression")
    assert (therapist.text, therapist.strategy) == ("He left you. Hm.", "reflection")


def test_quality_and_levels_of_empathy_are_kept(tmp_path: Path) -> None:
    pair = [("client", "I am lost", None), ("therapist", "Where were you going?", None)]
    session = talk("annomi-1", *pair) | {"mi_quality": "low"}
    post = talk("p1", *pair) | {
        "empathy_levels": {"explorations": 2, "emotional_reactions": 0, "interpretations": 1}
    }
    write(tmp_path, "annomi/all.jsonl", [session])
    write(tmp_path, "epitome/all.jsonl", [post])
    [both] = [d for split in ("train", "valid") for d in read(tmp_path, "annomi", split)]
    assert both.quality == "low"
    [both] = [d for split in ("train", "valid") for d in read(tmp_path, "epitome", split)]
    assert [turn.empathy for turn in both.turns] == [None, (0, 1, 2)]


def test_dialogues_that_cannot_be_used_are_counted(tmp_path: Path) -> None:
    rows = [
        talk("x1", ("a", "Hi", "joy"), ("b", "Hello", None)),
        talk("x2", ("a", "Hi", None), ("b", "Hello", None), ("c", "Hey", None)),
        talk("x3", ("a", "Anybody there?", None)),
        {"id": "x4", "turns": []},
        {"id": "x5", "text": "Once upon a time"},
    ]
    write(tmp_path, "meld/train.jsonl", rows)
    write(tmp_path, "meld/dev.jsonl", rows[:1])
    tally = Tally()
    [dialogue] = read(tmp_path, "meld", tally=tally)
    assert [(turn.speaker, turn.emotion) for turn in dialogue.turns] == [
        ("client", "joy"),
        ("therapist", None),
    ]
    assert tally.skipped == {
        "more than two speakers": 1,
        "one speaker only": 1,
        "no turns": 1,
        "text without labels": 1,
    }


@pytest.mark.parametrize("files", [["all.jsonl"], ["valid.jsonl"], ["one.jsonl.gz", "two.jsonl"]])
def test_without_parts_of_its_own_a_set_is_split_by_the_held_out_rule(
    tmp_path: Path, files: list[str]
) -> None:
    names = [f"d{number}" for number in range(60)]
    for number, file in enumerate(files):
        part = names[number :: len(files)]
        rows = [talk(name, ("client", "Hi", None), ("therapist", "Hello", None)) for name in part]
        write(tmp_path, f"esconv/{file}", rows)
    train, valid = (read(tmp_path, "esconv", split) for split in ("train", "valid"))
    assert {d.id for d in valid} == {name for name in names if held_out(name)} != set()
    assert {d.id for d in train} == {name for name in names if not held_out(name)}


def test_an_id_used_before_is_replaced(tmp_path: Path) -> None:
    row = talk("same", ("client", "Hi", None), ("therapist", "Hello", None))
    write(tmp_path, "esconv/extra.jsonl", [row, row])
    write(tmp_path, "esconv/valid.jsonl", [row])
    assert [d.id for d in read(tmp_path, "esconv")] == ["same", "esconv-extra-2"]


def test_a_source_whose_terms_are_not_cleared_is_refused_for_shipped_weights(tmp_path: Path) -> None:
    write(tmp_path, "mesc/train.jsonl", [talk("m", ("client", "Hi", None))])
    with pytest.raises(InputError, match=r"'mesc' is not in resources/sources\.toml"):
        next(read_source(tmp_path, "mesc"))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (
            {"id": "d", "turns": [{"speaker": "client"}, {"speaker": "therapist", "text": "a"}]},
            "turn 1, field 'text'",
        ),
        ({"id": "d", "turns": [{"speaker": "client", "text": SECRET}, 5]}, "turn 2: must be an object"),
        ({"id": "d", "turns": [{"speaker": None, "text": SECRET}]}, "turn 1, field 'speaker'"),
        (talk("d", ("client", SECRET, None), ("doctor", SECRET, None)), "turn 2, field 'speaker'"),
        ({"id": "d", "turns": SECRET}, "field 'turns'"),
        ({"id": None, "text": "a", "labels": []}, "field 'id'"),
        ({"text": "a", "labels": SECRET}, "field 'labels'"),
        ({"text": " ", "labels": []}, "field 'text'"),
        (
            talk("d", ("client", SECRET, None), ("therapist", SECRET, None)) | {"empathy_levels": SECRET},
            "field 'empathy_levels'",
        ),
        (
            talk("d", ("client", SECRET, None), ("therapist", "a", None)) | {"mi_quality": SECRET},
            "field 'quality'",
        ),
    ],
)
def test_bad_rows_are_named_by_file_line_and_field(tmp_path: Path, row: dict[str, Any], said: str) -> None:
    write(
        tmp_path, "esconv/train.jsonl.gz", [talk("ok", ("client", "a", None), ("therapist", "b", None)), row]
    )
    write(tmp_path, "esconv/valid.jsonl", [])
    with pytest.raises(InputError, match=rf"^train\.jsonl\.gz, line 2.*{said}") as refusal:
        read(tmp_path, "esconv")
    assert SECRET not in str(refusal.value)


def test_broken_files_and_missing_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'nowhere' has no \.jsonl files"):
        read(tmp_path, "nowhere")
    write(tmp_path, "esconv/all.jsonl.gz", [])
    (tmp_path / "esconv/all.jsonl.gz").write_bytes(b"no gzip")
    with pytest.raises(InputError, match=r"all\.jsonl\.gz: cannot be read"):
        read(tmp_path, "esconv")
    (tmp_path / "esconv/all.jsonl.gz").write_bytes(gzip.compress(b'{"id": 1\n'))
    with pytest.raises(InputError, match=r"all\.jsonl\.gz, line 1: not valid JSON"):
        read(tmp_path, "esconv")
    with pytest.raises(InputError, match="'test'"):
        read(tmp_path, "esconv", "test")

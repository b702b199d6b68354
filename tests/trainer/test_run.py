"""What every command is given: dialogues whose speakers alternate, and labels that still fit them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.trainer.test_corpus import talk
from trainer.__main__ import main
from trainer.config import resources_dir
from trainer.dialogue import read_dialogues
from trainer.run import read_data


def lines(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


TWICE = talk("twice", ("client", "Hi", None), ("client", "you", "fear"), ("therapist", "Hello", "reflection"))
ONCE = talk("once", ("client", "Hi", None), ("therapist", "Hello", "reflection"))


def test_turns_of_one_speaker_in_a_row_are_merged_when_data_is_read(tmp_path: Path) -> None:
    file = read_data(lines(tmp_path / "talks.jsonl", TWICE, ONCE), None)
    assert [[turn.text for turn in d.turns] for d in file.dialogues] == [["Hi you", "Hello"], ["Hi", "Hello"]]
    assert file.merged == {"twice"}


def test_our_own_dialogues_are_read_as_they_are_written() -> None:
    for path in sorted((resources_dir() / "authored").glob("w*.jsonl.gz")):
        assert read_data(path, None).dialogues == tuple(read_dialogues(path))


def test_empathy_labels_that_count_turns_before_merging_are_refused(
    tmp_path: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = lines(tmp_path / "talks.jsonl", TWICE, ONCE)
    labels = lines(tmp_path / "empathy.jsonl", {"id": "twice", "turn": 2, "empathy": [0, 1, 0]})
    arguments = ["--model", str(tiny_model), "--data", str(data), "--out", str(tmp_path / "out")]
    assert main(["critic", *arguments, "--set", f"empathy={labels}"]) == 2
    assert (
        "empathy.jsonl labels turns of twice, where one speaker has several turns" in capsys.readouterr().err
    )

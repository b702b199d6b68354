from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from trainer.config import InputError
from trainer.dialogue import Dialogue, Turn, Worse
from trainer.empathy import read_empathy, with_empathy

REPLY = Turn("therapist", "That hurts.", worse=Worse("Cheer up.", "dismissive"))
TALK = Dialogue("d", "test", None, (Turn("client", "it hurts"), REPLY))


def labels(tmp_path: Path, *rows: Any) -> Path:
    file = tmp_path / "empathy.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def test_labels_join_the_therapist_turns_they_name(tmp_path: Path) -> None:
    file = labels(
        tmp_path,
        {"id": "d", "turn": 1, "empathy": [2, 0, 1]},
        {"id": "d", "turn": 1, "empathy": [0, 0, 2], "worse": True},
        {"id": "elsewhere", "turn": 9, "empathy": [0, 0, 0]},
    )
    (joined,) = with_empathy([TALK], read_empathy(file))
    assert [turn.empathy for turn in joined.turns] == [None, (2, 0, 1)]
    assert joined.turns[1].worse == Worse("Cheer up.", "dismissive", (0, 0, 2))
    assert joined.id == TALK.id


def test_a_rating_of_a_poorer_reply_that_the_data_lacks_is_passed_over(tmp_path: Path) -> None:
    bare = replace(TALK, turns=(TALK.turns[0], replace(REPLY, worse=None)))
    file = labels(tmp_path, {"id": "d", "turn": 1, "empathy": [0, 0, 2], "worse": True})
    assert list(with_empathy([bare], read_empathy(file))) == [bare]


@pytest.mark.parametrize("turn", [0, 2, -1])
def test_a_label_on_anything_but_a_therapist_turn_is_refused(tmp_path: Path, turn: int) -> None:
    file = labels(tmp_path, {"id": "d", "turn": turn, "empathy": [0, 0, 0]})
    with pytest.raises(InputError, match="not a therapist's"):
        list(with_empathy([TALK], read_empathy(file)))


@pytest.mark.parametrize(
    "row",
    [
        [],
        {"id": "d", "turn": 1},
        {"id": "d", "turn": 1, "empathy": [0, 0]},
        {"id": "d", "turn": 1, "empathy": [0, 0, 3]},
        {"id": "d", "turn": 1, "empathy": [0, 0, True]},
        {"id": "d", "turn": 1.5, "empathy": [0, 0, 1]},
        {"id": "d", "turn": 1, "empathy": [0, 0, 1], "worse": "yes"},
        {"id": 7, "turn": 1, "empathy": [0, 0, 1]},
    ],
)
def test_a_damaged_label_is_refused_with_its_place(tmp_path: Path, row: Any) -> None:
    file = labels(tmp_path, {"id": "d", "turn": 1, "empathy": [0, 1, 2]}, row)
    with pytest.raises(InputError, match=r"empathy.jsonl, line 2"):
        read_empathy(file)


def test_a_file_that_is_missing_or_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_bytes(b"\xff\xfe")
    for name in ("none.jsonl", "bad.jsonl"):
        with pytest.raises(InputError, match="cannot be read"):
            read_empathy(tmp_path / name)

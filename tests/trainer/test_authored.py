"""The corpus that lies in the repository is whole, strictly readable and labelled as its README says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from trainer.config import resources_dir
from trainer.data import calibration, held_out
from trainer.dialogue import Dialogue
from trainer.prompt import AUTHORED_LABELS
from trainer.ratings import read_ratings
from trainer.run import read_data


@pytest.fixture(scope="module")
def authored() -> list[Dialogue]:
    files = sorted((resources_dir() / "authored").glob("[wp]*.jsonl.gz"))
    names = [f"p{n}.jsonl.gz" for n in "123456789abcdefg"] + [f"w{n}.jsonl.gz" for n in range(1, 9)]
    assert [Path(f).name for f in files] == names
    return [dialogue for file in files for dialogue in read_data(file, None).dialogues]


def test_ids_are_unique_and_every_tenth_is_there(authored: list[Dialogue]) -> None:
    ids = [dialogue.id for dialogue in authored]
    assert len(set(ids)) == len(ids) > 1000
    assert sum(map(held_out, ids)) > 80
    assert sum(map(calibration, ids)) > 80


def test_every_turn_carries_a_known_label_for_its_speaker(authored: list[Dialogue]) -> None:
    for dialogue in authored:
        for index, turn in enumerate(dialogue.turns):
            if turn.speaker == "client":
                assert turn.emotion in AUTHORED_LABELS.emotions, dialogue.id
            elif index > 0 or turn.strategy is not None:  # an opening answers nothing: no strategy to learn
                assert turn.strategy in AUTHORED_LABELS.strategies, dialogue.id


@pytest.mark.parametrize(
    ("sets", "least"),
    [("w[1-8]-", 1.0), ("p[1-7]-", 0.5), ("p[89]-", 0.15)],  # pa to pg only answer
)
def test_dialogues_bring_poorer_replies_to_learn_from(
    authored: list[Dialogue], sets: str, least: float
) -> None:
    chosen = [dialogue for dialogue in authored if re.match(sets, dialogue.id)]
    with_worse = sum(any(turn.worse for turn in dialogue.turns) for dialogue in chosen)
    assert chosen
    assert with_worse >= least * len(chosen)


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("sense.jsonl", 2000),
        ("sense_06.jsonl.gz", 30000),
        ("sense_07.jsonl.gz", 7000),
        ("written.jsonl.gz", 3000),
        ("preferred.jsonl.gz", 10000),
    ],
)
def test_ratings_are_of_replies_to_authored_messages(authored: list[Dialogue], name: str, least: int) -> None:
    rows = read_ratings(resources_dir() / "labels" / name)
    turns = {dialogue.id: dialogue.turns for dialogue in authored}
    for row in rows:
        assert turns[row["id"]][row["turn"]].speaker == "therapist"
        assert turns[row["id"]][row["turn"] - 1].speaker == "client"
        assert row["strategy"] in AUTHORED_LABELS.strategies
    assert len(rows) >= least

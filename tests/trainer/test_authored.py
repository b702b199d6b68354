"""The corpus that lies in the repository is whole, strictly readable and labelled as its README says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from trainer.config import resources_dir
from trainer.data import calibration, held_out
from trainer.dialogue import Dialogue
from trainer.prompt import AUTHORED_LABELS
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


def test_ratings_of_sense_are_of_replies_to_authored_messages(authored: list[Dialogue]) -> None:
    lines = (resources_dir() / "labels" / "sense.jsonl").read_text().splitlines()
    turns = {dialogue.id: dialogue.turns for dialogue in authored}
    for row in map(json.loads, lines):
        assert turns[row["id"]][row["turn"]].speaker == "therapist"
        assert turns[row["id"]][row["turn"] - 1].speaker == "client"
        assert row["strategy"] in AUTHORED_LABELS.strategies
        assert row["sense"] in (0, 1, 2)
        assert row["reply"].strip()
    assert len(lines) > 1000

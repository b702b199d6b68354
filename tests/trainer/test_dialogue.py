"""Dialogues are read strictly; every refusal names the place and never the words."""

from __future__ import annotations

import dataclasses
import gzip
import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.config import InputError
from trainer.dialogue import (
    Dialogue,
    Turn,
    Worse,
    as_json,
    ends_with_client,
    merge_turns,
    parse_dialogue,
    read_dialogues,
)

SECRET = "the word nobody may print"


def record(**changes: object) -> dict[str, object]:
    turn = {"speaker": "client", "text": SECRET, "emotion": None, "strategy": None}
    return {"id": "d1", "source": "test", "context": None, "turns": [turn]} | changes


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{" + SECRET, "not valid JSON"),
        ("[]", "must be an object"),
        (json.dumps(record(turns=[])), "'turns'"),
        (json.dumps(record(turns=None)), "'turns'"),
        (json.dumps(record(turns=[SECRET])), "turn 1: must be an object"),
        (json.dumps(record(turns=[{"speaker": "doctor", "text": SECRET}])), "turn 1, field 'speaker'"),
        (json.dumps(record(turns=[{"speaker": "client", "text": "  "}])), "turn 1, field 'text'"),
        (json.dumps(record(turns=[{"speaker": "client", "text": 5}])), "is a number"),
        (json.dumps(record(turns=[{"speaker": "client", "text": SECRET + "\0"}])), "NUL"),
        (json.dumps(record(turns=[{"speaker": "client", "text": SECRET + "\ud800"}])), "surrogate"),
        (json.dumps(record(turns=[{"speaker": "client", "text": SECRET, "risk": SECRET}])), "'risk'"),
        (json.dumps(record(turns=[{"speaker": "client", "text": SECRET, "risk": [5]}])), "'risk'"),
        (json.dumps(record(turns=[{"speaker": "client", "text": SECRET, "empathy": [0, 1]}])), "'empathy'"),
        (
            json.dumps(record(turns=[{"speaker": "client", "text": SECRET, "empathy": [0, 1, 3]}])),
            "'empathy'",
        ),
        (
            json.dumps(record(turns=[{"speaker": "client", "text": SECRET, "empathy": [0, 1, True]}])),
            "'empathy'",
        ),
        (json.dumps(record(quality=SECRET)), "'quality'"),
        (json.dumps(record(quality=["high"])), "'quality'"),
        (json.dumps(record(id=None)), "'id'"),
        (json.dumps(record(context=[SECRET])), "'context'"),
        ("[" * 100_000, "not "),
    ],
)
def test_bad_input_is_refused_in_one_sentence_without_the_words(line: str, said: str) -> None:
    with pytest.raises(InputError) as refusal:
        parse_dialogue(line, "clients.jsonl, line 7")
    message = str(refusal.value)
    assert message.startswith("clients.jsonl, line 7")
    assert said in message
    assert SECRET not in message
    assert "\n" not in message


def test_a_dialogue_that_ends_with_the_therapist_asks_for_no_reply() -> None:
    dialogue = Dialogue("1", "t", None, (Turn("client", "hi"), Turn("therapist", "hello")))
    with pytest.raises(InputError, match="turn 2"):
        ends_with_client(dialogue, "file")


def test_files_stream_with_bom_blank_lines_and_gzip(tmp_path: Path) -> None:
    line = json.dumps(record())
    plain, packed = tmp_path / "a.jsonl", tmp_path / "a.jsonl.gz"
    plain.write_bytes(b"\xef\xbb\xbf" + line.encode() + b"\r\n\r\n" + line.encode())
    packed.write_bytes(gzip.compress(line.encode() + b"\n"))
    assert [d.id for d in read_dialogues(plain)] == ["d1", "d1"]
    assert [d.id for d in read_dialogues(packed)] == ["d1"]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.jsonl", b"\xff\xfe{", "UTF-8"),
        ("a.jsonl.gz", b"no gzip", "cannot be read"),
        ("a.jsonl.gz", gzip.compress(b"x" * 50)[:-20], "cannot be read|not valid"),
    ],
)
def test_unreadable_files_are_named(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    file = tmp_path / name
    file.write_bytes(data)
    with pytest.raises(InputError, match=said):
        list(read_dialogues(file))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.jsonl"):
        list(read_dialogues(tmp_path / "gone.jsonl"))


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).filter(
    lambda text: bool(text.strip())
)
turns = st.builds(
    Turn,
    speaker=st.sampled_from(["client", "therapist"]),
    text=texts,
    emotion=st.none() | texts,
    strategy=st.none() | texts,
    worse=st.none() | st.builds(Worse, texts, texts),
    risk=st.none() | st.lists(texts, max_size=2).map(tuple),
    empathy=st.none() | st.tuples(*[st.integers(0, 2)] * 3),
)
qualities = st.sampled_from([None, "high", "low"])


@given(
    st.builds(Dialogue, texts, texts, st.none() | texts, st.lists(turns, min_size=1).map(tuple), qualities)
)
def test_what_is_written_is_read_back(dialogue: Dialogue) -> None:
    assert parse_dialogue(json.dumps(as_json(dialogue)), "x") == dialogue


@given(st.lists(turns))
def test_merging_loses_no_text_keeps_the_order_and_makes_speakers_alternate(given: list[Turn]) -> None:
    merged = merge_turns(given)
    assert " ".join(t.text for t in merged) == " ".join(t.text for t in given)
    assert all(one.speaker != two.speaker for one, two in itertools.pairwise(merged))
    assert merge_turns(merged) == merged
    for speaker in ("client", "therapist"):
        mine = [t.text for t in given if t.speaker == speaker]
        assert " ".join(t.text for t in merged if t.speaker == speaker) == " ".join(mine)
    for field in ("emotion", "strategy", "worse", "empathy", "risk"):
        kept = any(getattr(t, field) is not None for t in merged)
        assert kept == any(getattr(t, field) is not None for t in given)


@given(st.lists(turns))
def test_merging_leaves_alternating_turns_alone(given: list[Turn]) -> None:
    alternating = [
        dataclasses.replace(turn, speaker=("client", "therapist")[number % 2])
        for number, turn in enumerate(given)
    ]
    assert merge_turns(alternating) == tuple(alternating)


@pytest.mark.parametrize(
    ("labels", "kept"),
    [
        (["sadness", "neutral"], "sadness"),
        (["sadness", "joy", "neutral"], "joy"),
        (["neutral", None], "neutral"),
        (["sadness", None], "sadness"),
        ([None, None], None),
    ],
)
def test_a_merged_turn_has_the_last_label_that_says_something(
    labels: list[str | None], kept: str | None
) -> None:
    assert merge_turns([Turn("client", "so", emotion=label) for label in labels])[0].emotion == kept
    others = ["other" if label == "neutral" else label for label in labels]
    merged = merge_turns([Turn("therapist", "so", strategy=label) for label in others])
    assert merged[0].strategy == ("other" if kept == "neutral" else kept)


def test_a_merged_turn_keeps_dangers_levels_and_the_poorer_reply() -> None:
    first = Turn(
        "therapist", "I see.", worse=Worse("Cheer up.", "dismissive"), risk=("abuse",), empathy=(0, 2, 0)
    )
    second = Turn("therapist", "And then?", risk=("abuse", "suicide"), empathy=(1, 0, 2))
    assert merge_turns([first, second]) == (
        Turn(
            "therapist",
            "I see. And then?",
            worse=first.worse,
            risk=("abuse", "suicide"),
            empathy=(1, 2, 2),
        ),
    )

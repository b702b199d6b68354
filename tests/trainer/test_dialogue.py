"""Dialogues are read strictly; every refusal names the place and never the words."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.config import InputError
from trainer.dialogue import Dialogue, Turn, Worse, as_json, ends_with_client, parse_dialogue, read_dialogues

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
)


@given(st.builds(Dialogue, texts, texts, st.none() | texts, st.lists(turns, min_size=1).map(tuple)))
def test_what_is_written_is_read_back(dialogue: Dialogue) -> None:
    assert parse_dialogue(json.dumps(as_json(dialogue)), "x") == dialogue

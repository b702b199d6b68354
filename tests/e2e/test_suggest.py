"""``tfdesk suggest`` from files to printed answers, through a real model process."""

from __future__ import annotations

import io
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.desk_model import MESSAGES
from tests.trainer.runs import make_critic
from tfdesk.cli import main
from trainer.bundling import make_bundle
from trainer.config import RlConfig
from trainer.critic import Critic
from trainer.dialogue import dialogue_from
from trainer.rewards import Case, reward, total

KEYS = {"model", "risk", "emotion", "context", "drafts", "withheld", "reason", "timing_ms"}
CLIENT = {"speaker": "client", "text": MESSAGES[0][0]}
THERAPIST = {"speaker": "therapist", "text": "What happened then?"}


def record(name: str, *turns: dict[str, Any]) -> dict[str, Any]:
    return {"id": name, "source": "test", "context": None, "turns": list(turns or (CLIENT,))}


def write(file: Path, *records: Any) -> str:
    file.write_text("".join(json.dumps(item) + "\n" for item in records), encoding="utf8")
    return str(file)


def answers(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    made = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    for answer in made:
        assert set(answer) == KEYS
        answer.pop("timing_ms")
    return made


@pytest.fixture(autouse=True)
def own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TFDESK_DATA_DIR", str(tmp_path / "data"))


def test_one_result_line_per_dialogue_whatever_their_order(
    desk_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = [
        record("calm"),
        record("risk", {"speaker": "client", "text": "I want to end my life."}),
        record("emoji", {"speaker": "client", "text": "my cat died 😿😿 and i can't stop crying 👩‍👩‍👧"}),
        record(
            "rtl", {"speaker": "client", "text": "\u202ethe night was long\u202c שלום and zero\u200bwidth"}
        ),
        record("arabic", {"speaker": "client", "text": "لا أستطيع النوم هذه الليلة"}),
        record("long", {"speaker": "client", "text": "the radio stays on " * 2632}),
        record("many", *[CLIENT, THERAPIST] * 5000, CLIENT),
        record("short", {"speaker": "client", "text": "k"}),
    ]
    options = ["--model", str(desk_bundle), "--json", "--drafts", "1", "--seed", "4"]
    assert main(["suggest", write(tmp_path / "a.jsonl", *said), *options]) == 0
    forwards = answers(capsys)
    assert main(["suggest", write(tmp_path / "b.jsonl", *reversed(said)), *options]) == 0
    assert answers(capsys) == forwards[::-1]
    withheld = dict(zip([item["id"] for item in said], [a["withheld"] for a in forwards], strict=True))
    assert withheld["risk"] == "risk"
    assert withheld["arabic"] == "unscreened"
    assert withheld["short"] == "abstained"
    assert forwards[6]["context"]["turns_total"] == 10001
    span = forwards[1]["risk"]["spans"][0]
    assert "end my life" in "I want to end my life."[span["start"] : span["end"]]


def test_a_pretty_printed_dialogue_is_answered_for_people(
    desk_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "one.json"
    file.write_text(json.dumps(record("one"), indent=2), encoding="utf8")
    assert main(["suggest", str(file), "--model", str(desk_bundle), "--drafts", "1", "--emotion", "off"]) == 0
    printed = capsys.readouterr().out
    assert "Client    I said yes to the extra shift" in printed
    assert "Emotion   not read" in printed
    assert "Model     tiny 1" in printed


def test_stdin_is_read_for_a_dash(
    desk_bundle: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = io.TextIOWrapper(io.BytesIO(b"\xef\xbb\xbf" + json.dumps(record("one")).encode()))
    monkeypatch.setattr(sys, "stdin", given)
    assert main(["suggest", "-", "--model", str(desk_bundle), "--drafts", "0", "--json"]) == 0
    (answer,) = answers(capsys)
    assert answer["drafts"] == []
    assert answer["emotion"]["label"] in answer["emotion"]["distribution"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{not json", ("line 2", "not valid JSON")),
        (json.dumps(record("x", {"speaker": "doctor", "text": "hi"})), ("line 2, turn 1", "'speaker'")),
        (json.dumps(record("x", {"speaker": "client", "text": "  "})), ("line 2, turn 1", "'text'", "empty")),
        (json.dumps(record("x", {"speaker": "client"})), ("line 2, turn 1", "'text'")),
        (json.dumps(record("x", CLIENT, THERAPIST)), ("line 2, turn 2", "must be the client's")),
        (
            '{"id": "x", "turns": [{"speaker": "client", "text": "a \\ud800 b"}]}',
            ("line 2, turn 1", "surrogate"),
        ),
        ('{"id": "x", "turns": [{"speaker": "client", "text": "a \\u0000 b"}]}', ("line 2, turn 1", "NUL")),
        ('{"id": "x", "turns": []}', ("line 2", "'turns'")),
        ('{"turns": [{"speaker": "client", "text": "a b"}]}', ("line 2", "'id'")),
        ("[" * 100_000, ("line 2",)),
        ("7", ("line 2", "object")),
    ],
    ids=[
        "JSON",
        "speaker",
        "empty",
        "no text",
        "therapist last",
        "surrogate",
        "NUL",
        "no turns",
        "no id",
        "deep",
        "number",
    ],
)
def test_bad_input_is_refused_whole_with_one_sentence_before_a_model_loads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, told: tuple[str, ...]
) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text(json.dumps(record("good")) + "\n" + line + "\n", encoding="utf8")
    assert main(["suggest", str(file), "--model", str(tmp_path / "no model"), "--json"]) == 2
    out, errors = capsys.readouterr()
    assert out == ""
    assert len(errors.splitlines()) == 1
    assert all(part in errors for part in ("bad.jsonl", *told))


@pytest.mark.parametrize(
    ("content", "told"), [(b"", "no dialogue"), (b"\xff\xfe{\x00", "UTF-8"), (b"\n\n", "no dialogue")]
)
def test_an_unreadable_file_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, told: str
) -> None:
    (tmp_path / "f.jsonl").write_bytes(content)
    assert main(["suggest", str(tmp_path / "f.jsonl")]) == 2
    assert told in capsys.readouterr().err
    assert main(["suggest", str(tmp_path / "missing.jsonl")]) == 2
    assert "cannot be read" in capsys.readouterr().err


def damaged(bundle: Path, folder: Path, how: str) -> Path:
    """A copy of the bundle with one fault, or another kind of folder."""
    if how == "missing":
        return folder
    shutil.copytree(bundle, folder)
    weights = folder / "model.safetensors"
    if how == "pickle":
        for name in ("bundle.json", "model.safetensors"):
            (folder / name).unlink()
        (folder / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    elif how == "truncated":
        weights.write_bytes(weights.read_bytes()[:-100])
    elif how == "no critic":
        for name in ("critic.json", "critic.safetensors"):
            (folder / name).unlink()
    elif how == "not a model":
        shutil.rmtree(folder)
        folder.mkdir()
        (folder / "notes.txt").write_text("hello")
    return folder


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("missing", "no such model folder"),
        ("not a model", "not a model folder"),
        ("truncated", "model.safetensors is not the file"),
        ("pickle", "refused unopened"),
        ("no critic", "critic"),
    ],
)
def test_a_model_that_must_not_be_loaded_is_refused(
    desk_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], how: str, told: str
) -> None:
    model = damaged(desk_bundle, tmp_path / "m", how)
    assert main(["suggest", write(tmp_path / "a.jsonl", record("a")), "--model", str(model)]) == 2
    out, errors = capsys.readouterr()
    assert out == ""
    assert len(errors.splitlines()) == 1
    assert told in errors


def test_unknown_labels_are_refused_before_anything_is_printed(
    desk_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path / "a.jsonl", record("a"))
    assert main(["suggest", file, "--model", str(desk_bundle), "--emotion", "bliss"]) == 2
    out, errors = capsys.readouterr()
    assert (out, "--emotion" in errors and "sadness" in errors) == ("", True)
    assert main(["suggest", file, "--drafts", "99"]) == 2


@pytest.mark.parametrize("emotion", ["auto", "off"])
def test_the_cards_numbers_are_those_of_an_offline_recomputation(
    desk_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], emotion: str
) -> None:
    """The bundle's critic has every head; nothing but its files, the dialogue and the draft is used again."""
    bundle, _ = make_bundle(
        desk_bundle.parent / "model",
        make_critic(tmp_path / "critic"),
        tmp_path / "bundle",
        None,
        name="all-heads",
        version="1",
        licence="CC0-1.0",
        notice=None,
    )
    said = record("calm", CLIENT, THERAPIST, {"speaker": "client", "text": "Then she went to her room."})
    options = ["--model", str(bundle), "--json", "--emotion", emotion]
    for seed in range(20):  # the tiny model now and then writes nothing that may be shown
        assert main(["suggest", write(tmp_path / "a.jsonl", said), *options, "--seed", str(seed)]) == 0
        (answer,) = answers(capsys)
        if answer["drafts"]:
            break
    assert answer["drafts"]
    critic, dialogue = Critic.load(bundle), dialogue_from(said, "a.jsonl")
    client = f"{MESSAGES[0][0]} Then she went to her room."
    weights = {
        name: weight for name, weight in RlConfig().weights.items() if emotion == "auto" or name != "emotion"
    }
    for draft in answer["drafts"]:
        (scores,) = critic.score([(dialogue, draft["text"])])
        again = reward(Case(client=client, reply=draft["text"]), scores)
        card = draft["reward"]
        assert set(card["components"]) == set(weights)
        for name, part in card["components"].items():
            assert part["value"] == pytest.approx(again[name], abs=1e-5)
            assert part["weight"] == weights[name]
        assert card["total"] == pytest.approx(total(again, weights), abs=1e-5)

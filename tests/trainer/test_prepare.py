"""``tfdesk-trainer data``: files the other commands read, without what training and validation share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.trainer.runs import Recorder
from tests.trainer.test_corpus import talk, write
from trainer.__main__ import main
from trainer.config import DataConfig
from trainer.data_report import percentiles
from trainer.dialogue import read_dialogues
from trainer.prepare import prepare
from trainer.run import Progress, Run, read_data
from trainer.sealed import Folder

LEAK = "I have told nobody about the letters under the bed."


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """ESConv with parts of its own, GoEmotions with a text of ESConv's validation part."""
    leaks = talk("leaks", ("client", LEAK, None), ("therapist", "Thank you for telling me.", "Others"))
    fine = talk(
        "fine",
        ("client", "Hello", None),
        ("client", "there", None),
        ("therapist", "What brings you?", "Question"),
    )
    write(tmp_path, "root/esconv/train.jsonl.gz", [leaks, fine])
    write(
        tmp_path,
        "root/esconv/valid.jsonl",
        [talk("v", ("client", LEAK, None), ("therapist", "Hm.", "Other"))],
    )
    texts = [LEAK.lower(), "Great", "Gone", "Great"]
    rows = [
        {"text": text, "labels": [label]}
        for text, label in zip(texts, ["fear", "joy", "grief", "joy"], strict=True)
    ]
    write(tmp_path, "root/goemotions/train.jsonl", rows)
    write(tmp_path, "root/goemotions/dev.jsonl", [{"text": "great!", "labels": ["surprise"]}])
    return tmp_path / "root"


def arguments(root: Path, out: Path, *sets: str) -> list[str]:
    given = [f"data_root={root}", *sets]
    return ["data", *(part for item in given for part in ("--set", item)), "--out", str(out)]


def said(capsys: pytest.CaptureFixture[str]) -> str:
    [line] = capsys.readouterr().err.strip().splitlines()
    return line


def test_files_are_written_without_what_validation_holds_and_reported_on(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert main(arguments(root, out, "sources=esconv,goemotions", "experiment=true")) == 0
    kept = {file.name: [d.id for d in read_dialogues(file)] for file in out.glob("*.jsonl")}
    assert kept == {
        "esconv.jsonl": ["fine"],
        "esconv.valid.jsonl": ["v"],
        "goemotions.jsonl": ["goemotions-train-3"],
        "goemotions.valid.jsonl": ["goemotions-dev-1"],
    }
    assert not read_data(out / "esconv.jsonl", None).merged  # they were merged before
    report: dict[str, Any] = json.loads((out / "report.json").read_text())
    esconv, goemotions = report["sources"]["esconv"], report["sources"]["goemotions"]
    assert esconv["removed"] == [{"id": "leaks", "because": ["esconv.valid"]}]
    assert [row["because"] for row in goemotions["removed"]] == [
        ["esconv.valid"],
        ["goemotions.valid"],
        ["goemotions.valid"],
    ]
    train = esconv["train"]
    assert (train["rows"], train["turns"], train["words"], train["answered"]) == (1, 2, 5, 1)
    assert train["strategies"] == {"open question": 1}
    assert goemotions["train"]["emotions"] == {"sadness": 1}
    assert goemotions["valid"]["unmapped"] == {"emotion": 1}
    assert (esconv["shippable"], goemotions["shippable"], goemotions["licence"]) == (
        False,
        True,
        "Apache-2.0",
    )
    assert {"a": "esconv.valid", "b": "esconv", "exact": 1, "near": 0} in report["shared"]
    assert {"a": "goemotions.valid", "b": "goemotions", "exact": 1, "near": 0} in report["shared"]
    page = (out / "report.md").read_text()
    assert "| esconv | train | 1 | 2 | 5 | 1 | 1 | 0 |" in page
    assert "weights may not be shipped: esconv." in page
    assert "goemotions: in its train part no therapist answers a client" in page
    assert LEAK not in page + json.dumps(report)


def test_what_is_written_twice_is_the_same(root: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert main(arguments(root, tmp_path / name, "sources=esconv,goemotions", "experiment=true")) == 0
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()


@pytest.mark.parametrize(
    ("sets", "message"),
    [
        (["sources=esconv"], "'esconv' is not in resources/sources.toml"),
        ([], "sources: name at least one source"),
        (["sources=goemotions,goemotions"], "'goemotions' is named twice"),
        (["sources=authored"], "'authored' has no .jsonl files"),
        (["sources=goemotions", "data_root=/nowhere"], "data_root: name the folder"),
    ],
)
def test_settings_that_cannot_be_used_are_refused_before_anything_is_written(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], sets: list[str], message: str
) -> None:
    out = tmp_path / "out"
    assert main(arguments(root, out, *sets)) == 2
    assert message in said(capsys)
    assert not out.exists()


@pytest.mark.parametrize(
    ("file", "row", "message"),
    [
        ("valid.jsonl", None, "its valid split holds no dialogue that can be used; leave"),
        ("valid.jsonl", talk("v", ("client", "Anyone?", None)), "(one speaker only: 1)"),
        (
            "extra.jsonl",
            talk("e", ("client", "a", None), ("therapist", " ", None)),
            "extra.jsonl, line 1, turn 2",
        ),
        (
            "extra.jsonl",
            talk("e", ("client", "a", None), ("therapist", "b", "Hypnosis")),
            "'esconv': its label 'Hypnosis' is not in resources/labels.toml",
        ),
        (
            "valid.jsonl",
            talk(
                "v", ("client", LEAK, None), ("therapist", "Hello there, what is it that brings you?", None)
            ),
            "every training dialogue holds a text of a validation part",
        ),
    ],
)
def test_sets_that_cannot_be_used_are_refused_before_anything_is_written(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], file: str, row: Any, message: str
) -> None:
    write(root, f"esconv/{file}", [row] if row else [])
    if "every training" in message:
        write(root, "esconv/train.jsonl.gz", [talk("t", ("client", LEAK, None), ("therapist", "Hm.", None))])
    out = tmp_path / "out"
    assert main(arguments(root, out, "sources=esconv", "experiment=true")) == 2
    assert message in said(capsys)
    assert not out.exists()


def a_run(folder: Folder, recorder: Recorder) -> Run:
    progress = Progress("data", recorder)  # type: ignore[arg-type]
    return Run("data", folder, (), None, None, False, progress, recorder.stop)


def test_a_stopped_run_writes_nothing(root: Path, tmp_path: Path) -> None:
    recorder = Recorder(stop_at=1)
    assert not prepare(DataConfig(str(root), ("goemotions",)), a_run(Folder(tmp_path / "out"), recorder))
    assert recorder.of("cancelled")
    assert not (tmp_path / "out").exists()


def test_a_sealed_run_writes_sealed_files_only(root: Path, tmp_path: Path) -> None:
    key = bytes(range(32))
    out = tmp_path / "out"
    assert prepare(DataConfig(str(root), ("goemotions",)), a_run(Folder(out, key), Recorder()))
    assert {path.suffix for path in out.iterdir()} == {".sealed"}
    # Without ESConv the text of its validation part is no reason to leave a row out.
    read = read_data(out / "goemotions.jsonl.sealed", key)
    assert [d.id for d in read.dialogues] == ["goemotions-train-1", "goemotions-train-3"]


def test_percentiles_are_values_that_occur() -> None:
    assert percentiles({1: 50, 2: 45, 9: 5}) == {
        "p5": 1,
        "p25": 1,
        "p50": 1,
        "p75": 2,
        "p95": 2,
        "p99": 9,
        "p100": 9,
    }
    assert percentiles({}) == {}

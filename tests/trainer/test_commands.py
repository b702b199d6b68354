from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.trainer.runs import make_critic, start, write_dialogues
from trainer.__main__ import main
from trainer.bundle import load_model, read_manifest
from trainer.critic import Critic
from trainer.data import held_out
from trainer.sealed import Folder

QUICK = ["--set", "batch=4", "--set", "max_length=96", "--set", "threads=1"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_dialogues(tmp_path / "talks.jsonl")


@pytest.fixture(autouse=True)
def signals_stay_as_they_were() -> Iterator[None]:
    before = signal.getsignal(signal.SIGINT)
    yield
    assert signal.getsignal(signal.SIGINT) is before


def one_sentence(capsys: pytest.CaptureFixture[str]) -> str:
    """What stands on stderr, which must be one line; nothing may stand on stdout."""
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.strip().splitlines()
    assert len(lines) == 1, captured.err
    return lines[0]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "talks.jsonl, line 1: not valid JSON"),
        ('{"id": "a", "turns": [{"speaker": "nurse", "text": "secret"}]}', "line 1, turn 1, field 'speaker'"),
        ('{"id": "a", "turns": [{"speaker": "client", "text": " "}]}', "field 'text': the text is empty"),
        ("", "There is no dialogue in the data"),
    ],
)
def test_bad_data_is_refused_in_a_sentence(
    tmp_path: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str], line: str, message: str
) -> None:
    (tmp_path / "talks.jsonl").write_text(line)
    out = tmp_path / "out"
    arguments = ["--model", str(tiny_model), "--data", str(tmp_path / "talks.jsonl"), "--out", str(out)]
    assert main(["sft", *arguments]) == 2
    said = one_sentence(capsys)
    assert message in said
    assert "secret" not in said
    assert not out.exists()


CLIENT = {"speaker": "client", "text": "I won."}
THERAPIST = {
    "speaker": "therapist",
    "text": "You won. How was that?",
    "worse": {"text": "So?", "reason": "x"},
}
UNSEEN = [name for name in (f"talk-{n}" for n in range(200)) if held_out(name)]


@pytest.mark.parametrize("command", ["critic", "sft", "dpo", "rl"])
@pytest.mark.parametrize(
    ("turns", "names", "said"),
    [
        (
            [CLIENT | {"emotion": "glee"}, THERAPIST],
            None,
            "8 client turns whose field 'emotion' holds a label",
        ),
        ([CLIENT, THERAPIST | {"strategy": "?"}], None, "8 therapist turns whose field 'strategy' holds a"),
        ([CLIENT], None, "The data holds"),
        ([THERAPIST], None, "The data holds"),
        ([CLIENT, THERAPIST], UNSEEN, "The data holds"),
    ],
    ids=["emotion", "strategy", "client only", "therapist only", "nothing to learn from"],
)
def test_data_that_cannot_be_learned_from_is_refused_before_training(
    tmp_path: Path,
    tiny_model: Path,
    capsys: pytest.CaptureFixture[str],
    command: str,
    turns: list[dict[str, object]],
    names: list[str] | None,
    said: str,
) -> None:
    rows = [{"id": n, "source": "clinic", "turns": turns} for n in names or [f"talk-{n}" for n in range(8)]]
    data, out = tmp_path / "talks.jsonl", tmp_path / "out"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    critic = make_critic(tmp_path / "critic")
    arguments = ["--model", str(tiny_model), "--data", str(data), "--out", str(out)]
    assert main([command, *arguments, *(["--critic", str(critic)] if command == "rl" else [])]) == 2
    assert said in one_sentence(capsys)
    assert not out.exists()


def test_labels_that_a_split_lacks_are_told_as_the_run_starts_and_stay_with_the_result(
    tmp_path: Path, data: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [json.loads(line) for line in data.read_text().splitlines()]
    rows = [row for row in rows if held_out(row["id"]) or row["turns"][0]["emotion"] != "disgust"]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    arguments = ["--model", str(tiny_model), "--data", str(data), "--out", str(tmp_path / "out"), *QUICK]
    assert main(["sft", *arguments, "--set", "max_steps=1"]) == 0
    note = "Of the client turns that are learned from none is labelled disgust: the model cannot learn it."
    assert note in capsys.readouterr().err.splitlines()
    assert note in json.loads((tmp_path / "out" / "meta.json").read_text())["notes"]


def test_an_id_used_for_two_dialogues_is_refused(
    tmp_path: Path, data: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = write_dialogues(tmp_path / "other.jsonl", words="different")
    arguments = ["--data", str(data), "--data", str(other), "--out", str(tmp_path / "out")]
    assert main(["sft", "--model", str(tiny_model), *arguments]) == 2
    assert "ids must differ" in one_sentence(capsys)


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (["--set", "charm=1"], "there is no setting 'charm'"),
        (["--set", "batch=many"], "setting 'batch'"),
        (["--config", "missing.toml"], "missing.toml: cannot be read"),
        (["--frobnicate"], "--frobnicate"),
        (["--model", "/nowhere/base"], "base: there is no such model folder"),
        (["--data", "/nowhere/x.jsonl"], "x.jsonl: cannot be read"),
    ],
)
def test_bad_settings_and_paths_are_refused_in_a_sentence(
    tmp_path: Path,
    data: Path,
    tiny_model: Path,
    capsys: pytest.CaptureFixture[str],
    extra: list[str],
    message: str,
) -> None:
    arguments = ["--model", str(tiny_model), "--data", str(data), "--out", str(tmp_path / "out")]
    try:
        code = main(["sft", *arguments, *extra])
    except SystemExit as ended:  # an unknown option
        code = int(str(ended.code))
    assert code == 2
    assert message in one_sentence(capsys)


def test_a_folder_with_other_things_in_it_is_refused(
    tmp_path: Path, data: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sft", "--model", str(tiny_model), "--data", str(data), "--out", str(tmp_path)]) == 2
    assert "--out is not empty" in one_sentence(capsys)


def test_a_plain_run_does_not_write_among_clients_data(
    tmp_path: Path,
    data: Path,
    tiny_model: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TFDESK_DATA_DIR", str(tmp_path / "clinic"))
    out = tmp_path / "clinic" / "runs" / "1"
    assert main(["sft", "--model", str(tiny_model), "--data", str(data), "--out", str(out)]) == 2
    assert "only a sealed run" in one_sentence(capsys)
    assert not out.exists()


def test_settings_come_from_the_file_and_then_from_the_command_line(
    tmp_path: Path, data: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "run.toml").write_text("[sft]\nmax_steps = 7\nseed = 5\n")
    arguments = ["--model", str(tiny_model), "--data", str(data), "--out", str(tmp_path / "out"), *QUICK]
    config = ["--config", str(tmp_path / "run.toml"), "--set", "max_steps=1"]
    assert main(["sft", *arguments, *config]) == 0
    assert "sft: done" in capsys.readouterr().err
    meta = json.loads((tmp_path / "out" / "meta.json").read_text())
    assert (meta["config"]["max_steps"], meta["config"]["seed"]) == (1, 5)


def test_a_bundle_holds_model_and_critic_and_can_be_loaded(tmp_path: Path, tiny_model: Path) -> None:
    critic, out = make_critic(tmp_path / "critic"), tmp_path / "made"
    named = ["--name", "clinic", "--version", "1.2", "--licence", "own", "--notice", "trial"]
    given = ["--model", str(tiny_model), "--critic", str(critic), "--out", str(out)]
    assert main(["bundle", *given, *named]) == 0
    manifest = read_manifest(Folder(out))
    assert (manifest.name, manifest.version, manifest.licence) == ("clinic", "1.2", "own")
    assert set(manifest.files) == {path.name for path in out.iterdir()} - {"bundle.json"}
    lm, scorer = load_model(out), Critic.load(out)
    assert lm.manifest is not None
    assert scorer.encoder.tokenizer.to_str() == Critic.load(critic).encoder.tokenizer.to_str()
    assert not [path for path in tmp_path.iterdir() if path.name.endswith(".part")]


def test_a_bundle_without_a_critic_is_refused_and_leaves_nothing(
    tmp_path: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--model", str(tiny_model), "--critic", str(tmp_path / "none"), "--out", str(tmp_path / "made")]
    assert main(["bundle", *given, "--name", "a", "--version", "1"]) == 2
    assert "no critic" in one_sentence(capsys)
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_a_path_is_refused(
    tmp_path: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--model", str(tiny_model), "--critic", str(tmp_path)]
    assert main(["bundle", *given, "--name", "../a", "--version", "1"]) == 2
    assert "--name" in one_sentence(capsys)


@pytest.mark.parametrize("way", ["line", "signal"])
def test_a_child_tells_events_stops_when_asked_and_can_be_resumed(
    tmp_path: Path, data: Path, tiny_model: Path, way: str
) -> None:
    out = tmp_path / "out"
    arguments = ["--model", str(tiny_model), "--data", str(data), "--out", str(out), "--events", *QUICK]
    child = start(["sft", *arguments, "--set", "max_steps=500"], tmp_path)
    assert child.stdout is not None
    assert child.stdin is not None
    events = []
    for line in child.stdout:
        events.append(json.loads(line))
        if events[-1]["type"] == "step" and events[-1]["step"] == 2:
            if way == "line":
                child.stdin.write('{"type": "cancel"}\n')
                child.stdin.flush()
            else:
                child.send_signal(signal.SIGTERM)
    _, errors = child.communicate()
    assert child.returncode == 0, errors
    assert [event["type"] for event in events[:2]] == ["started", "step"]
    assert [event["type"] for event in events[-2:]] == ["checkpoint", "cancelled"]
    assert 2 <= events[-1]["step"] < 500
    assert [path.name for path in out.iterdir()] == ["checkpoint-0.pt"]


def test_a_failure_is_an_event_too(tmp_path: Path, tiny_model: Path) -> None:
    arguments = ["--model", str(tiny_model), "--data", str(tmp_path / "none.jsonl"), "--events"]
    child = start(["sft", *arguments, "--out", str(tmp_path / "out")], tmp_path)
    output, errors = child.communicate()
    assert child.returncode == 2
    assert json.loads(output) == {
        "type": "failed",
        "kind": "input",
        "message": "none.jsonl: cannot be read (No such file or directory).",
    }
    assert errors == ""


def test_a_mistake_of_ours_never_shows_what_the_error_quotes(
    tmp_path: Path,
    data: Path,
    tiny_model: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("the client's words")

    monkeypatch.setattr("trainer.commands._work", broken)
    assert main(["sft", "--model", str(tiny_model), "--data", str(data), "--out", str(tmp_path / "out")]) == 1
    said = capsys.readouterr().err
    assert "KeyError at __main__.py:" in said
    assert "words" not in said

from __future__ import annotations

import base64
import json
import os
import signal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trainer.runs import files_with, make_critic, start, write_dialogues
from trainer.bundle import load_model
from trainer.config import InputError
from trainer.sealed import _CHUNK, KEY_BYTES, Folder, parse_key, seal, unseal

KEY = bytes(range(KEY_BYTES))
WORDS = "Zanzibarquince"  # stands in every turn of the transcripts; no file of a run may hold it


@given(st.binary(max_size=200), st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES))
def test_what_is_sealed_comes_back_and_is_not_in_the_file(data: bytes, key: bytes) -> None:
    sealed = seal(data, key, "notes.json")
    assert unseal(sealed, key, "notes.json") == data
    assert len(data) < 4 or data not in sealed


@pytest.mark.parametrize("size", [_CHUNK - 1, _CHUNK, _CHUNK + 1, 3 * _CHUNK])
def test_chunks_cannot_be_cut_off_swapped_or_renamed(size: int) -> None:
    data = os.urandom(size)
    sealed = seal(data, KEY, "a")
    assert unseal(sealed, KEY, "a") == data
    step, start_at = _CHUNK + 16, len(sealed) - (size + 16 * max(1, -(-size // _CHUNK)))
    damaged = [sealed[:-1], sealed[: start_at + step], sealed[:-20] + sealed[-19:], sealed[:start_at]]
    if size > 2 * _CHUNK:
        first, second = sealed[start_at : start_at + step], sealed[start_at + step : start_at + 2 * step]
        damaged.append(sealed[:start_at] + second + first + sealed[start_at + 2 * step :])
    for other in damaged:
        if other != sealed:
            with pytest.raises(InputError):
                unseal(other, KEY, "a")
    for key, name in ((bytes(KEY_BYTES), "a"), (KEY, "b")):
        with pytest.raises(InputError, match="another key"):
            unseal(sealed, key, name)


@pytest.mark.parametrize("line", ["", "abc", base64.b64encode(b"short").decode(), "!" * 44])
def test_a_run_key_must_be_32_bytes(line: str) -> None:
    with pytest.raises(InputError, match="32 bytes"):
        parse_key(line)


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden", "a..b", "a\0"])
def test_a_name_is_never_a_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="not allowed"):
        Folder(tmp_path).file(name)


def sealed_command(work: Path, command: str, arguments: list[str], kill_at: str | None = None) -> list[dict]:
    """Run a sealed command as a child; its events. ``kill_at``: the event after which it is killed."""
    child = start([command, "--sealed", "--events", *arguments], work)
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(base64.b64encode(KEY).decode() + "\n")
    child.stdin.flush()
    events = []
    for line in child.stdout:
        events.append(json.loads(line))
        if events[-1]["type"] == kill_at:
            child.send_signal(signal.SIGKILL)
            break
    _, errors = child.communicate()
    assert WORDS not in errors
    assert child.returncode == (0 if kill_at is None else -signal.SIGKILL), errors
    return events


def test_a_sealed_run_leaves_no_word_of_the_transcripts_in_any_file(tmp_path: Path, tiny_model: Path) -> None:
    plain = write_dialogues(tmp_path / "talks.jsonl", words=WORDS)
    vault, work = tmp_path / "vault", tmp_path / "work"
    Folder(vault, KEY).write("talks.jsonl", plain.read_bytes())
    plain.unlink()
    critic = make_critic(tmp_path / "critic")
    data = ["--data", str(vault / "talks.jsonl.sealed")]
    sft = ["--model", str(tiny_model), "--out", str(vault / "sft"), *data, "--set", "max_steps=3"]
    sft += ["--set", "batch=4", "--set", "checkpoint_every=1"]
    sealed_command(work, "sft", sft, kill_at="checkpoint")
    assert not files_with(WORDS, tmp_path)  # nothing was tidied up: the process was killed
    resumed = sealed_command(work, "sft", [*sft, "--resume"])
    assert resumed[0]["resumed_from"] >= 1
    assert resumed[-1]["type"] == "done"
    rl = ["--model", str(vault / "sft"), "--critic", str(critic), "--out", str(vault / "rl"), *data]
    rl += ["--set", "max_steps=2", "--set", "prompts=1", "--set", "completions=2", "--set", "max_reply=8"]
    events = sealed_command(work, "rl", [*rl, "--set", "checkpoint_every=1", "--set", "max_prompt=48"])
    assert [event for event in events if event["type"] == "sample" and WORDS in event["prompt"]]
    assert not files_with(WORDS, tmp_path)
    written = [path for folder in ("sft", "rl") for path in (vault / folder).iterdir()]
    assert len(written) == 10
    assert all(path.name.endswith(".sealed") for path in written)
    assert not [
        path for path in work.rglob("*") if path.is_file() and path.suffix in (".arrow", ".json", ".pt")
    ]
    assert load_model(vault / "rl", KEY).meta["rl"]
    with pytest.raises(InputError, match="another key"):
        load_model(vault / "rl", bytes(KEY_BYTES))


def test_sealed_data_is_not_read_without_its_key(
    tmp_path: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from trainer.__main__ import main

    Folder(tmp_path, KEY).write("talks.jsonl", b"{}")
    data = ["--data", str(tmp_path / "talks.jsonl.sealed"), "--out", str(tmp_path / "out")]
    assert main(["sft", "--model", str(tiny_model), *data]) == 2
    assert "needs --sealed" in capsys.readouterr().err

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trainer.runs import (
    Recorder,
    files_with,
    killed,
    make_critic,
    make_run,
    set_options,
    write_dialogues,
)
from trainer.__main__ import main
from trainer.bundle import load_model
from trainer.config import InputError, RlConfig, SftConfig
from trainer.rl import train as train_rl
from trainer.sealed import _CHUNK, KEY_BYTES, Folder, parse_key, seal, unseal
from trainer.sft import train as train_sft

KEY = bytes(range(KEY_BYTES))
WORDS = "Zanzibarquince"  # stands in every turn of the transcripts; no file of a run may hold it


@given(st.binary(max_size=200), st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES))
def test_what_is_sealed_comes_back_and_is_not_in_the_file(data: bytes, key: bytes) -> None:
    sealed = seal(data, key, "notes.json")
    assert unseal(sealed, key, "notes.json") == data
    assert len(data) < 9 or data not in sealed  # the file opens with eight known bytes


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


@pytest.mark.timeout(900)  # two children that import everything
def test_a_sealed_run_leaves_no_word_of_the_transcripts_in_any_file(tmp_path: Path, tiny_model: Path) -> None:
    plain = write_dialogues(tmp_path / "talks.jsonl", words=WORDS)
    vault, work, critic = tmp_path / "vault", tmp_path / "work", make_critic(tmp_path / "critic")
    Folder(vault, KEY).write("talks.jsonl", plain.read_bytes())
    plain.unlink()
    data = vault / "talks.jsonl.sealed"

    sft = SftConfig(max_steps=3, batch=4, checkpoint_every=1)
    given = ["--data", str(data), "--model", str(tiny_model), "--out", str(vault / "sft")]
    _, errors = killed(["sft", *given, *set_options(sft)], work, "checkpoint", key=KEY)
    assert WORDS not in errors
    assert not files_with(WORDS, tmp_path)  # nothing could be tidied up
    recorder = Recorder()
    assert train_sft(sft, make_run("sft", vault / "sft", data, tiny_model, recorder, resume=True, key=KEY))
    assert recorder.of("started")[0]["resumed_from"] >= 1

    rl = RlConfig(max_steps=2, prompts=1, completions=2, max_reply=8, max_prompt=48, checkpoint_every=1)
    given = ["--data", str(data), "--model", str(vault / "sft"), "--critic", str(critic)]
    arguments = ["rl", *given, "--out", str(vault / "rl"), *set_options(rl)]
    told, errors = killed(arguments, work, "checkpoint", key=KEY)
    assert WORDS not in errors
    assert any(WORDS in event["prompt"] for event in told.of("sample"))
    run = make_run("rl", vault / "rl", data, vault / "sft", Recorder(), critic=critic, resume=True, key=KEY)
    assert train_rl(rl, run)

    assert not files_with(WORDS, tmp_path)
    written = [path for folder in ("sft", "rl") for path in (vault / folder).iterdir()]
    assert len(written) == 10
    assert all(path.name.endswith(".sealed") for path in written)
    assert not [path for path in work.rglob("*") if path.suffix in (".arrow", ".safetensors", ".pt")]
    assert load_model(vault / "rl", KEY).meta["rl"]
    with pytest.raises(InputError, match="another key"):
        load_model(vault / "rl", bytes(KEY_BYTES))


def test_sealed_data_is_not_read_without_its_key(
    tmp_path: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Folder(tmp_path, KEY).write("talks.jsonl", b"{}")
    data = ["--data", str(tmp_path / "talks.jsonl.sealed"), "--out", str(tmp_path / "out")]
    assert main(["sft", "--model", str(tiny_model), *data]) == 2
    assert "needs --sealed" in capsys.readouterr().err

"""What tests of training share: a few dialogues, a random critic, a run whose events are kept."""

from __future__ import annotations

import base64
import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import GPT2Config

from tests.trainer.conftest import LINES, make_model, tiny_tokenizer
from trainer.bundle import load_model, save_model
from trainer.config import PretrainConfig
from trainer.critic import UNCALIBRATED, Critic
from trainer.critic_model import CONTEXT_HEADS, PAIR_HEADS, CriticModel
from trainer.dialogue import Dialogue
from trainer.prompt import AUTHORED_LABELS, Encoder
from trainer.run import Progress, Run, read_data
from trainer.sealed import Folder
from trainer.sft import Place, collate, encode

ROOT = Path(__file__).resolve().parents[2]
TIMED = "tokens_per_second"  # the one figure of a step that no run has twice


def write_dialogues(path: Path, count: int = 40, words: str = "", worse: bool = False) -> Path:
    """``count`` dialogues of four turns with labels; ``words`` stand in every turn.

    With ``worse`` every therapist turn has a poorer text, told from the better one by what it says.
    """
    rows = []
    for number in range(count):
        emotion = AUTHORED_LABELS.emotions[number % 8]
        strategy = AUTHORED_LABELS.strategies[number % 8]
        client, therapist = LINES[number % 3], LINES[3 + number % 5]
        turns: list[dict[str, Any]] = [
            {"speaker": "client", "text": f"{words} {client} {number}", "emotion": emotion},
            {"speaker": "therapist", "text": f"{therapist} {words}", "strategy": strategy},
        ]
        if worse:
            turns[1]["worse"] = {"text": f"{words} That is nothing. Cheer up.", "reason": "dismissive"}
        rows.append({"id": f"d{number}", "source": "test", "context": None, "turns": turns * 2})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf8")
    return path


def make_critic(folder: Path) -> Path:
    """Write a random critic with the authored labels."""
    torch.manual_seed(3)
    encoder = Encoder(tiny_tokenizer(), AUTHORED_LABELS)
    shape = GPT2Config(vocab_size=encoder.size, n_positions=128, n_embd=16, n_layer=1, n_head=2)
    folder.mkdir(parents=True, exist_ok=True)
    heads = frozenset({*CONTEXT_HEADS, *PAIR_HEADS})
    Critic(CriticModel(shape, AUTHORED_LABELS), encoder, heads, UNCALIBRATED, {}).save(Folder(folder), {})
    return folder


def write_sources(root: Path) -> Path:
    """Two sources of ``resources/sources.toml`` for pre-training, with rows that must not be read."""
    talk = [("client", "i can't sleep"), ("therapist", "What keeps you awake?")] * 10
    turns = [{"speaker": speaker, "text": f"{text} {i}"} for i, (speaker, text) in enumerate(talk)]
    files: dict[str, list[dict[str, Any]]] = {
        "authored/w.jsonl": [{"id": f"w-{i}", "context": "sleep", "turns": turns} for i in range(40)],
        "authored/risk.jsonl": [{"text": "never read for language"}],
        "books_standard/b.jsonl": [
            {"text": "a page of an old book. " * 20, "author": "jack london"},
            {"text": "a page of a late book. " * 20, "author": "agatha christie"},
        ],
        "books_standard/val.jsonl": [{"text": "held out", "author": "jack london"}],
    }
    for name, rows in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return root


def small_pretraining(root: Path, **changes: Any) -> PretrainConfig:
    """Settings for a pre-training on ``write_sources`` that takes a second."""
    settings: dict[str, Any] = {
        "data_root": str(root),
        "mix": {"authored": 2.0, "books_standard": 1.0},
        "final_mix": {"authored": 1.0},
        "vocab_size": 340,
        "layers": 1,
        "width": 16,
        "heads": 2,
        "positions": 32,
        "window": 16,
        "steps": 12,
        "batch": 4,
        "checkpoint_every": 5,
        "threads": 1,
        "compile": False,
    }
    return PretrainConfig(**(settings | changes))


class Recorder:
    """Keeps events; asks for a stop once a given step is done."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.events: list[dict[str, Any]] = []
        self.stop = threading.Event()
        self._stop_at = stop_at

    def __call__(self, kind: str, /, **fields: Any) -> None:
        json.dumps(fields, allow_nan=False)
        self.events.append({"type": kind, **fields})
        if kind == "step" and fields["step"] == self._stop_at:
            self.stop.set()

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["type"] == kind]

    def curve(self, name: str = "loss") -> dict[int, float]:
        return {event["step"]: event["metrics"][name] for event in self.of("step")}


def make_run(
    command: str,
    out: Path,
    data: Path | None,
    model: Path | None,
    recorder: Recorder,
    *,
    critic: Path | None = None,
    resume: bool = False,
    key: bytes | None = None,
) -> Run:
    progress = Progress(command, recorder)  # type: ignore[arg-type]
    files = () if data is None else (read_data(data, key),)
    return Run(command, Folder(out, key), files, model, critic, resume, progress, recorder.stop)


def start(arguments: list[str], work: Path, stdin: int | None = subprocess.PIPE) -> subprocess.Popen[str]:
    """``python -m trainer`` as a child whose home, caches and temporary files lie in ``work``."""
    home = {name: str(work / name.lower()) for name in ("HOME", "TMPDIR", "HF_HOME", "XDG_CACHE_HOME")}
    for folder in home.values():
        Path(folder).mkdir(parents=True, exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-m", "trainer", *arguments],
        cwd=ROOT,
        env=os.environ | home,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def set_options(config: Any) -> list[str]:
    """The settings of ``config`` that are not the defaults, for a command line."""
    default = type(config)()
    names = [field.name for field in fields(config)]
    changed = [name for name in names if getattr(config, name) != getattr(default, name)]
    return [f"--set={name}={_toml(getattr(config, name))}" for name in changed]


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {number}" for name, number in value.items()) + "}"
    return str(value).lower() if isinstance(value, bool) else str(value)


def killed(
    arguments: list[str], work: Path, kind: str, step: int | None = None, key: bytes | None = None
) -> tuple[Recorder, str]:
    """Run a command as a child, kill it (SIGKILL) with an event of ``kind`` and ``step``.

    Returns its events until then and what stood on stderr.
    """
    child = start([*arguments, "--events", *(["--sealed"] if key else [])], work)
    assert child.stdin is not None
    assert child.stdout is not None
    if key:
        child.stdin.write(base64.b64encode(key).decode() + "\n")
        child.stdin.flush()
    told = Recorder()
    for line in child.stdout:
        event = json.loads(line)
        told.events.append(event)
        if event["type"] == kind and step in (None, event.get("step")):
            child.send_signal(signal.SIGKILL)
            break
    _, errors = child.communicate()
    assert child.returncode == -signal.SIGKILL, errors
    return told, errors


def assert_same_curve(whole: Recorder, *parts: Recorder) -> None:
    """Every step that a part told has the figures of the unbroken run, and no step is missing."""
    expected = {event["step"]: event["metrics"] for event in whole.of("step")}
    steps = set()
    for event in (event for part in parts for event in part.of("step")):
        wanted = {name: value for name, value in expected[event["step"]].items() if name != TIMED}
        found = {name: value for name, value in event["metrics"].items() if name != TIMED}
        assert found == pytest.approx(wanted, abs=1e-6), f"step {event['step']}"
        steps.add(event["step"])
    assert steps == set(expected)


def files_with(words: str, *folders: Path) -> list[str]:
    """Names of the files below ``folders`` that hold ``words`` in their bytes or their name."""
    return [
        str(path)
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and (words.encode() in path.read_bytes() or words in path.name)
    ]


def learnt_by_heart(folder: Path, dialogues: Sequence[Dialogue], *, steps: int, width: int = 48) -> Path:
    """A tiny model that was shown every reply of ``dialogues`` again and again."""
    make_model(folder, width=width)
    lm = load_model(folder)
    examples = encode(list(dialogues), lm.encoder, lm.positions)
    rng = random.Random(1)
    lm.model.train()
    optimiser = torch.optim.AdamW(lm.model.parameters(), lr=4e-3)
    for _ in range(steps):
        batch = [(example, Place(0, False, False)) for example in rng.choices(examples, k=8)]
        optimiser.zero_grad()
        lm.model(**collate(batch, lm.encoder)).loss.backward()
        optimiser.step()
    lm.model.eval()
    save_model(Folder(folder), lm.model, lm.encoder, {})
    return folder

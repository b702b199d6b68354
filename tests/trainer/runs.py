"""What tests of training share: a few dialogues, a random critic, a run whose events are kept."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import GPT2Config

from tests.trainer.conftest import LINES, make_model, tiny_tokenizer
from trainer.bundle import load_model, save_model
from trainer.critic import UNCALIBRATED, Critic
from trainer.critic_model import CONTEXT_HEADS, PAIR_HEADS, CriticModel
from trainer.dialogue import Dialogue
from trainer.prompt import AUTHORED_LABELS, Encoder
from trainer.run import Progress, Run, read_data
from trainer.sealed import Folder
from trainer.sft import Place, collate, encode

ROOT = Path(__file__).resolve().parents[2]


def write_dialogues(path: Path, count: int = 40, words: str = "") -> Path:
    """``count`` dialogues of four turns with labels; ``words`` stand in every turn."""
    rows = []
    for number in range(count):
        emotion = AUTHORED_LABELS.emotions[number % 8]
        strategy = AUTHORED_LABELS.strategies[number % 8]
        client, therapist = LINES[number % 3], LINES[3 + number % 5]
        turns = [
            {"speaker": "client", "text": f"{words} {client} {number}", "emotion": emotion},
            {"speaker": "therapist", "text": f"{therapist} {words}", "strategy": strategy},
        ]
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
    data: Path,
    model: Path,
    recorder: Recorder,
    *,
    critic: Path | None = None,
    resume: bool = False,
    key: bytes | None = None,
) -> Run:
    progress = Progress(command, recorder)  # type: ignore[arg-type]
    files = (read_data(data, key),)
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

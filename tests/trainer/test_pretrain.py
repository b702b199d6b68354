"""Pre-training on small sources made here: what may be read, learning, stopping and going on."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from trainer.bundle import load_model
from trainer.checkpoint import Diverged
from trainer.config import InputError, PretrainConfig
from trainer.data import documents, held_out, sources
from trainer.optim import Muon, orthogonalise
from trainer.pretrain import Run, learning_rate_factor, pretrain, train_tokenizer
from trainer.sealed import Folder


@pytest.fixture
def data_root(tmp_path: Path) -> Path:
    root = tmp_path / "data"
    talk = [("client", "i can't sleep"), ("therapist", "What keeps you awake?")] * 10
    turns = [{"speaker": speaker, "text": f"{text} {i}"} for i, (speaker, text) in enumerate(talk)]
    rows = [{"id": f"w-{i}", "context": "sleep", "turns": turns} for i in range(40)]
    _write(root / "authored" / "w.jsonl", rows)
    _write(root / "authored" / "risk.jsonl", [{"text": "never read for language"}])
    books = [
        {"text": "a page of an old book. " * 20, "author": "jack london"},
        {"text": "a page of a late book. " * 20, "author": "agatha christie"},
    ]
    _write(root / "books_standard" / "b.jsonl", books)
    _write(root / "books_standard" / "val.jsonl", [{"text": "held out", "author": "jack london"}])
    return root


def _write(file: Path, rows: list[dict[str, Any]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))


def small(root: Path, **changes: Any) -> PretrainConfig:
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


class Log(list[tuple[str, dict[str, Any]]]):
    def __call__(self, kind: str, **fields: Any) -> None:
        self.append((kind, fields))


def test_only_rows_that_the_table_lets_in_are_read(data_root: Path) -> None:
    texts = ["".join(text for _, text in d.parts) for d in documents(data_root, "books_standard")]
    assert len(texts) == 1
    assert "old book" in texts[0]
    read = list(documents(data_root, "authored"))
    assert len(read) == sum(not held_out(f"w-{i}") for i in range(40)) < 40
    with pytest.raises(InputError, match="mesc"):
        list(documents(data_root, "mesc"))


def test_every_author_in_the_table_died_by_1955() -> None:
    _, authors = sources()
    assert max(authors.values()) <= 1955


def test_a_run_learns_and_writes_a_model_with_its_sources(data_root: Path, tmp_path: Path) -> None:
    log = Log()
    assert pretrain(small(data_root, steps=40), Folder(tmp_path / "out"), log, lambda: False)
    lm = load_model(tmp_path / "out")
    assert {entry["id"] for entry in lm.meta["sources"]} == {"authored", "books_standard"}
    assert [entry["rows"] for entry in lm.meta["sources"] if entry["id"] == "books_standard"] == [1]
    assert lm.encoder.size <= 340
    losses = [fields["metrics"]["loss"] for kind, fields in log if kind == "step"]
    assert losses[-1] < losses[0] < math.log(340)


def test_a_stopped_run_goes_on_to_the_same_weights(data_root: Path, tmp_path: Path) -> None:
    pretrain(small(data_root), Folder(tmp_path / "whole"), Log(), lambda: False)
    steps = iter([False] * 6 + [True])
    assert not pretrain(small(data_root), Folder(tmp_path / "two"), Log(), lambda: next(steps))
    log = Log()
    assert pretrain(small(data_root), Folder(tmp_path / "two"), log, lambda: False, resume=True)
    assert log[0][1]["resumed_from"] == 6
    whole, two = (load_model(tmp_path / name).model.state_dict() for name in ("whole", "two"))
    assert all(torch.allclose(whole[name], two[name], atol=1e-6) for name in whole)


def test_a_run_goes_on_from_a_model_in_its_shape_and_with_its_tokenizer(
    data_root: Path, tmp_path: Path
) -> None:
    books = small(data_root, steps=40, mix={"books_standard": 1.0}, final_mix={})
    pretrain(books, Folder(tmp_path / "base"), Log(), lambda: False)
    log = Log()
    going_on = small(data_root, steps=40, width=32, vocab_size=400, mix={"authored": 1.0}, final_mix={})
    assert pretrain(going_on, Folder(tmp_path / "on"), log, lambda: False, base=tmp_path / "base")
    base, on = load_model(tmp_path / "base"), load_model(tmp_path / "on")
    assert on.model.config.n_embd == 16
    assert on.encoder.tokenizer.to_str() == base.encoder.tokenizer.to_str()
    assert on.meta["base_sha256"] == base.sha256
    assert {entry["id"] for entry in on.sources} == {"authored", "books_standard"}
    losses = [fields["metrics"]["loss"] for kind, fields in log if kind == "step"]
    assert losses[-1] < losses[0] < math.log(340)


def test_a_window_beyond_the_models_positions_is_refused(data_root: Path, tmp_path: Path) -> None:
    pretrain(small(data_root, steps=2), Folder(tmp_path / "base"), Log(), lambda: False)
    wide = small(data_root, positions=64)
    with pytest.raises(InputError, match="model reads 32 tokens at most"):
        pretrain(wide, Folder(tmp_path / "on"), Log(), lambda: False, base=tmp_path / "base")


def test_resuming_with_other_settings_is_refused(data_root: Path, tmp_path: Path) -> None:
    steps = iter([False] * 2 + [True])
    pretrain(small(data_root), Folder(tmp_path / "out"), Log(), lambda: next(steps))
    with pytest.raises(InputError, match="settings or the model differ"):
        pretrain(small(data_root, seed=2), Folder(tmp_path / "out"), Log(), lambda: False, resume=True)


def test_the_learning_rate_warms_up_holds_and_ends_at_zero() -> None:
    config = PretrainConfig(warmup=0.1, decay=0.4)
    factors = [learning_rate_factor(p, config) for p in np.linspace(0, 1, 11)]
    assert factors[0] == 0
    assert factors[1] == factors[5] == 1
    assert factors[8] == pytest.approx(0.5)
    assert factors[10] == 0


def test_the_tokenizer_leaves_room_for_the_slots() -> None:
    assert train_tokenizer(iter(["some words, some more words"] * 5), 300).get_vocab_size() <= 300 - 25


@pytest.mark.parametrize("shape", [(8, 24), (24, 8), (16, 16)])
def test_orthogonalised_matrices_have_singular_values_near_one(shape: tuple[int, int]) -> None:
    generator = torch.Generator().manual_seed(0)
    made = orthogonalise(torch.randn(2, *shape, generator=generator))
    values = torch.linalg.svdvals(made)
    assert float(values.min()) > 0.3
    assert float(values.max()) < 1.4


def test_muon_solves_a_linear_problem() -> None:
    generator = torch.Generator().manual_seed(0)
    target = torch.randn(6, 6, generator=generator)
    weight = torch.nn.Parameter(torch.zeros(6, 6))
    optimizer = Muon([weight], lr=0.05)
    before = float(target.square().mean())
    for _ in range(200):
        optimizer.zero_grad()
        (weight - target).square().mean().backward()
        optimizer.step()
    assert float((weight.detach() - target).square().mean()) < before / 4


def test_a_loss_that_is_no_number_stops_the_run_and_keeps_its_checkpoint(
    tmp_path: Path, data_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trainer.pretrain.Run._loss", diverging(Run._loss, after=7))
    folder = Folder(tmp_path / "out")
    with pytest.raises(Diverged, match="not a number at step 8; the checkpoint of step 5 is kept"):
        pretrain(small(data_root), folder, Log(), lambda: False)
    monkeypatch.undo()
    log = Log()
    assert pretrain(small(data_root), folder, log, lambda: False, resume=True)
    assert log[0][1]["resumed_from"] == 5


def diverging(loss: Callable[..., torch.Tensor], after: int) -> Callable[..., torch.Tensor]:
    """The same loss, but NaN once it was asked so many times."""
    count = itertools.count()
    return lambda run, ids: loss(run, ids) * (1.0 if next(count) < after else math.nan)

"""Pre-training on small sources made here: what may be read, learning, stopping and going on."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.trainer.runs import small_pretraining as small
from tests.trainer.runs import write_sources
from trainer.bundle import load_model
from trainer.checkpoint import NAMES, RUN_TOKENIZER, prepare_out
from trainer.config import InputError, PretrainConfig
from trainer.data import calibration, documents, held_out, sources
from trainer.head_loss import STRETCH, head_loss
from trainer.optim import Muon, orthogonalise
from trainer.pretrain import grow, learning_rate_factor, pretrain, train_tokenizer
from trainer.sealed import Folder


@pytest.fixture
def data_root(tmp_path: Path) -> Path:
    return write_sources(tmp_path / "data")


class Log(list[tuple[str, dict[str, Any]]]):
    def __call__(self, kind: str, **fields: Any) -> None:
        self.append((kind, fields))


def test_only_rows_that_the_table_lets_in_are_read(data_root: Path) -> None:
    texts = ["".join(text for _, text in d.parts) for d in documents(data_root, "books_standard")]
    assert len(texts) == 1
    assert "old book" in texts[0]
    read = list(documents(data_root, "authored"))
    assert len(read) == sum(not (held_out(f"w-{i}") or calibration(f"w-{i}")) for i in range(40)) < 40
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


def test_a_model_that_grows_computes_the_same_until_it_has_learned(data_root: Path, tmp_path: Path) -> None:
    pretrain(small(data_root, layers=2), Folder(tmp_path / "base"), Log(), lambda: False)
    ids = torch.arange(24).reshape(2, 12)
    before, grown = (load_model(tmp_path / "base").model for _ in range(2))
    grow(grown, 5)
    assert grown.config.n_layer == 5
    with torch.inference_mode():
        assert torch.allclose(before(ids).logits, grown(ids).logits, atol=1e-5)
        read = grown(ids[:, :8], use_cache=True)
        rest = grown(ids[:, 8:], past_key_values=read.past_key_values).logits
        assert torch.allclose(before(ids).logits[:, 8:], rest, atol=1e-5)  # every layer has its own cache


def test_a_grown_run_trains_its_new_layers_and_can_be_resumed(data_root: Path, tmp_path: Path) -> None:
    base = tmp_path / "base"
    pretrain(small(data_root, layers=1), Folder(base), Log(), lambda: False)
    config = small(data_root, grow_to=2)
    pretrain(config, Folder(tmp_path / "whole"), Log(), lambda: False, base=base)
    steps = iter([False] * 6 + [True])
    assert not pretrain(config, Folder(tmp_path / "two"), Log(), lambda: next(steps), base=base)
    assert pretrain(config, Folder(tmp_path / "two"), Log(), lambda: False, base=base, resume=True)
    whole, two = (load_model(tmp_path / name).model for name in ("whole", "two"))
    assert len(two.transformer.h) == 2
    assert two.transformer.h[1].mlp.c_proj.weight.abs().max() > 0
    ours = two.state_dict()
    assert all(torch.allclose(value, ours[name], atol=1e-6) for name, value in whole.state_dict().items())


@pytest.mark.parametrize(("layers", "message"), [(1, "has 1 layers already"), (0, "goes with --model")])
def test_growing_to_no_more_layers_or_from_nothing_is_refused(
    data_root: Path, tmp_path: Path, layers: int, message: str
) -> None:
    base = tmp_path / "base" if layers else None
    if base is not None:
        pretrain(small(data_root, layers=layers, steps=2), Folder(base), Log(), lambda: False)
    with pytest.raises(InputError, match=message):
        pretrain(small(data_root, grow_to=1), Folder(tmp_path / "on"), Log(), lambda: False, base=base)


def test_a_window_beyond_the_models_positions_is_refused(data_root: Path, tmp_path: Path) -> None:
    pretrain(small(data_root, steps=2), Folder(tmp_path / "base"), Log(), lambda: False)
    wide = small(data_root, positions=64)
    with pytest.raises(InputError, match="model reads 32 tokens at most"):
        pretrain(wide, Folder(tmp_path / "on"), Log(), lambda: False, base=tmp_path / "base")


def test_resuming_with_other_settings_is_refused(data_root: Path, tmp_path: Path) -> None:
    steps = iter([False] * 2 + [True])
    pretrain(small(data_root), Folder(tmp_path / "out"), Log(), lambda: next(steps))
    with pytest.raises(InputError, match="other settings"):
        pretrain(small(data_root, seed=2), Folder(tmp_path / "out"), Log(), lambda: False, resume=True)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"heads": 3}, "width: must be a multiple of heads"),
        ({"window": 64}, "window: must not be above positions"),
        ({"mix": {"authored": 0.0}}, "mix: name the sources"),
        ({"mix": {"mesc": 1.0}, "final_mix": {}}, "'mesc' is not in"),
    ],
)
def test_settings_that_cannot_work_are_refused(
    data_root: Path, tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        pretrain(small(data_root, **change), Folder(tmp_path / "out"), Log(), lambda: False)
    assert not (tmp_path / "out").exists()


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


def test_a_run_killed_before_its_first_checkpoint_can_be_resumed(data_root: Path, tmp_path: Path) -> None:
    """The tokenizer takes minutes; a folder that holds it alone is an unfinished run."""
    folder = Folder(tmp_path / "out")
    pretrain(small(data_root), folder, Log(), lambda: True)
    for name in NAMES:
        folder.file(name).unlink(missing_ok=True)
    words = json.loads(folder.read(RUN_TOKENIZER))["model"]["vocab"]
    with pytest.raises(InputError, match="add --resume"):
        prepare_out(folder, resume=False)
    prepare_out(folder, resume=True)
    assert pretrain(small(data_root), folder, Log(), lambda: False, resume=True)
    assert set(words) <= set(load_model(folder.path).encoder.tokenizer.get_vocab())
    assert not folder.exists(RUN_TOKENIZER)


def test_the_loss_of_the_head_and_its_gradients_are_those_of_a_cross_entropy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(STRETCH, "cpu", 7)  # the last stretch is not a whole one
    torch.manual_seed(0)
    hidden = torch.randn(19, 8, requires_grad=True)
    weight = torch.randn(31, 8, requires_grad=True)
    targets = torch.randint(0, 31, (19,))
    expected = torch.nn.functional.cross_entropy(hidden @ weight.T, targets)
    wanted = torch.autograd.grad(3 * expected, (hidden, weight))
    loss = head_loss(hidden, weight, targets)
    torch.testing.assert_close(loss, expected)
    torch.testing.assert_close(torch.autograd.grad(3 * loss, (hidden, weight)), wanted)

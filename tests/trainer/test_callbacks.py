from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
import trl.trainer.utils as library

from tests.trainer.conftest import make_model
from tests.trainer.runs import Recorder, make_run, write_dialogues
from trainer.bundle import load_model
from trainer.callbacks import Training, score_labels_only
from trainer.checkpoint import Diverged


def make_training(folder: Path) -> Training:
    """A run of its own small model that has not begun."""
    data = write_dialogues(folder / "talks.jsonl", count=1)
    model = make_model(folder / "model", layers=1)
    run = make_run("sft", folder / "out", data, model, Recorder())
    return Training(
        run,
        load_model(model).model,
        "print",
        total=4,
        learning_rate=1e-3,
        warmup=0.0,
        weight_decay=0.0,
        seed=1,
    )


def update(training: Training, gradient: float) -> None:
    for parameter in training.model.parameters():
        parameter.grad = torch.full_like(parameter, gradient)
    training.optimizer.step()
    training.step += 1


@pytest.mark.parametrize("gradient", [math.nan, math.inf])
def test_an_update_that_is_no_number_leaves_the_weights_of_the_last_good_step(
    tmp_path: Path, gradient: float
) -> None:
    training = make_training(tmp_path)
    update(training, 0.1)
    good = {name: tensor.clone() for name, tensor in training.model.state_dict().items()}
    with pytest.raises(Diverged, match="at step 2; no checkpoint was written yet") as caught:
        update(training, gradient)
    assert caught.value.reason == "the loss or its gradient is not a number at step 2"
    assert all(torch.equal(tensor, good[name]) for name, tensor in training.model.state_dict().items())


def test_the_sentence_names_the_newest_checkpoint(tmp_path: Path) -> None:
    training = make_training(tmp_path)
    update(training, 0.1)
    training.save()
    with pytest.raises(Diverged, match=r"The loss .* the checkpoint of step 1 is kept and --resume"):
        update(training, math.nan)


def test_scoring_labels_only_gives_the_same_log_probabilities_from_fewer_positions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "_use_triton", lambda _: False)
    model = load_model(make_model(tmp_path / "model")).model
    library.add_fused_lm_head(model)
    ids = torch.arange(24).reshape(2, 12)
    labels = ids.masked_fill(torch.arange(12) < 7, -100)
    read = []
    apply = library._ChunkedLogProbFunction.apply
    monkeypatch.setattr(
        library._ChunkedLogProbFunction,
        "apply",
        lambda hidden, *rest: read.append(len(hidden)) or apply(hidden, *rest),
    )
    every = model(ids, labels=labels, fused_lm_head=True).log_probs
    score_labels_only()
    chosen = model(ids, labels=labels, fused_lm_head=True).log_probs
    assert read == [22, 10]
    assert torch.allclose(every, chosen, atol=1e-6)

"""The loop of the trainings that need no library: loss, step, progress, checkpoint, clean stop."""

from __future__ import annotations

from collections.abc import Callable

import torch

from trainer.callbacks import Training

Metrics = dict[str, float]


def without_dropout(model: torch.nn.Module) -> None:
    """Switch off all dropout of a model, in training too."""
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0


def take_steps(
    training: Training, every: int, loss_at: Callable[[int], tuple[torch.Tensor, Metrics]]
) -> bool:
    """Take the remaining steps. Returns False when the run was asked to stop before the last one.

    Args:
        every: steps between checkpoints.
        loss_at: the loss of a step, counted from 0, and what is told of it.
    """
    run, model = training.run, training.model
    training.begin()
    model.train()
    for step in range(training.start, training.total):
        loss, metrics = loss_at(step)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        training.optimizer.step()
        training.scheduler.step()
        training.optimizer.zero_grad(set_to_none=True)
        training.step = step + 1
        run.progress("step", step=training.step, metrics=metrics)
        stopped = run.stop.is_set() and training.step < training.total
        if stopped or training.step % every == 0:
            training.save()
        if stopped:
            run.progress("cancelled", step=training.step)
            return False
    return True

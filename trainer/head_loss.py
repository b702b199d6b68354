"""Cross-entropy of a language model's output layer, a stretch of tokens at a time.

The logits of a whole batch (tokens x vocabulary) fill more memory than a processor's cache, and reading them
four times costs a third of a small model's step. Here each stretch is multiplied, scored and turned into its
gradients while it is near. The idea is that of fused linear cross-entropy (P.-L. Hsu et al., "Liger Kernel",
2024).
"""

from __future__ import annotations

from typing import Any

import torch

STRETCH = {"cpu": 1024, "cuda": 16384}  # tokens whose logits are held at once


class _HeadLoss(torch.autograd.Function):
    """Makes the gradients on the way forward, as the logits are gone on the way back."""

    @staticmethod
    def forward(ctx: Any, hidden: torch.Tensor, weight: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        narrow = weight.to(hidden.dtype)
        to_hidden = torch.empty_like(hidden)
        to_weight = torch.zeros(weight.shape, dtype=torch.float32, device=weight.device)
        loss = torch.zeros((), dtype=torch.float32, device=hidden.device)
        stretch = STRETCH.get(hidden.device.type, STRETCH["cpu"])
        for start in range(0, len(hidden), stretch):
            rows, wanted = hidden[start : start + stretch], targets[start : start + stretch]
            logs = torch.log_softmax((rows @ narrow.T).float(), dim=-1)
            loss -= logs.gather(1, wanted[:, None]).sum()
            away = logs.exp_()
            away[torch.arange(len(wanted), device=wanted.device), wanted] -= 1
            away = away.to(hidden.dtype)
            to_hidden[start : start + stretch] = away @ narrow
            to_weight += away.T @ rows
        ctx.save_for_backward(to_hidden / len(hidden), (to_weight / len(hidden)).to(weight.dtype))
        return loss / len(hidden)

    @staticmethod
    def backward(ctx: Any, *above: Any) -> tuple[torch.Tensor, torch.Tensor, None]:
        to_hidden, to_weight = ctx.saved_tensors
        return to_hidden * above[0], to_weight * above[0], None


def head_loss(hidden: torch.Tensor, weight: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy in nats: (N, width) hidden states, (vocabulary, width) weights, (N,) ids -> ().

    Products are made in the precision of ``hidden``, sums in float32.
    """
    loss: torch.Tensor = _HeadLoss.apply(hidden, weight, targets)
    return loss

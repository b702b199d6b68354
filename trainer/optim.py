"""Muon for weight matrices.

torch.optim.Muon orthogonalises in bfloat16, which costs ten times the matrix product itself on a CPU without
bf16 instructions; this one does matrices of one shape together in the precision it is given.
Source: K. Jordan et al., "Muon: An optimizer for hidden layers in neural networks" (2024); update scaled to
the size of AdamW's as in J. Liu et al., "Muon is scalable for LLM training" (2025).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch

_A, _B, _C = 3.4445, -4.7750, 2.0315  # quintic iteration of the paper
_STEPS = 5


def orthogonalise(batch: torch.Tensor) -> torch.Tensor:
    """Nearest semi-orthogonal matrices (roughly: singular values land in 0.7 to 1.2) of a (N, R, C) batch."""
    wide = batch.shape[1] <= batch.shape[2]
    x = batch if wide else batch.transpose(1, 2)
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(_STEPS):
        gram = x @ x.transpose(1, 2)
        x = _A * x + (_B * gram + _C * gram @ gram) @ x
    result: torch.Tensor = x if wide else x.transpose(1, 2)
    return result


class Muon(torch.optim.Optimizer):
    """Nesterov momentum, orthogonalised per matrix; two-dimensional parameters only."""

    def __init__(
        self,
        params: Iterable[torch.Tensor],
        lr: float,
        momentum: float = 0.95,
        weight_decay: float = 0.0,
        precision: torch.dtype = torch.float32,
    ) -> None:
        """``precision``: of the orthogonalisation; rough by design, so bfloat16 does where it is fast."""
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})
        self._precision = precision

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        assert closure is None, "the loss is computed by the caller"
        for group in self.param_groups:
            by_shape: dict[torch.Size, list[torch.Tensor]] = {}
            for p in group["params"]:
                if p.grad is not None:
                    by_shape.setdefault(p.shape, []).append(p)
            for shape, params in by_shape.items():
                moved = torch.stack([self._momentum(p, group["momentum"]) for p in params])
                update = orthogonalise(moved.to(self._precision)).to(moved.dtype)
                scale = group["lr"] * 0.2 * max(shape) ** 0.5
                for p, direction in zip(params, update, strict=True):
                    p.mul_(1 - group["lr"] * group["weight_decay"]).add_(direction, alpha=-scale)

    def _momentum(self, p: torch.Tensor, momentum: float) -> torch.Tensor:
        state = self.state[p]
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(p)
        assert p.grad is not None
        buffer: torch.Tensor = state["momentum"]
        buffer.lerp_(p.grad, 1 - momentum)
        return p.grad.lerp(buffer, momentum)

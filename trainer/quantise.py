"""Weights in eight bits for writing on a processor: a small model waits for memory more than for arithmetic.

Weights are rounded per output channel, inputs per call (R. Krishnamoorthi, "Quantizing deep convolutional
networks for efficient inference", 2018, section 3). A prompt's first token is far larger than the rest and
would spoil the head's rounding, but the head reads only the newest token of each row.
Only the model in memory changes; files keep float16, and training and evaluation use what the files hold.
"""

from __future__ import annotations

import warnings

import torch
from transformers import GPT2LMHeadModel, GPT2Model
from transformers.pytorch_utils import Conv1D


class Int8Linear(torch.nn.Module):
    """A linear layer whose weights lie in eight bits, packed for the processor."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None) -> None:
        """``weight``: (out, in), ``bias``: (out,); both float32."""
        super().__init__()
        scales = weight.abs().amax(dim=1).clamp(min=1e-8) / 127
        zeros = torch.zeros(len(weight), dtype=torch.long)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # "will move to another package": torch is pinned
            rounded = torch.quantize_per_channel(weight, scales.double(), zeros, 0, torch.qint8)
        self._packed = torch.ops.quantized.linear_prepack(rounded, bias)

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        """(..., in) -> (..., out), float32."""
        # Seven bits for the inputs: without newer instructions a sum of two products overflows at eight.
        made: torch.Tensor = torch.ops.quantized.linear_dynamic(given, self._packed, True)
        return made


def can_quantise() -> bool:
    """Whether torch was built with eight-bit arithmetic for this processor."""
    return torch.backends.quantized.engine != "none"


@torch.no_grad()
def quantise(model: GPT2LMHeadModel) -> None:
    """Replace the linear layers of a model on the processor, in place; the embeddings stay as they are."""
    quantise_layers(model.transformer)
    model.lm_head = Int8Linear(model.lm_head.weight, None)


def quantise_layers(transformer: GPT2Model) -> None:
    """Replace the linear layers of its blocks, in place."""
    for block in transformer.h:
        for part in (block.attn, block.mlp):
            for name, layer in list(part.named_children()):
                if isinstance(layer, Conv1D):  # which keeps its weights the other way round
                    setattr(part, name, Int8Linear(layer.weight.T.contiguous(), layer.bias))

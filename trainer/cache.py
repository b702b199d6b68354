"""A key-value cache with room for what will be written.

The library's own cache joins old and new tensors at every token: with many rows and a long prompt that
copying takes longer than the model.
"""

from __future__ import annotations

from typing import Any

import torch
from transformers.cache_utils import Cache, DynamicLayer


class RoomyLayer(DynamicLayer):
    """One layer's keys and values, (B, heads, tokens, width) views into buffers with ``room`` to spare."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.keys: torch.Tensor
        self.values: torch.Tensor
        self._room = room
        self._buffers: list[torch.Tensor] = []  # keys, values; empty until there is something to hold

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *_: Any, **__: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Append (B, heads, n, width) and return all keys and values."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        old = self.get_seq_length()
        new = old + key_states.shape[2]
        if not self._buffers or new > self._buffers[0].shape[2]:
            self._buffers = [self._moved(held, key_states, new) for held in (self.keys, self.values)]
        for buffer, states in zip(self._buffers, (key_states, value_states), strict=True):
            buffer[:, :, old:new] = states
        self.keys, self.values = (buffer[:, :, :new] for buffer in self._buffers)
        return self.keys, self.values

    def _moved(self, held: torch.Tensor, like: torch.Tensor, needed: int) -> torch.Tensor:
        rows, heads, _, width = like.shape
        buffer = like.new_empty(rows, heads, needed + self._room, width)
        if held.numel():
            buffer[:, :, : held.shape[2]] = held
        return buffer

    def batch_select_indices(self, indices: torch.Tensor) -> None:
        super().batch_select_indices(indices)
        self._buffers = []  # the rows are new tensors; the next update gives them room


def roomy_cache(layers: int, room: int) -> Cache:
    """An empty cache for a model of so many layers; ``room``: tokens that will follow the prompt."""
    return Cache(layers=[RoomyLayer(room) for _ in range(layers)])

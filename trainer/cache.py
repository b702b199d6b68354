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
        old = self.keys.shape[2] if self.keys.dim() == 4 else 0
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


class SharedLayer(RoomyLayer):
    """The same for many rows that go on from one prompt, whose keys and values are kept once.

    It hands out (the prompt's, the rows' own) pairs, which only ``trainer.attention.SHARED`` understands.
    """

    def __init__(self, room: int) -> None:
        super().__init__(room)
        self._prompt: tuple[torch.Tensor, torch.Tensor] | None = None

    def update(self, key_states: torch.Tensor, value_states: torch.Tensor, *_: Any, **__: Any) -> Any:
        keys, values = super().update(key_states, value_states)
        if self._prompt is None:
            return keys, values
        return (self._prompt[0], keys), (self._prompt[1], values)

    def get_seq_length(self) -> int:
        own: int = super().get_seq_length()
        return own if self._prompt is None else self._prompt[0].shape[2] + self.keys.shape[2]

    def batch_select_indices(self, indices: torch.Tensor) -> None:
        """The first time: so many rows go on from what was read until now. Later: keep these rows."""
        if self._prompt is None:
            self._prompt = (self.keys, self.values)
            _, heads, _, width = self.keys.shape
            self.keys = self.keys.new_empty(len(indices), heads, 0, width)
            self.values = self.values.new_empty(len(indices), heads, 0, width)
        else:
            self.keys, self.values = self.keys[indices], self.values[indices]
        self._buffers = []


def roomy_cache(layers: int, room: int, *, shared: bool = False) -> Cache:
    """An empty cache for a model of so many layers; ``room``: tokens that will follow the prompt.

    ``shared``: one prompt is read, from which many rows go on.
    """
    kind = SharedLayer if shared else RoomyLayer
    return Cache(layers=[kind(room) for _ in range(layers)])

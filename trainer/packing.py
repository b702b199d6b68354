"""Several replies behind one context in a single row: the context is read once, no reply sees another."""

from __future__ import annotations

from collections.abc import Sequence

import torch


def pack(
    contexts: Sequence[Sequence[int]], replies: Sequence[Sequence[Sequence[int]]], filler: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Ids, segments, positions (B, T) and ends (N, 2): all first replies, then all second ones, and so on."""
    longest = max(len(c) + sum(map(len, r)) for c, r in zip(contexts, replies, strict=True))
    ids = torch.full((len(contexts), longest), filler)
    segments = torch.full_like(ids, -1)
    positions = torch.zeros_like(ids)
    ends: list[tuple[int, int, int]] = []
    for row, (context, answers) in enumerate(zip(contexts, replies, strict=True)):
        place = 0
        for segment, part in enumerate([context, *answers]):
            stretch = slice(place, place + len(part))
            ids[row, stretch] = torch.tensor(part)
            segments[row, stretch] = segment
            first = len(context) if segment else 0
            positions[row, stretch] = torch.arange(first, first + len(part))
            place += len(part)
            if segment:
                ends.append((segment, row, place - 1))
    return ids, segments, positions, torch.tensor([end[1:] for end in sorted(ends)])


def seen(segments: torch.Tensor) -> torch.Tensor:
    """(B, 1, T, T) what each place may see: what stands before it in its own reply or in the context."""
    places = torch.arange(segments.shape[1], device=segments.device)
    causal = places[:, None] >= places[None, :]
    own = segments[:, :, None] == segments[:, None, :]
    return (causal & (own | (segments == 0)[:, None, :]))[:, None]

"""Two forms of attention that the library lacks, by the names they are registered under.

``CAUSAL``: of whole windows, nothing padded, nothing remembered. The library hands the fused kernel a mask
when the model is compiled, which keeps it from its fastest form.

``SHARED``: of many replies to one prompt, whose keys and values are held and read once for all rows
(``trainer.cache.SharedLayer``) instead of once for each. The same sums as ever, in another order. The idea is
that of J. Juravsky et al., "Hydragen: High-throughput LLM inference with shared prefixes" (2024).
"""

from __future__ import annotations

from typing import Any

import torch
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import AttentionMaskInterface, sdpa_mask
from transformers.modeling_utils import AttentionInterface

CAUSAL, SHARED = "tfdesk_causal", "tfdesk_shared"  # for ``model.set_attn_implementation``

Parts = tuple[
    torch.Tensor, torch.Tensor
]  # the prompt's (1, heads, T, width), the rows' own (B, heads, m, width)


def _causal(
    _: torch.nn.Module, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, *__: Any, **___: Any
) -> tuple[torch.Tensor, None]:
    """(B, heads, T, width) each -> (B, T, heads, width)."""
    mixed = torch.nn.functional.scaled_dot_product_attention(query, key, value, is_causal=True)
    return mixed.transpose(1, 2).contiguous(), None


def _no_mask(*_: Any, **__: Any) -> None:
    return None


def _shared(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor | Parts,
    value: torch.Tensor | Parts,
    *rest: Any,
    **given: Any,
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """(B, heads, n, width) queries -> (B, n, heads, width); the library's own where nothing is shared."""
    if isinstance(key, torch.Tensor) or isinstance(value, torch.Tensor):
        read: tuple[torch.Tensor, None] = sdpa_attention_forward(module, query, key, value, *rest, **given)
        return read
    return share(query, key, value).transpose(1, 2), None


def share(query: torch.Tensor, keys: Parts, values: Parts) -> torch.Tensor:
    """Attention of the newest n tokens of B rows over one prompt and each row's own tokens.

    Args:
        query: (B, heads, n, width).
        keys, values: the prompt's and the rows' own; the n newest are the last of the rows' own.

    Returns:
        (B, heads, n, width).
    """
    rows, heads, new, width = query.shape
    query = query * width**-0.5
    prompt, own = keys[0].shape[2], keys[1].shape[2]
    together = query.transpose(0, 1).reshape(heads, rows * new, width)
    at_prompt = (together @ keys[0][0].transpose(1, 2)).view(heads, rows, new, prompt).transpose(0, 1)
    at_own = query @ keys[1].transpose(2, 3)
    if new > 1:
        later = torch.ones(new, own, dtype=torch.bool, device=query.device).triu(own - new + 1)
        at_own = at_own.masked_fill(later, float("-inf"))
    weights = torch.softmax(torch.cat([at_prompt, at_own], dim=-1), dim=-1)
    of_prompt = weights[..., :prompt].transpose(0, 1).reshape(heads, rows * new, prompt) @ values[0][0]
    mixed = weights[..., prompt:] @ values[1]
    return mixed + of_prompt.view(heads, rows, new, width).transpose(0, 1)


AttentionInterface.register(CAUSAL, _causal)
AttentionMaskInterface.register(CAUSAL, _no_mask)
AttentionInterface.register(SHARED, _shared)
AttentionMaskInterface.register(SHARED, sdpa_mask)

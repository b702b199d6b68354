"""Attention over a shared prompt is attention over the same prompt in every row."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.attention import CAUSAL, SHARED, share
from trainer.cache import roomy_cache
from trainer.config import PretrainConfig
from trainer.pretrain import new_model


@settings(max_examples=25, deadline=None)
@given(
    rows=st.integers(1, 4),
    heads=st.integers(1, 3),
    prompt=st.integers(1, 6),
    earlier=st.integers(0, 4),
    new=st.integers(1, 3),
)
def test_sharing_changes_no_sum(rows: int, heads: int, prompt: int, earlier: int, new: int) -> None:
    torch.manual_seed(rows * 1000 + prompt * 100 + earlier * 10 + new)
    own, width = earlier + new, 8
    query = torch.randn(rows, heads, new, width)
    keys = torch.randn(1, heads, prompt, width), torch.randn(rows, heads, own, width)
    values = torch.randn(1, heads, prompt, width), torch.randn(rows, heads, own, width)
    mask = torch.ones(new, prompt + own, dtype=torch.bool).tril(prompt + earlier)
    whole = [torch.cat([shared.expand(rows, -1, -1, -1), rest], dim=2) for shared, rest in (keys, values)]
    expected = torch.nn.functional.scaled_dot_product_attention(query, *whole, attn_mask=mask)
    torch.testing.assert_close(share(query, keys, values), expected, rtol=1e-4, atol=1e-5)


def test_rows_of_one_prompt_go_on_and_drop_out() -> None:
    model = new_model(PretrainConfig(layers=2, width=32, heads=2, positions=64), 300).eval()
    prompt, more = torch.randint(0, 300, (1, 7)), torch.randint(0, 300, (3, 4))
    with torch.inference_mode():
        expected = model(torch.cat([prompt.expand(3, -1), more], dim=1)).logits[:, -1]
        model.set_attn_implementation(SHARED)
        cache = roomy_cache(2, 4, shared=True)
        model(prompt, past_key_values=cache, use_cache=True)
        cache.batch_select_indices(torch.zeros(3, dtype=torch.long))
        model(more[:, :2], past_key_values=cache, use_cache=True)
        model(more[:, 2:3], past_key_values=cache, use_cache=True)
        assert cache.get_seq_length() == 10
        cache.batch_select_indices(torch.tensor([0, 2]))
        found = model(more[[0, 2], 3:], past_key_values=cache, use_cache=True).logits[:, -1]
    torch.testing.assert_close(found, expected[[0, 2]], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", [CAUSAL, SHARED])
def test_whole_windows_are_read_as_by_the_library(name: str) -> None:
    model = new_model(PretrainConfig(layers=2, width=32, heads=2, positions=64), 300).eval()
    ids = torch.randint(0, 300, (2, 20))
    with torch.inference_mode():
        expected = model(ids).logits
        model.set_attn_implementation(name)
        torch.testing.assert_close(model(ids).logits, expected, rtol=1e-4, atol=1e-5)

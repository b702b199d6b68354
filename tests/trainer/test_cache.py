from __future__ import annotations

import torch
from transformers import DynamicCache

from trainer.bundle import LanguageModel
from trainer.cache import roomy_cache


def test_it_holds_what_the_librarys_own_cache_holds(tiny_lm: LanguageModel) -> None:
    ours = roomy_cache(tiny_lm.model.config.n_layer, room=3)
    theirs = DynamicCache(config=tiny_lm.model.config)
    rows = torch.tensor([1, 0, 1])
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for step in range(6):  # the third token no longer fits the room of the first
            ids = torch.randint(0, 300, (2 if step == 0 else 3, 4 if step == 0 else 1), generator=generator)
            for cache in (ours, theirs):
                logits = tiny_lm.model(ids, past_key_values=cache, use_cache=True).logits
                if cache is ours:
                    mine = logits
                if step == 0:
                    cache.batch_select_indices(rows)
            assert torch.allclose(mine, logits, atol=1e-6)
    for mine_layer, their_layer in zip(ours.layers, theirs.layers, strict=True):
        assert torch.allclose(mine_layer.keys, their_layer.keys, atol=1e-6)
        assert torch.allclose(mine_layer.values, their_layer.values, atol=1e-6)

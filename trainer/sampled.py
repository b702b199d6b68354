"""Replies that a language model makes up: fluent at best, written by nobody for nobody.

The critic learns from them what "well written" does not mean. Three quarters are written through the slots,
as a fine-tuned model does, most of these as carefully as at the desk; a quarter simply goes on after the
therapist's token, as a base model does.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import torch

from trainer.bundle import LanguageModel
from trainer.candidates import finish
from trainer.dialogue import Dialogue
from trainer.generate import SLOTS_WRITTEN, generate_replies
from trainer.prompt import THERAPIST

TOKENS = 48  # of a reply, at most
READ = 160  # tokens of the context
BATCH = 64
CAREFUL = 0.7  # temperature; at the desk it is about as low
SLOTS = {0: CAREFUL, 1: 1.0, 2: CAREFUL}  # temperature by the place in every four; the fourth has no slots


def sampled_replies(lm: LanguageModel, contexts: Sequence[Dialogue], seed: int) -> list[str]:
    """One reply per context, in order; the same for the same seed."""
    limit = min(READ, lm.positions - TOKENS - SLOTS_WRITTEN)
    prompts = [lm.encoder.prompt(context, limit) for context in contexts]
    replies = [""] * len(contexts)
    for place, temperature in SLOTS.items():
        replies[place::4] = [
            _whole(one.reply, one.ended)
            for one in generate_replies(
                lm,
                prompts[place::4],
                max_new=TOKENS,
                temperature=temperature,
                top_p=1.0,
                seed=seed + place,
                batch=BATCH,
            )
        ]
    speaker = lm.encoder.id_of(THERAPIST)
    going_on = [(*prompt.ids[:-1], speaker) for prompt in prompts[3::4]]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        blocks = [going_on[start : start + BATCH] for start in range(0, len(going_on), BATCH)]
        replies[3::4] = [text for block in blocks for text in _continued(lm, block)]
    return replies


@torch.inference_mode()
def _continued(lm: LanguageModel, prompts: Sequence[tuple[int, ...]]) -> list[str]:
    end, device = lm.encoder.end, lm.model.device
    longest = max(map(len, prompts))
    ids = torch.tensor([[end] * (longest - len(row)) + list(row) for row in prompts], device=device)
    mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in prompts], device=device)
    written = lm.model.generate(
        ids,
        attention_mask=mask,
        do_sample=True,
        temperature=1.0,
        top_k=0,
        top_p=1.0,
        max_new_tokens=TOKENS,
        pad_token_id=end,
        eos_token_id=sorted(lm.encoder.special_ids),
    )[:, longest:].tolist()
    return [_text(lm, row) for row in written]


def _text(lm: LanguageModel, ids: Sequence[int]) -> str:
    stops = [place for place, token in enumerate(ids) if token in lm.encoder.special_ids]
    ids = ids[: stops[0]] if stops else ids
    known = [token for token in ids if token < lm.encoder.size]
    return _whole(lm.encoder.decode(known), bool(stops))


def _whole(text: str, ended: bool) -> str:
    """Cut back to whole sentences where there is one: a missing end would give it away too easily."""
    text = text.replace("\ufffd", "").strip()  # bytes that are no character
    finished = finish(text, ended)
    return finished[0] if finished else text


def some(contexts: Sequence[Dialogue], count: int, seed: int) -> list[Dialogue]:
    """At most ``count`` of them, drawn by the seed."""
    return random.Random(seed).sample(contexts, min(count, len(contexts)))

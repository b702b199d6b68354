"""The critic's network: first layers of a GPT-2, a bag of words beside them, one linear head per question.

``...recent context<|client|>text<|reply|>reply<|endoftext|>``: what is asked of the context alone (client
emotion, strategy wanted) is read at ``<|reply|>``, what is asked of the reply at the end. The bags, weighted
sums of word embeddings, learn from few examples what a message and a reply are about; the layers add order.
Beside them stand the word readers of ``trainer.words``, which take no part in the training by gradient.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional
from transformers import GPT2Config, GPT2Model

from trainer.empathy import LEVELS, MECHANISMS
from trainer.packing import seen
from trainer.prompt import LabelSets
from trainer.words import CONTEXT_PARTS, REPLY_PARTS, WordReader

CONTEXT_HEADS = ("emotion", "wanted")  # read at the reply slot
PAIR_HEADS = ("strategy", *MECHANISMS, "belongs", "quality", "tone", "fluent")  # read at the end of the reply
LABEL_HEADS = (*CONTEXT_HEADS, "strategy", *MECHANISMS)  # those that choose one of several labels
MIXED_HEADS = (*LABEL_HEADS, "quality")  # those that the word readers answer too
FADE_TOKENS = 64  # unit of the distance over which older words of the context fade


class CriticModel(nn.Module):
    """Backbone, bags and heads. Every head's logits are (B, outputs)."""

    def __init__(self, config: GPT2Config, labels: LabelSets) -> None:
        super().__init__()
        width = config.n_embd
        self.backbone = GPT2Model(config)
        sizes = {"emotion": len(labels.emotions)}
        sizes |= dict.fromkeys(("wanted", "strategy"), len(labels.strategies))
        sizes |= dict.fromkeys(MECHANISMS, LEVELS)
        sizes |= dict.fromkeys(("belongs", "quality", "tone", "fluent"), 1)
        self.sizes = sizes  # outputs of every head
        self.heads = nn.ModuleDict({name: nn.Linear(2 * width, size) for name, size in sizes.items()})
        told = {name: sizes[name] for name in CONTEXT_HEADS}
        made = {name: sizes[name] for name in LABEL_HEADS if name not in CONTEXT_HEADS}
        self.context_words = WordReader(config.vocab_size, CONTEXT_PARTS, told)
        self.reply_words = WordReader(config.vocab_size, REPLY_PARTS, made | {"quality": 2})  # poor, good
        self.word_weight = nn.Parameter(torch.zeros(config.vocab_size))
        self.fade = nn.Parameter(torch.zeros(()))
        self.from_context = nn.Parameter(torch.eye(width))  # into the space where context and reply meet
        self.from_reply = nn.Parameter(torch.eye(width))
        self.match_scale = nn.Parameter(torch.tensor(2.5))  # logarithm
        self.match_share = nn.Parameter(torch.tensor(0.3))  # of the match in "belongs"

    def weigh(self, documents: Sequence[Sequence[int]]) -> None:
        """Start the words' weights at a quarter of their inverse document frequency."""
        counts = torch.ones(len(self.word_weight))
        for ids in documents:
            counts[list(set(ids))] += 1
        with torch.no_grad():
            self.word_weight.copy_(torch.log(2 * len(documents) / counts) / 4)

    def bags(self, ids: torch.Tensor, shares: torch.Tensor) -> torch.Tensor:
        """Unit vectors (B, S, width): S weighted sums over (B, T) ids; ``shares`` is (B, T, S)."""
        weights = functional.softplus(self.word_weight[ids])[..., None] * shares
        summed = torch.einsum("bts,btd->bsd", weights, self.backbone.wte(ids))
        return functional.normalize(summed.float(), dim=-1)

    def faded(self, distance: torch.Tensor) -> torch.Tensor:
        """Weight of a context's word by its distance in tokens from the end."""
        return torch.exp(-functional.softplus(self.fade) * distance / FADE_TOKENS)

    def match(self, context: torch.Tensor, reply: torch.Tensor) -> torch.Tensor:
        """How near (..., width) bags of contexts and replies lie, on the scale of a logit."""
        left = functional.normalize(context @ self.from_context, dim=-1)
        right = functional.normalize(reply @ self.from_reply, dim=-1)
        return self.match_scale.exp() * (left * right).sum(dim=-1)

    def read_context(self, state: torch.Tensor, bag: torch.Tensor) -> dict[str, torch.Tensor]:
        """Hidden states at the slot and bags of the contexts, each (B, width), to logits."""
        features = self._features(state, bag)
        return {name: self.heads[name](features) for name in CONTEXT_HEADS}

    def read_pair(
        self, state: torch.Tensor, context: torch.Tensor, reply: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        """Hidden states at the end, bags of contexts and of replies, each (N, width), to logits."""
        features = self._features(state, reply)
        made = {name: self.heads[name](features) for name in PAIR_HEADS}
        made["belongs"] = made["belongs"] + self.match_share * self.match(context, reply)[:, None]
        return made

    def _features(self, state: torch.Tensor, bag: torch.Tensor) -> torch.Tensor:
        """A hidden state has the length of its width's root; the bag gets the same."""
        return torch.cat([state, bag.to(state.dtype) * bag.shape[-1] ** 0.5], dim=-1)

    def forward(
        self, ids: torch.Tensor, segments: torch.Tensor, positions: torch.Tensor, ends: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        """Logits for contexts that are each followed by several replies, which do not see one another.

        Args:
            ids: (B, T), a row holding a context and its replies, padded on the right.
            segments: (B, T), 0 in the context, 1, 2, ... in the replies.
            positions: (B, T); every reply counts on from its context.
            ends: (N, 2), row and place of the end token of each reply.

        Returns the context's heads as (B, outputs), the pair's heads as (N, outputs), and as "match" (B, B)
        how near every context lies to every first reply.
        """
        places = torch.arange(ids.shape[1], device=ids.device)
        visible = seen(segments)
        hidden = self.backbone(ids, attention_mask=visible, position_ids=positions).last_hidden_state
        slot = (segments == 0).sum(dim=1) - 1
        parts = torch.arange(int(segments.max()) + 1, device=ids.device)
        shares = (segments[..., None] == parts).float()
        fading = self.faded((slot[:, None] - places).clamp(min=0))
        bags = self.bags(ids, torch.where(parts == 0, shares * fading[..., None], shares))  # (B, S, width)
        rows, last = ends[:, 0], ends[:, 1]
        context = self.read_context(hidden[torch.arange(len(ids), device=ids.device), slot], bags[:, 0])
        pair = self.read_pair(hidden[rows, last], bags[rows, 0], bags[rows, segments[rows, last]])
        return context | pair | {"match": self.match(bags[:, None, 0], bags[None, :, 1])}

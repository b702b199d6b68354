"""Writing replies with a language model: batched, sampled, with the slots in their order.

What follows a prompt is always an emotion label, the strategy slot, a strategy label, the reply slot, then
text until the end token. Slot tokens cannot occur in the text, so a reply is whole whenever it has ended.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch

from trainer.attention import SHARED
from trainer.bundle import LanguageModel
from trainer.cache import roomy_cache
from trainer.prompt import Prompt

SLOTS_WRITTEN = 4  # emotion label, strategy slot, strategy label, reply slot
NUCLEUS_CAP = (
    512  # sampling never looks past this many tokens: sorting a whole vocabulary costs a decode step
)
DROPPED = 0.25  # share of a batch's rows that must have ended before they are taken out of it


@dataclass(frozen=True, slots=True)
class Generated:
    """What the model wrote after one prompt."""

    emotion: str  # the label in the slot: given by the caller, else the likeliest
    strategy: str  # given by the caller, else sampled
    reply: str
    ended: bool  # the end token was written before the limit
    distribution: dict[str, float]  # of the client's emotion, calibrated when the bundle says how; sums to 1
    ids: tuple[int, ...]  # everything written, slots and end token included
    likelihood: float = field(default=0.0, compare=False)  # of the reply: mean nats per token


def emotion_distribution(lm: LanguageModel, prompt: Prompt) -> dict[str, float]:
    """Calibrated distribution over the bundle's emotion labels at the prompt's emotion slot."""
    with torch.inference_mode():
        logits = lm.model(torch.tensor([prompt.ids], device=lm.model.device), logits_to_keep=1).logits[:, -1]
        return _emotions(lm, logits.cpu())[0]


def generate_replies(
    lm: LanguageModel,
    prompts: Sequence[Prompt],
    *,
    max_new: int,
    temperature: float,
    top_p: float,
    seed: int,
    emotion: str | Callable[[Mapping[str, float]], str] | None = None,
    strategy: str | Sequence[str | None] | None = None,
    spread: int = 0,
    batch: int = 16,
    on_step: Callable[[int, int], None] | None = None,
) -> list[Generated]:
    """One completion per prompt, in order; equal prompts of a batch are read only once.

    Args:
        prompts: each must leave room for ``max_new`` + 4 tokens in the model's window (ValueError).
        max_new: most tokens of a reply.
        temperature: 0 takes the likeliest token; else logits are divided by it.
        top_p: share of probability that sampling keeps.
        seed: row ``i`` draws from a stream of its own made of ``seed`` and ``i``.
        emotion: label for every row ("unknown" = switched off), or what chooses it from a row's distribution;
            None: the model's likeliest.
        strategy: label for every row or one for each; None: sampled from the model.
        spread: > 0: rows without a strategy take the model's ``spread`` likeliest ones in turn instead.
        on_step: called after each token of a batch with (tokens written, rows finished); what it raises ends
            the generation.
    """
    room = lm.positions - SLOTS_WRITTEN - max_new
    if any(prompt.tokens > room for prompt in prompts):
        raise ValueError(f"a prompt is longer than the {room} tokens that leave room for a reply")
    strategies = [strategy] * len(prompts) if strategy is None or isinstance(strategy, str) else strategy
    if len(strategies) != len(prompts):
        raise ValueError("give one strategy, or one for each prompt")
    made: list[Generated] = []
    with torch.inference_mode():
        for start in range(0, len(prompts), batch):
            rows = range(start, min(start + batch, len(prompts)))
            draws = torch.stack([_draws(seed, row, max_new + 1) for row in rows])  # (B, 1 + max_new)
            writer = _Batch(lm, [prompts[row] for row in rows], draws, temperature, top_p)
            made += writer.write(emotion, [strategies[row] for row in rows], spread, max_new, on_step)
    return made


def _draws(seed: int, row: int, count: int) -> torch.Tensor:
    """Uniform numbers of one row, the same wherever the row stands in a batch."""
    name = hashlib.sha256(f"{seed}/{row}".encode()).digest()
    generator = torch.Generator().manual_seed(int.from_bytes(name[:8], "big", signed=True))
    return torch.rand(count, generator=generator, dtype=torch.float64)


def _emotions(lm: LanguageModel, logits: torch.Tensor) -> list[dict[str, float]]:
    """(B, V) logits at the emotion slot to one distribution per row."""
    labels = lm.encoder.labels.emotions
    ids = [lm.encoder.emotion_ids[name] for name in labels]
    chances = torch.softmax(logits[:, ids].float() / lm.emotion_temperature, dim=-1)
    return [dict(zip(labels, row.tolist(), strict=True)) for row in chances]


def pick(logits: torch.Tensor, draw: torch.Tensor, temperature: float, top_p: float) -> torch.Tensor:
    """Nucleus sampling by inverting the distribution: (B, V) logits, (B,) draws in [0, 1) -> (B,) ids."""
    if temperature <= 0:
        return logits.argmax(dim=-1)
    top, ids = logits.topk(min(NUCLEUS_CAP, logits.shape[-1]), dim=-1)
    chances = torch.softmax(top.double() / temperature, dim=-1)
    before = chances.cumsum(dim=-1) - chances
    chances = chances.masked_fill(before >= top_p, 0.0)
    reached = chances.cumsum(dim=-1)
    place = torch.searchsorted(reached, (draw * reached[:, -1])[:, None], right=True)
    last = (chances > 0).sum(dim=-1, keepdim=True) - 1
    return ids.gather(1, torch.minimum(place, last))[:, 0]


class _Batch:
    """Rows that are decoded together: left-padded prompts, one key-value cache."""

    def __init__(
        self,
        lm: LanguageModel,
        prompts: Sequence[Prompt],
        draws: torch.Tensor,
        temperature: float,
        top_p: float,
    ) -> None:
        self.lm = lm
        self.draws, self.temperature, self.top_p = draws, temperature, top_p
        unique = list(dict.fromkeys(prompt.ids for prompt in prompts))
        rows = torch.tensor([unique.index(prompt.ids) for prompt in prompts])
        longest = max(len(ids) for ids in unique)
        padded = [[lm.encoder.end] * (longest - len(ids)) + list(ids) for ids in unique]
        mask = torch.tensor([[0] * (longest - len(ids)) + [1] * len(ids) for ids in unique])
        shared = len(unique) == 1 < len(prompts) and lm.model.config._attn_implementation == SHARED
        self.cache = roomy_cache(lm.model.config.n_layer, SLOTS_WRITTEN + draws.shape[1], shared=shared)
        logits = self._forward(torch.tensor(padded), mask, (mask.cumsum(dim=1) - 1).clamp(min=0))
        if len(unique) < len(prompts):
            self.cache.batch_select_indices(rows)
        self.mask = mask[rows]  # (B, tokens so far)
        self.logits = logits[rows]  # (B, V), float32, for the next token
        blocked = torch.zeros(self.logits.shape[-1], dtype=torch.bool)
        blocked[list(lm.encoder.special_ids)] = True
        blocked[lm.encoder.size :] = True  # rows of the embedding that no token uses
        self.blocked_first = blocked.clone()  # a reply has at least one token
        blocked[lm.encoder.end] = False
        self.blocked = blocked

    def _forward(self, ids: torch.Tensor, mask: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        device = self.lm.model.device  # choices are made on the processor: the same draws everywhere
        made = self.lm.model(
            ids.to(device),
            attention_mask=mask.to(device),
            position_ids=positions.to(device),
            past_key_values=self.cache,
            use_cache=True,
            logits_to_keep=1,
        )
        logits: torch.Tensor = made.logits[:, -1].float().cpu()
        return logits

    def _feed(self, tokens: torch.Tensor) -> None:
        """Append (B, n) tokens and read the logits after them."""
        old = self.mask.sum(dim=1, keepdim=True)
        self.mask = torch.cat([self.mask, torch.ones_like(tokens)], dim=1)
        positions = old + torch.arange(tokens.shape[1])
        self.logits = self._forward(tokens, self.mask, positions)

    def _strategy_ids(self, wanted: Sequence[str | None], spread: int) -> torch.Tensor:
        """The label each row asks for, else a likely or a sampled one of the model's."""
        encoder = self.lm.encoder
        ids = torch.tensor([encoder.strategy_ids[name] for name in encoder.labels.strategies])
        if spread > 0:
            turn = torch.arange(len(wanted)) % min(spread, len(ids))
            ranked = self.logits[:, ids].argsort(dim=-1, descending=True, stable=True)
            sampled = ids[ranked.gather(1, turn[:, None])[:, 0]]
        else:
            sampled = ids[pick(self.logits[:, ids], self.draws[:, 0], self.temperature, self.top_p)]
        given = [
            encoder.strategy_ids[name] if name is not None else int(other)
            for name, other in zip(wanted, sampled, strict=True)
        ]
        return torch.tensor(given)

    def write(
        self,
        emotion: str | Callable[[Mapping[str, float]], str] | None,
        strategies: Sequence[str | None],
        spread: int,
        max_new: int,
        on_step: Callable[[int, int], None] | None,
    ) -> list[Generated]:
        encoder = self.lm.encoder
        distributions = _emotions(self.lm, self.logits)
        choose = emotion if callable(emotion) else lambda chances: emotion or max(chances, key=chances.get)
        emotions = [choose(chances) for chances in distributions]
        emotion_ids = torch.tensor([encoder.emotion_ids[name] for name in emotions])
        slot = torch.full_like(emotion_ids, encoder.strategy_slot)
        self._feed(torch.stack([emotion_ids, slot], dim=1))
        strategy_ids = self._strategy_ids(strategies, spread)
        opening = torch.full_like(emotion_ids, encoder.reply_slot)
        self._feed(torch.stack([strategy_ids, opening], dim=1))
        text, likelihoods = self._text(max_new, on_step)
        written = torch.cat([torch.stack([emotion_ids, slot, strategy_ids, opening], dim=1), text], dim=1)
        return [
            self._completion(ids, chances, likelihood)
            for ids, chances, likelihood in zip(
                written.tolist(), distributions, likelihoods.tolist(), strict=True
            )
        ]

    def _text(
        self, max_new: int, on_step: Callable[[int, int], None] | None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """(B, <= max_new) tokens and (B,) their mean log-probability; a finished row goes on with ends."""
        end, count = self.lm.encoder.end, len(self.logits)
        rows = torch.arange(count)  # those still in the batch
        finished = torch.zeros(count, dtype=torch.bool)  # of these
        surprise, length = torch.zeros(count), torch.zeros(count)
        columns: list[torch.Tensor] = []
        for step in range(max_new):
            blocked = self.blocked if step else self.blocked_first
            tokens = pick(
                self.logits.masked_fill(blocked, float("-inf")),
                self.draws[rows, step + 1],
                self.temperature,
                self.top_p,
            ).masked_fill(finished, end)
            columns.append(torch.full((count,), end).index_copy(0, rows, tokens))
            logs = torch.log_softmax(self.logits, dim=-1).gather(1, tokens[:, None])[:, 0]
            surprise[rows] += logs.masked_fill(finished, 0.0)
            length[rows] += (~finished).float()
            finished |= tokens == end
            if on_step is not None:
                on_step(step + 1, count - int((~finished).sum()))
            if bool(finished.all()):
                break
            if int(finished.sum()) >= len(rows) * DROPPED:
                going = (~finished).nonzero()[:, 0]
                self.cache.batch_select_indices(going)
                rows, finished, tokens, self.mask = (t[going] for t in (rows, finished, tokens, self.mask))
            if step + 1 < max_new:
                self._feed(tokens[:, None])
        return torch.stack(columns, dim=1), surprise / length.clamp(min=1)

    def _completion(self, ids: list[int], chances: dict[str, float], likelihood: float) -> Generated:
        encoder = self.lm.encoder
        if encoder.end in ids:
            ids = ids[: ids.index(encoder.end) + 1]
        read = encoder.parse(ids)
        assert read.emotion is not None
        assert read.strategy is not None
        assert read.reply is not None
        reply = read.reply if read.ended else read.reply.rstrip("�").rstrip()  # half a character was cut off
        return Generated(read.emotion, read.strategy, reply, read.ended, chances, tuple(ids), likelihood)

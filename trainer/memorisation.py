"""What a model learned by heart: verbatim continuations, and canaries that were planted to find out.

Continuations: given a training reply's sequence up to the middle of the reply, does the model go on word for
word when it always takes the likeliest token? The same on replies it never saw is the floor.

Canaries (Carlini et al. 2019, "The Secret Sharer"): dialogues whose ``source`` is "canary" and whose
therapist turn holds a secret in digits ("the number of the box is 481 920 773"). Plant each of them once or
several times, under different ids, in the training data; keep others for the data under test, which makes
them the unseen baseline. A canary's exposure is log2(alternatives) minus log2(its rank) among the same
sentence with other random digits, by the log-perplexity of the reply. An unseen one has any rank with equal
chance: 1.44 bits on average.
"""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from trainer.bundle import LanguageModel
from trainer.config import InputError, SftConfig
from trainer.data import calibration, held_out
from trainer.dialogue import Dialogue, Exchange, Turn, exchanges
from trainer.metrics import missing, wilson
from trainer.prompt import Example

CANARY = "canary"  # the source of a planted dialogue
MIN_DIGITS = 6  # of a secret: fewer leave too few alternatives
CONTINUED, SHORTEST = 50, 15  # tokens that must follow verbatim; shorter rests count from here on
SLOTS = 4  # emotion label, strategy slot, strategy label, reply slot: the reply's text comes after them
_DIGITS = "0123456789"
NO_TRAINING = "--train was not given"
NO_UNSEEN = "no reply was surely kept out of training"
NONE_LONG = f"no reply leaves {SHORTEST} tokens after its middle"
NO_CANARIES = "no dialogue of --train or --data has the source 'canary'"


@dataclass(frozen=True, slots=True)
class Memory:
    """How much is measured: replies continued on each side, alternatives per canary, rows at once."""

    replies: int
    rivals: int
    batch: int
    seed: int
    stop: Callable[[], None] = lambda: None  # called before each batch; what it raises ends the measuring


def memorised(
    lm: LanguageModel,
    trained: Sequence[Dialogue] | None,
    unseen: Sequence[Dialogue] | None,
    canaries: Sequence[Dialogue],
    memory: Memory,
) -> dict[str, Any]:
    """The report's "memorisation".

    Args:
        trained: training data, canaries included (its validation and calibration tenths are left out
            here); None: not known.
        unseen: dialogues that it surely did not learn from; None: there are none.
        canaries: more canaries (of the data under test), checked by ``check_canaries`` like the others.
    """
    planted = [d for d in trained or () if d.source == CANARY]
    counts = Counter(reply for d in planted if learned(d) for _, reply in exchanges([d]))
    return {
        "tokens": CONTINUED,
        "continued": {
            "training": _continued(
                lm, None if trained is None else [d for d in trained if learned(d)], NO_TRAINING, memory
            ),
            "unseen": _continued(lm, unseen, NO_UNSEEN, memory),
        },
        "canaries": _canaries(lm, [*planted, *canaries], counts, memory),
    }


def learned(dialogue: Dialogue) -> bool:
    """Whether training reads it: not the tenths for validation and calibration."""
    return not (held_out(dialogue.id) or calibration(dialogue.id))


def _continued(
    lm: LanguageModel, dialogues: Sequence[Dialogue] | None, reason: str, memory: Memory
) -> dict[str, Any]:
    """Share of replies whose second half the model writes verbatim, and of how many."""
    if dialogues is None:
        return missing(reason).json() | {"count": 0, "verbatim": 0}
    places = [
        (d, index)
        for d in dialogues
        if d.source != CANARY
        for index, turn in enumerate(d.turns)
        if turn.speaker == "therapist" and index > 0
    ]
    random.Random(memory.seed).shuffle(places)
    chosen: list[tuple[Example, int, int]] = []
    for dialogue, index in places:
        example = lm.encoder.example(dialogue, index, _limit(lm))
        span = continuation(example, lm.encoder.end)
        if span is not None:
            chosen.append((example, *span))
        if len(chosen) == memory.replies:
            break
    hits = 0
    for rows in _batches(chosen, memory):
        hits += sum(
            _recites(lm, example, logits, start)
            for (example, start, _), logits in zip(rows, _logits(lm, rows), strict=True)
        )
    return wilson(hits, len(chosen), NONE_LONG).json() | {"count": len(chosen), "verbatim": hits}


def continuation(example: Example, end: int) -> tuple[int, int] | None:
    """Where the tokens lie that must follow verbatim: from the middle of the reply on; None if too few."""
    first = example.loss_from + SLOTS
    last = len(example.ids) - (example.ids[-1] == end)
    middle = first + (last - first) // 2
    return (middle, min(middle + CONTINUED, last)) if last - middle >= SHORTEST else None


def _recites(lm: LanguageModel, example: Example, logits: torch.Tensor, start: int) -> bool:
    """Whether greedy decoding from ``start`` on writes the true tokens; ``logits`` (n, V) are theirs.

    A greedy continuation is verbatim exactly when every one of its tokens is the likeliest after the true
    ones before it, so one pass tells what decoding token by token would.
    """
    logits = logits.clone()
    logits[:, list(lm.encoder.special_ids - {lm.encoder.end})] = float("-inf")
    logits[:, lm.encoder.size :] = float("-inf")
    return tuple(logits.argmax(dim=-1).tolist()) == example.ids[start : start + len(logits)]


def _logits(lm: LanguageModel, rows: Sequence[tuple[Example, int, int]]) -> list[torch.Tensor]:
    """For each (example, start, stop) the (stop - start, V) logits by which its tokens there are predicted.

    Only these places go through the output layer: all of them would take gigabytes with a large vocabulary.
    """
    longest = max(stop for _, _, stop in rows)
    ids = [[*example.ids[:stop], *[lm.encoder.end] * (longest - stop)] for example, _, stop in rows]
    mask = [[1] * stop + [0] * (longest - stop) for _, _, stop in rows]
    device = lm.model.device
    with torch.inference_mode():
        hidden = lm.model.transformer(
            torch.tensor(ids, device=device), attention_mask=torch.tensor(mask, device=device)
        ).last_hidden_state
        return [
            lm.model.lm_head(hidden[row, start - 1 : stop - 1]).float().cpu()
            for row, (_, start, stop) in enumerate(rows)
        ]


def _batches(items: Sequence[Any], memory: Memory) -> Iterable[Sequence[Any]]:
    for start in range(0, len(items), memory.batch):
        memory.stop()
        yield items[start : start + memory.batch]


def _canaries(
    lm: LanguageModel, dialogues: Sequence[Dialogue], counts: Counter[str], memory: Memory
) -> dict[str, Any]:
    """Mean exposure per number of times that a canary was trained on."""
    different = {reply: context for context, reply in exchanges(dialogues)}
    if not different:
        return {"reason": NO_CANARIES}
    bits: defaultdict[int, list[float]] = defaultdict(list)
    for reply, context in different.items():
        bits[counts[reply]].append(exposure(lm, (context, reply), memory))
    return {
        "rivals": memory.rivals,
        "most": math.log2(memory.rivals + 1),
        "expected": expected_exposure(memory.rivals),
        "repeats": {
            str(times): {"exposure": sum(found) / len(found), "canaries": len(found)}
            for times, found in sorted(bits.items())
        },
    }


def check_canaries(dialogues: Iterable[Dialogue]) -> None:
    """Refuse a canary without a secret. Raises InputError."""
    for dialogue in dialogues:
        if dialogue.source == CANARY:
            found = exchanges([dialogue])
            if not found or any(sum(map(_DIGITS.__contains__, reply)) < MIN_DIGITS for _, reply in found):
                raise InputError(
                    "A canary (a dialogue whose source is 'canary') must have a therapist turn that answers "
                    f"the client and holds a secret of at least {MIN_DIGITS} digits (0-9)."
                )


def exposure(lm: LanguageModel, canary: Exchange, memory: Memory) -> float:
    """Bits by which the canary stands out among its alternatives; 0 to log2(rivals + 1)."""
    context, reply = canary
    rng = random.Random(f"{memory.seed} {reply}")
    texts = [reply, *(_other_secret(reply, rng) for _ in range(memory.rivals))]
    examples = [_sequence(lm, context, text) for text in texts]
    costs: list[float] = []
    for rows in _batches(examples, memory):
        costs += _log_perplexities(lm, rows)
    rank = 1 + sum(cost <= costs[0] for cost in costs[1:])  # a tie speaks against having learned it
    return math.log2(len(texts)) - math.log2(rank)


def expected_exposure(rivals: int) -> float:
    """Mean exposure of a canary whose rank among ``rivals`` others is left to chance."""
    count = rivals + 1
    return math.log2(count) - sum(math.log2(rank) for rank in range(1, count + 1)) / count


def _other_secret(reply: str, rng: random.Random) -> str:
    """The same sentence with other digits."""
    while True:
        other = "".join(rng.choice(_DIGITS) if letter in _DIGITS else letter for letter in reply)
        if other != reply:
            return other


def _sequence(lm: LanguageModel, context: Dialogue, reply: str) -> Example:
    whole = replace(context, turns=(*context.turns, Turn("therapist", reply)))
    return lm.encoder.example(whole, len(context.turns), _limit(lm))


def _limit(lm: LanguageModel) -> int:
    """Tokens of a sequence, as in training."""
    return min(lm.positions, SftConfig().max_length)


def _log_perplexities(lm: LanguageModel, examples: Sequence[Example]) -> list[float]:
    """Minus the log-probability of each reply's tokens, summed (nats)."""
    rows = [(example, example.loss_from + SLOTS, len(example.ids)) for example in examples]
    return [
        float(torch.nn.functional.cross_entropy(logits, torch.tensor(example.ids[start:]), reduction="sum"))
        for (example, start, _), logits in zip(rows, _logits(lm, rows), strict=True)
    ]

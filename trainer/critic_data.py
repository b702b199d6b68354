"""What the critic learns from: rows of dialogues, and the replies they are told apart from."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch

from trainer.config import CriticConfig
from trainer.critic import Critic
from trainer.dialogue import Dialogue
from trainer.prompt import client_emotion

MISPLACED = ("generic", "off topic", "misses emotion")  # poorer replies that do not belong to their context
OUT_OF_TONE = ("misses emotion", "dismissive", "judgement", "self-focus")
# What a negative example for "belongs" is: the shares of each kind, tried in this order.
ECHO, SAME_DIALOGUE, POORER = 0.08, 0.3, 0.2
GARBLED = 0.3  # share of rows without a poorer reply that get a spoilt copy as one
NOTHING = -100  # index that a cross-entropy passes over
Ids = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One therapist turn after a client turn, encoded; labels are indices or NOTHING."""

    dialogue: int
    context: Ids
    client: Ids  # the client's latest words as if they were a reply
    reply: Ids
    text: str
    emotion: int
    strategy: int
    worse: Ids | None
    reason: str | None


def encode(critic: Critic, dialogues: Iterable[Dialogue]) -> list[Row]:
    """One row per therapist turn that follows a client turn."""
    rows = []
    labels = critic.encoder.labels
    for number, dialogue in enumerate(dialogues):
        for index, turn in enumerate(dialogue.turns):
            if turn.speaker != "therapist" or index == 0 or dialogue.turns[index - 1].speaker != "client":
                continue
            rows.append(
                Row(
                    dialogue=number,
                    context=critic.context_ids(dialogue.cut_at(index)),
                    client=critic.reply_ids(dialogue.turns[index - 1].text),
                    reply=critic.reply_ids(turn.text),
                    text=turn.text,
                    emotion=_index(labels.emotions, client_emotion(dialogue.turns[:index])),
                    strategy=_index(labels.strategies, turn.strategy),
                    worse=None if turn.worse is None else critic.reply_ids(turn.worse.text),
                    reason=None if turn.worse is None else turn.worse.reason,
                )
            )
    return rows


def _index(names: Sequence[str], label: str | None) -> int:
    return names.index(label) if label in names else NOTHING


def labelled_heads(rows: Sequence[Row]) -> frozenset[str]:
    """The heads for which the rows hold labels; a head without any must stay silent."""
    heads = {"belongs"}
    if any(row.emotion != NOTHING for row in rows):
        heads.add("emotion")
    if any(row.strategy != NOTHING for row in rows):
        heads |= {"wanted", "strategy"}
    if any(row.worse is not None for row in rows):
        heads.add("quality")
    if any(row.reason in OUT_OF_TONE for row in rows):
        heads.add("tone")
    return frozenset(heads)


def plan(rows: Sequence[Row], config: CriticConfig) -> list[int]:
    """The order of all epochs, from the seed alone: shuffled, then batches of like length."""
    rng = random.Random(config.seed)
    order: list[int] = []
    for _ in range(config.epochs):
        everyone = rng.sample(range(len(rows)), len(rows))
        block = config.batch * 16
        for start in range(0, len(everyone), block):
            part = sorted(everyone[start : start + block], key=lambda i: len(rows[i].context))
            batches = [part[at : at + config.batch] for at in range(0, len(part), config.batch)]
            rng.shuffle(batches)
            order += [index for batch in batches for index in batch]
    return order


class Negatives:
    """Chooses, for a row, a reply that does not belong to its context."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows
        self._siblings: dict[int, list[Row]] = {}
        for row in rows:
            self._siblings.setdefault(row.dialogue, []).append(row)

    def same_dialogue(self, row: Row, rng: random.Random) -> Ids | None:
        """The professional's reply to another message of the same client: the hard case."""
        others = [other.reply for other in self._siblings[row.dialogue] if other.reply != row.reply]
        return rng.choice(others) if others else None

    def elsewhere(self, row: Row, rng: random.Random) -> Ids:
        """A reply to somebody else; there are at least two dialogues."""
        while (other := rng.choice(self._rows)).dialogue == row.dialogue:
            pass
        return other.reply

    def __call__(self, row: Row, rng: random.Random) -> Ids:
        draw = rng.random()
        if draw < ECHO:
            return row.client
        if draw < ECHO + SAME_DIALOGUE:
            return self.same_dialogue(row, rng) or self.elsewhere(row, rng)
        if draw < ECHO + SAME_DIALOGUE + POORER and row.worse is not None and row.reason in MISPLACED:
            return row.worse
        return self.elsewhere(row, rng)


def garbled(text: str, rng: random.Random) -> str:
    """A spoilt copy as a language model might write it: out of order, a stretch repeated, or cut off."""
    found = text.split()
    kind = rng.randrange(3)
    if kind == 0:
        return " ".join(rng.sample(found, len(found)))
    start = rng.randrange(len(found))
    if kind == 1:
        stretch = found[start : start + rng.randint(2, 5)]
        return " ".join([*found[:start], *stretch * rng.randint(2, 4), *found[start + len(stretch) :]])
    return " ".join(found[: max(1, start)])


@dataclass(frozen=True, slots=True)
class Batch:
    """Right-padded sequences: the B replies first, then their B negatives, then the poorer ones."""

    ids: torch.Tensor  # (N, T)
    slot: torch.Tensor  # (N,)
    end: torch.Tensor  # (N,)
    rows: int  # B
    emotion: torch.Tensor  # (B,)
    strategy: torch.Tensor  # (B,)
    better: torch.Tensor  # row number that each poorer sequence is compared with
    out_of_tone: torch.Tensor  # bool, for each poorer sequence


def collate(critic: Critic, batch: Sequence[Row], negatives: Negatives, rng: random.Random) -> Batch:
    """Sequences of a batch with negatives and poorer replies drawn by ``rng``."""
    pairs = [(row.context, row.reply) for row in batch] + [(r.context, negatives(r, rng)) for r in batch]
    better, tone = [], []
    for number, row in enumerate(batch):
        if row.worse is not None:
            pairs.append((row.context, row.worse))
            better.append(number)
            tone.append(row.reason in OUT_OF_TONE)
        elif "quality" in critic.trained and rng.random() < GARBLED:
            pairs.append((row.context, critic.reply_ids(garbled(row.text, rng))))
            better.append(number)
            tone.append(False)
    ids, slot, end = pad(pairs, critic.encoder.end)
    return Batch(
        ids,
        slot,
        end,
        len(batch),
        torch.tensor([row.emotion for row in batch]),
        torch.tensor([row.strategy for row in batch]),
        torch.tensor(better, dtype=torch.long),
        torch.tensor(tone, dtype=torch.bool),
    )


def pad(pairs: Sequence[tuple[Ids, Ids]], filler: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """(N, T) ids of context and reply, and the (N,) positions of reply slot and end."""
    longest = max(len(context) + len(reply) for context, reply in pairs)
    ids = torch.tensor([[*c, *r, *[filler] * (longest - len(c) - len(r))] for c, r in pairs])
    slot = torch.tensor([len(context) - 1 for context, _ in pairs])
    end = torch.tensor([len(context) + len(reply) - 1 for context, reply in pairs])
    return ids, slot, end

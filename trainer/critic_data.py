"""What the critic learns from: rows of dialogues, and the replies they are told apart from."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch

from trainer.config import CriticConfig
from trainer.critic import Critic, Ids
from trainer.dialogue import Dialogue
from trainer.prompt import client_emotion

MISPLACED = ("generic", "off topic", "misses emotion")  # poorer replies that do not belong to their context
OUT_OF_TONE = ("misses emotion", "dismissive", "judgement", "self-focus")
# What a negative example for "belongs" is: the shares of each kind, tried in this order.
ECHO, SAME_DIALOGUE, POORER = 0.08, 0.3, 0.2
GARBLED = 0.3  # share of rows without a poorer reply that get a spoilt copy as one
NOTHING = -100  # index that a cross-entropy passes over


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
    """B contexts with their replies (see CriticModel.forward).

    The N ends are those of the B replies, then of their B negatives, then of the poorer ones.
    """

    ids: torch.Tensor
    segments: torch.Tensor
    positions: torch.Tensor
    ends: torch.Tensor
    dialogue: torch.Tensor  # (B,) number of the dialogue
    emotion: torch.Tensor  # (B,)
    strategy: torch.Tensor  # (B,)
    better: torch.Tensor  # (N - 2 B,) row whose reply each poorer one is compared with
    out_of_tone: torch.Tensor  # (N - 2 B,) bool

    @property
    def rows(self) -> int:
        return len(self.ids)


def collate(critic: Critic, batch: Sequence[Row], negatives: Negatives, rng: random.Random) -> Batch:
    """A batch with negatives and poorer replies drawn by ``rng``."""
    replies = [[row.reply, negatives(row, rng)] for row in batch]
    better, tone = [], []
    for number, row in enumerate(batch):
        if row.worse is not None:
            replies[number].append(row.worse)
        elif "quality" in critic.trained and rng.random() < GARBLED:
            replies[number].append(critic.reply_ids(garbled(row.text, rng)))
        else:
            continue
        better.append(number)
        tone.append(row.reason in OUT_OF_TONE)
    packed = pack([row.context for row in batch], replies, critic.encoder.end)
    return Batch(
        *packed,
        dialogue=torch.tensor([row.dialogue for row in batch]),
        emotion=torch.tensor([row.emotion for row in batch]),
        strategy=torch.tensor([row.strategy for row in batch]),
        better=torch.tensor(better, dtype=torch.long),
        out_of_tone=torch.tensor(tone, dtype=torch.bool),
    )


def pack(
    contexts: Sequence[Ids], replies: Sequence[Sequence[Ids]], filler: int
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

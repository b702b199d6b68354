"""What the critic learns from: rows of dialogues, and the replies they are told apart from."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.feature_extraction.text import TfidfVectorizer

from trainer.config import CriticConfig
from trainer.critic import Critic, Ids
from trainer.critic_model import LABEL_HEADS
from trainer.dialogue import Dialogue
from trainer.empathy import MECHANISMS
from trainer.packing import pack
from trainer.prompt import client_emotion
from trainer.swaps import misremembered

MISPLACED = ("generic", "off topic", "misses emotion")  # poorer replies that do not belong to their context
OUT_OF_TONE = ("misses emotion", "dismissive", "judgement", "self-focus")
# What a negative example for "belongs" is: the shares of each kind, tried in this order.
ECHO, SAME_DIALOGUE, POORER, SAMPLED, NEAR = 0.08, 0.3, 0.12, 0.15, 0.15
WRONG = 0.5  # before all these, of the rows whose reply takes a person, number or thing from the client
# Shares of rows that get, beside the poorer reply a person wrote for them, a model's or a spoilt copy.
MADE_UP, GARBLED = 0.6, 0.15
NEAREST = 8  # contexts whose replies count as near
BLOCK = 256  # contexts that are compared at once: bounds memory
UNANSWERED = 1.0  # rows without a reply in an epoch, at most, per row with one
NOTHING = -100  # index that a cross-entropy passes over
NO_LEVELS = (NOTHING,) * len(MECHANISMS)


@dataclass(frozen=True, slots=True)
class Row:
    """A client turn and the therapist's answer, encoded; labels are indices or NOTHING.

    Labelled text of one client turn has no answer: ``reply`` is empty, and only the emotion is learned.
    """

    dialogue: int
    context: Ids
    client: Ids  # the client's latest words as if they were a reply
    reply: Ids
    text: str
    emotion: int
    strategy: int
    worse: Ids | None
    reason: str | None
    wrong: Ids | None  # the reply with a person, number or thing mistaken for another
    empathy: tuple[int, ...]  # level of each mechanism

    @property
    def answered(self) -> bool:
        return bool(self.reply)

    def label(self, head: str) -> int:
        """The label that ``head`` should choose."""
        if head in MECHANISMS:
            return self.empathy[MECHANISMS.index(head)]
        return self.emotion if head == "emotion" else self.strategy


def encode(critic: Critic, dialogues: Iterable[Dialogue]) -> list[Row]:
    """One row per therapist turn that follows a client turn, and per labelled text of one client turn."""
    rows = []
    labels = critic.encoder.labels
    for number, dialogue in enumerate(dialogues):
        if len(dialogue.turns) == 1 and dialogue.turns[0].emotion in labels.emotions:
            emotion = labels.emotions.index(dialogue.turns[0].emotion)
            context = critic.context_ids(dialogue)
            rows.append(Row(number, context, (), (), "", emotion, NOTHING, None, None, None, NO_LEVELS))
        for index, turn in enumerate(dialogue.turns):
            if turn.speaker != "therapist" or index == 0 or dialogue.turns[index - 1].speaker != "client":
                continue
            said = " ".join(before.text for before in dialogue.turns[:index])
            wrong = misremembered(turn.text, said, random.Random(f"{dialogue.id}/{index}"))
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
                    wrong=None if wrong is None else critic.reply_ids(wrong),
                    empathy=turn.empathy or NO_LEVELS,
                )
            )
    return rows


def _index(names: Sequence[str], label: str | None) -> int:
    return names.index(label) if label in names else NOTHING


def labelled_heads(rows: Sequence[Row]) -> frozenset[str]:
    """The heads for which the rows hold labels; a head without any must stay silent."""
    heads = {"belongs", "fluent"}
    if any(row.emotion != NOTHING for row in rows):
        heads.add("emotion")
    if any(row.strategy != NOTHING for row in rows):
        heads |= {"wanted", "strategy"}
    if any(row.worse is not None for row in rows):
        heads.add("quality")
    if any(row.reason in OUT_OF_TONE for row in rows):
        heads.add("tone")
    if any(row.empathy != NO_LEVELS for row in rows):
        heads |= set(MECHANISMS)
    return frozenset(heads)


def plan(rows: Sequence[Row], config: CriticConfig) -> list[int]:
    """The order of all epochs, from the seed alone: shuffled, then batches of like length.

    Of the rows without an answer an epoch takes a share, others each time: dialogues stay the main source.
    """
    rng = random.Random(config.seed)
    answered = [index for index, row in enumerate(rows) if row.answered]
    unanswered = [index for index, row in enumerate(rows) if not row.answered]
    some = min(len(unanswered), round(UNANSWERED * len(answered)))
    order: list[int] = []
    for _ in range(config.epochs):
        everyone = answered + rng.sample(unanswered, some)
        rng.shuffle(everyone)
        block = config.batch * 16
        for start in range(0, len(everyone), block):
            part = sorted(everyone[start : start + block], key=lambda i: len(rows[i].context))
            batches = [part[at : at + config.batch] for at in range(0, len(part), config.batch)]
            rng.shuffle(batches)
            order += [index for batch in batches for index in batch]
    return order


class Negatives:
    """Chooses, for a row, a reply that does not belong to its context."""

    def __init__(self, rows: Sequence[Row], made_up: Mapping[Ids, Ids] | None = None) -> None:
        """``rows``: of two dialogues at least; ``made_up``: a language model's reply to some contexts."""
        self._rows = [row for row in rows if row.answered]
        self._made_up = made_up or {}
        self._sampled = list(self._made_up.values())
        self._siblings: dict[int, list[Row]] = {}
        for row in self._rows:
            self._siblings.setdefault(row.dialogue, []).append(row)
        self._near = _nearest(self._rows)

    def same_dialogue(self, row: Row, rng: random.Random) -> Ids | None:
        """The professional's reply to another message of the same client: the hard case."""
        others = [other.reply for other in self._siblings[row.dialogue] if other.reply != row.reply]
        return rng.choice(others) if others else None

    def elsewhere(self, row: Row, rng: random.Random) -> Ids:
        """A reply to somebody else; there are at least two dialogues."""
        while (other := rng.choice(self._rows)).dialogue == row.dialogue:
            pass
        return other.reply

    def near(self, row: Row, rng: random.Random) -> Ids | None:
        """The reply to another client's message that has many words in common with this one."""
        others = self._near.get((row.dialogue, row.context), ())
        return self._rows[rng.choice(others)].reply if others else None

    def sampled(self, rng: random.Random) -> Ids | None:
        """What a model made up, wherever it did."""
        return rng.choice(self._sampled) if self._sampled else None

    def made_up(self, row: Row, rng: random.Random) -> Ids | None:
        """What a model made up for this context (being out of place is no hint then), else for another."""
        return self._made_up.get(row.context) or self.sampled(rng)

    def __call__(self, row: Row, rng: random.Random) -> Ids:
        if row.wrong is not None and rng.random() < WRONG:
            return row.wrong
        draw = rng.random()
        misplaced = row.worse if row.reason in MISPLACED else None
        for share, choose in (
            (ECHO, lambda: row.client),
            (SAME_DIALOGUE, lambda: self.same_dialogue(row, rng)),
            (POORER, lambda: misplaced),
            (SAMPLED, lambda: self.sampled(rng)),
            (NEAR, lambda: self.near(row, rng)),
        ):
            if draw < share:
                return choose() or self.elsewhere(row, rng)
            draw -= share
        return self.elsewhere(row, rng)


def _nearest(rows: Sequence[Row]) -> dict[tuple[int, Ids], list[int]]:
    """For every row, by dialogue and context, the rows of other dialogues with the nearest contexts."""
    vectors = TfidfVectorizer(analyzer=lambda ids: ids, sublinear_tf=True).fit_transform(
        [row.context for row in rows]
    )
    dialogue = np.array([row.dialogue for row in rows])
    found = {}
    for start in range(0, len(rows), BLOCK):
        nearness = (vectors[start : start + BLOCK] @ vectors.T).toarray()
        nearness[dialogue[start : start + BLOCK, None] == dialogue] = -1.0
        order = nearness.argsort(axis=1, kind="stable")[:, ::-1][:, :NEAREST]
        for row, near, places in zip(rows[start : start + BLOCK], nearness, order, strict=True):
            found[row.dialogue, row.context] = [int(place) for place in places if near[place] >= 0]
    return found


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

    The N ends are those of the B replies, then of their B negatives, then of the poorer ones. A row without
    an answer has an end token in the place of either.
    """

    ids: torch.Tensor
    segments: torch.Tensor
    positions: torch.Tensor
    ends: torch.Tensor
    dialogue: torch.Tensor  # (B,) number of the dialogue
    answered: torch.Tensor  # (B,) bool
    labels: dict[str, torch.Tensor]  # (B,) for every head that chooses a label
    better: torch.Tensor  # (N - 2 B,) row whose reply each poorer one is compared with
    out_of_tone: torch.Tensor  # (N - 2 B,) bool
    fluent: torch.Tensor  # (N - 2 B,) bool: poor, but written by a person

    @property
    def rows(self) -> int:
        return len(self.ids)


def collate(critic: Critic, batch: Sequence[Row], negatives: Negatives, rng: random.Random) -> Batch:
    """A batch with negatives and poorer replies drawn by ``rng``."""
    nothing: Ids = (critic.encoder.end,)
    replies = [[row.reply, negatives(row, rng)] if row.answered else [nothing, nothing] for row in batch]
    poorer: list[tuple[int, int, bool, bool]] = []  # place among the row's replies, row, out of tone, fluent
    for number, row in enumerate(batch):
        if row.worse is not None:
            poorer.append((len(replies[number]), number, row.reason in OUT_OF_TONE, True))
            replies[number].append(row.worse)
        draw = rng.random()
        if row.answered and draw < MADE_UP + GARBLED:
            made_up = negatives.made_up(row, rng) if draw < MADE_UP else None
            poorer.append((len(replies[number]), number, False, False))
            replies[number].append(made_up or critic.reply_ids(garbled(row.text, rng)))
    poorer.sort()  # the order in which they are packed
    packed = pack([row.context for row in batch], replies, critic.encoder.end)
    return Batch(
        *packed,
        dialogue=torch.tensor([row.dialogue for row in batch]),
        answered=torch.tensor([row.answered for row in batch]),
        labels={head: torch.tensor([row.label(head) for row in batch]) for head in LABEL_HEADS},
        better=torch.tensor([row for _, row, *_ in poorer], dtype=torch.long),
        out_of_tone=torch.tensor([tone for *_, tone, _ in poorer], dtype=torch.bool),
        fluent=torch.tensor([fluent for *_, fluent in poorer], dtype=torch.bool),
    )

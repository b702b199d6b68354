"""The one sequence the language model reads and writes, token by token.

``<|context|>situation<|client|>...<|therapist|>...<|client|>...<|emotion|>E<|strategy|>S<|reply|>text<|endoftext|>``

Every slot is opened by a token of its own, every label is one token, and text of people is encoded so that
a slot's name typed by a client stays plain text. The prompt ends with ``<|emotion|>``: what follows (emotion,
strategy, reply) is what the model writes and what the loss and the rewards see.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tokenizers import AddedToken, Tokenizer

from trainer.dialogue import Dialogue, Turn

CONTEXT, CLIENT, THERAPIST = "<|context|>", "<|client|>", "<|therapist|>"
EMOTION, STRATEGY, REPLY, END = "<|emotion|>", "<|strategy|>", "<|reply|>", "<|endoftext|>"
SLOT_TOKENS = (END, CONTEXT, CLIENT, THERAPIST, EMOTION, STRATEGY, REPLY)
UNKNOWN = "unknown"  # in the emotion slot: switched off or not labelled; in the strategy slot: not labelled

SITUATION_TOKENS = 64  # at most this much of the prompt goes to the situation
# Longest text that can matter for n tokens: longer strings are cut before encoding, so that time is bounded.
CHARACTERS_PER_TOKEN = 16


@dataclass(frozen=True, slots=True)
class LabelSets:
    """The labels a bundle knows, in the order of its distributions. They belong to the bundle."""

    emotions: tuple[str, ...]
    strategies: tuple[str, ...]

    def tokens(self) -> list[str]:
        """All slot and label tokens, in the order in which they are added to a tokenizer."""
        return [
            *SLOT_TOKENS,
            *(emotion_token(name) for name in (*self.emotions, UNKNOWN)),
            *(strategy_token(name) for name in (*self.strategies, UNKNOWN)),
        ]


AUTHORED_LABELS = LabelSets(
    emotions=("neutral", "joy", "sadness", "depression", "fear", "anger", "disgust", "shame"),
    strategies=(
        "open question",
        "reflection",
        "validation",
        "interpretation",
        "suggestion",
        "information",
        "structuring",
        "other",
    ),
)


def emotion_token(label: str) -> str:
    return f"<|emotion={label}|>"


def strategy_token(label: str) -> str:
    return f"<|strategy={label}|>"


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the model reads. ``ids`` ends with the emotion slot's opening token."""

    ids: tuple[int, ...]
    text: str  # the same, decoded, slots visible
    situation: str  # as far as it was used; "" when unknown
    turns_used: int
    turns_total: int
    truncated: bool  # something of the dialogue was left out

    @property
    def tokens(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Example:
    """A training sequence; ``loss_from`` is the index of the first learned token (the emotion label)."""

    ids: tuple[int, ...]
    loss_from: int

    @property
    def has_reply(self) -> bool:
        """False where the emotion label is all there is to learn."""
        return len(self.ids) > self.loss_from + 1


@dataclass(frozen=True, slots=True)
class Completion:
    """What the model wrote after the prompt; None where the slot was malformed or unknown."""

    emotion: str | None
    strategy: str | None
    reply: str | None
    ended: bool  # the end token was written


class Encoder:
    """A tokenizer with its slots and labels: builds prompts and examples, reads completions."""

    def __init__(self, tokenizer: Tokenizer, labels: LabelSets) -> None:
        """Adds missing slot and label tokens to ``tokenizer`` (resize the model to ``size``)."""
        tokenizer.add_special_tokens(
            [AddedToken(token, special=True, normalized=False) for token in labels.tokens()]
        )
        tokenizer.encode_special_tokens = True  # a client who types "<|reply|>" wrote text, not a slot
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self.tokenizer = tokenizer
        self.labels = labels
        self.size = tokenizer.get_vocab_size(with_added_tokens=True)
        self.end = self.id_of(END)
        self.emotion_slot = self.id_of(EMOTION)
        self.strategy_slot = self.id_of(STRATEGY)
        self.reply_slot = self.id_of(REPLY)
        self.emotion_ids = {name: self.id_of(emotion_token(name)) for name in (*labels.emotions, UNKNOWN)}
        self.strategy_ids = {name: self.id_of(strategy_token(name)) for name in (*labels.strategies, UNKNOWN)}
        self._speakers = {"client": self.id_of(CLIENT), "therapist": self.id_of(THERAPIST)}
        self._context = self.id_of(CONTEXT)
        self.special_ids = frozenset(self.id_of(token) for token in labels.tokens())

    def id_of(self, token: str) -> int:
        """Id of a slot or label token. Raises ValueError when the tokenizer lacks it."""
        number = self.tokenizer.token_to_id(token)
        if number is None:
            raise ValueError(f"tokenizer lacks {token}")
        return int(number)

    def encode(self, text: str) -> list[int]:
        """Plain text to ids; slot names inside it stay text."""
        return list(self.tokenizer.encode(text, add_special_tokens=False).ids)

    def decode(self, ids: Sequence[int]) -> str:
        """Ids to text, slots visible."""
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=False))

    def _head(self, text: str, limit: int) -> tuple[list[int], bool]:
        ids = self.encode(text[: limit * CHARACTERS_PER_TOKEN])
        return ids[:limit], len(ids) > limit or len(text) > limit * CHARACTERS_PER_TOKEN

    def _tail(self, text: str, limit: int) -> tuple[list[int], bool]:
        ids = self.encode(text[-limit * CHARACTERS_PER_TOKEN :])
        return ids[len(ids) - limit if len(ids) > limit else 0 :], (
            len(ids) > limit or len(text) > limit * CHARACTERS_PER_TOKEN
        )

    def prompt(self, dialogue: Dialogue, limit: int) -> Prompt:
        """The prompt of at most ``limit`` tokens for the reply that follows the dialogue's last turn.

        The situation keeps its beginning, then as many of the latest turns as fit; the oldest one used may
        lose its beginning. The cost does not grow with the length of the dialogue.
        """
        situation: list[int] = []
        cut = False
        if dialogue.context:
            situation, cut = self._head(dialogue.context, min(SITUATION_TOKENS, limit // 4))
        room = limit - 1 - (len(situation) + 1 if situation else 0)
        turns: list[list[int]] = []
        for turn in reversed(dialogue.turns):
            if room < 2 or (turns and room < 8):  # a few tokens of an older turn say nothing
                break
            ids, shortened = self._tail(turn.text, room - 1)
            turns.append([self._speakers[turn.speaker], *ids])
            room -= len(turns[-1])
            cut = cut or shortened
        whole = [token for turn_ids in reversed(turns) for token in turn_ids]
        opening = [self._context, *situation] if situation else []
        ids = [*opening, *whole, self.emotion_slot]
        return Prompt(
            ids=tuple(ids),
            text=self.decode(ids),
            situation=self.decode(situation) if situation else "",
            turns_used=len(turns),
            turns_total=len(dialogue.turns),
            truncated=cut or len(turns) < len(dialogue.turns),
        )

    def completion_ids(self, emotion: str | None, strategy: str | None, reply: str) -> list[int]:
        """What the model should write after a prompt: emotion, strategy and reply slots, then the end."""
        return [
            self.emotion_ids.get(emotion or UNKNOWN, self.emotion_ids[UNKNOWN]),
            self.strategy_slot,
            self.strategy_ids.get(strategy or UNKNOWN, self.strategy_ids[UNKNOWN]),
            self.reply_slot,
            *self.encode(reply.strip()),
            self.end,
        ]

    def example(
        self,
        dialogue: Dialogue,
        turn: int,
        limit: int,
        *,
        drop_emotion: bool = False,
        drop_strategy: bool = False,
    ) -> Example:
        """Training sequence for the therapist's turn at index ``turn``, at most ``limit`` tokens.

        The emotion is that of the latest client turn before it. A dropped label is written as "unknown".
        """
        reply = dialogue.turns[turn]
        emotion = None if drop_emotion else client_emotion(dialogue.turns[:turn])
        target = self.completion_ids(emotion, None if drop_strategy else reply.strategy, reply.text)
        target = target[: limit // 2]
        prompt = self.prompt(dialogue.cut_at(turn), limit - len(target))
        return Example((*prompt.ids, *target), len(prompt.ids))

    def emotion_example(self, dialogue: Dialogue, turn: int, limit: int) -> Example | None:
        """Training sequence for the emotion of the client's turn at index ``turn``, without a reply.

        None when the turn has no label that the bundle knows.
        """
        label = dialogue.turns[turn].emotion
        if label not in self.labels.emotions:
            return None
        prompt = self.prompt(dialogue.cut_at(turn + 1), limit - 1)
        return Example((*prompt.ids, self.emotion_ids[label]), len(prompt.ids))

    def parse(self, ids: Sequence[int]) -> Completion:
        """Read what the model wrote after the prompt. Text after a stray slot token is not read."""
        emotions = {number: name for name, number in self.emotion_ids.items()}
        strategies = {number: name for name, number in self.strategy_ids.items()}
        emotion = emotions.get(ids[0]) if ids else None
        strategy = strategies.get(ids[2]) if len(ids) > 2 and ids[1] == self.strategy_slot else None
        if strategy is None or len(ids) < 4 or ids[3] != self.reply_slot:
            return Completion(emotion, strategy, None, False)
        reply: list[int] = []
        for token in ids[4:]:
            if token in self.special_ids:
                return Completion(emotion, strategy, self.decode(reply).strip(), token == self.end)
            reply.append(token)
        return Completion(emotion, strategy, self.decode(reply).strip(), False)


def client_emotion(turns: Sequence[Turn]) -> str | None:
    """The label of the latest client turn, None when it has none."""
    for turn in reversed(turns):
        if turn.speaker == "client":
            return turn.emotion
    return None

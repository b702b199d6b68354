"""Replies that need no model. A score says something only beside what these reach.

The constant and the retrieved replies are chosen on training dialogues, never on the references under test.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sklearn.feature_extraction.text import TfidfVectorizer

from trainer.dialogue import Dialogue, Exchange
from trainer.metrics import rouge

# Bland on purpose: each of them fits nearly every message.
CONSTANTS = (
    "What do you mean?",
    "How does that make you feel?",
    "Can you tell me more about that?",
    "What do you think that is about, and how do you feel about it when you look at it now?",
    "It sounds like that has been really hard for you. Can you tell me a bit more about what that is like?",
    "I'm sorry to hear that. What do you think would help you most right now?",
    "It sounds as though there is a lot on your mind at the moment.",
)
CHOICE_EXCHANGES = 500  # training exchanges on which the best constant is chosen
BLOCK = 64  # contexts that are compared at once: bounds memory
CONTEXT_TURNS = 3  # of which retrieval reads the words


def constant(training: Sequence[Exchange]) -> str:
    """The constant with the highest mean ROUGE-L against training replies (evenly spread, a fixed number)."""
    every = max(1, len(training) // CHOICE_EXCHANGES)
    references = [reply for _, reply in training[::every]]
    return max(CONSTANTS, key=lambda text: rouge([text] * len(references), references)["rougeL"].overall)


def majority(labels: Sequence[str]) -> str:
    """The most frequent label, the first in the alphabet among equals."""
    counts = Counter(labels)
    return min(counts, key=lambda label: (-counts[label], label))


def recent(dialogue: Dialogue) -> str:
    """The words by which contexts are compared: the latest turns, the last one twice."""
    latest = [turn.text for turn in dialogue.turns[-CONTEXT_TURNS:]]
    return " ".join([*latest, latest[-1]])


def retrieved(training: Sequence[Exchange], contexts: Sequence[Dialogue]) -> list[str]:
    """For each context the training reply whose context is nearest in TF-IDF; other dialogues only."""
    vectors = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=1, token_pattern=r"(?u)\b\w+\b")
    known = vectors.fit_transform([recent(dialogue) for dialogue, _ in training])
    found = []
    for start in range(0, len(contexts), BLOCK):
        block = contexts[start : start + BLOCK]
        nearness = (vectors.transform([recent(context) for context in block]) @ known.T).toarray()
        for context, near in zip(block, nearness, strict=True):
            order = near.argsort(kind="stable")[::-1]
            best = next((i for i in order if training[i][0].id != context.id), None)
            found.append("" if best is None else training[best][1])
    return found


def echo(context: Dialogue) -> str:
    """The client's own last words."""
    return context.turns[-1].text

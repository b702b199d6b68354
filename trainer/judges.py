"""Scorers for evaluation alone: other architectures than the critic, never in reward, ranking or stopping.

Context specificity: how often a reply is nearer to its own context than to another one (0.5 = it fits
everything). Strategy and empathy: what a classifier of another kind makes of a reply.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.metrics import cohen_kappa_score, roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import Pipeline, make_pipeline, make_union
from sklearn.preprocessing import normalize
from sklearn.svm import LinearSVC

from trainer.dialogue import Dialogue, Exchange
from trainer.empathy import MECHANISMS, Levels
from trainer.floors import recent

RIVALS = 20  # other contexts that each reply is compared with
WIDTH = 128  # of the shared space
RIDGE = 1.0
MIN_EXCHANGES = 50  # fewer cannot teach a judge anything
TOKENS = r"(?u)\b\w+\b|\?"  # words and question marks
STRENGTH = 0.3  # of the empathy judge's fit; chosen by cross-validation on training dialogues
FOLDS = 5  # of rated sessions, to see how far the judge of quality can be trusted
SAID = 4  # words: shorter answers ("mm-hmm, okay") teach nothing about quality
HIGHEST = (1, 2, 2)  # levels of the mechanisms of empathy
Array = np.ndarray[Any, np.dtype[np.float64]]
Rated = tuple[str, Levels]  # a reply and its levels of empathy


class Specificity:
    """A bi-encoder: contexts and replies are bags of words mapped into one space by ridge regressions.

    The space is the main directions of the training replies; a context is mapped to where its reply lies.
    Words shared by context and reply add their own nearness, as they do in a sentence encoder.
    """

    def __init__(self, training: Sequence[Exchange], seed: int) -> None:
        """Fit on at least ``MIN_EXCHANGES`` exchanges; takes seconds."""
        contexts = [recent(dialogue) for dialogue, _ in training]
        replies = [reply for _, reply in training]
        self._words = TfidfVectorizer(sublinear_tf=True, min_df=2, strip_accents="unicode")
        self._words.fit([*contexts, *replies])
        matrix = self._words.transform(replies)
        width = min(WIDTH, matrix.shape[0], matrix.shape[1] - 1)  # never more than there are rows
        self._space = TruncatedSVD(width, random_state=seed).fit(matrix)
        inputs = self._space.transform(self._words.transform(contexts))
        targets = self._space.transform(matrix)
        gram = inputs.T @ inputs + RIDGE * np.eye(width)
        self._map = np.linalg.solve(gram, inputs.T @ targets)

    def nearness(self, contexts: Sequence[Dialogue], replies: Sequence[str]) -> Array:
        """(contexts, replies) similarities; only comparisons within a column mean something."""
        left = self._words.transform([recent(dialogue) for dialogue in contexts])
        right = self._words.transform(replies)
        shared = (left @ right.T).toarray()
        mapped = normalize(self._space.transform(left) @ self._map)
        learned = mapped @ normalize(self._space.transform(right)).T
        found: Array = learned + shared
        return found

    def judge(self, contexts: Sequence[Dialogue], replies: Sequence[str], seed: int) -> list[float | None]:
        """For each reply the share of rival contexts (of other dialogues) that it is further from; ties half.

        None where there is no other dialogue to compare with.
        """
        nearness = self.nearness(contexts, replies)
        ids = np.array([dialogue.id for dialogue in contexts])
        rng = np.random.default_rng(seed)
        found: list[float | None] = []
        for number in range(len(replies)):
            others = np.flatnonzero(ids != ids[number])
            if not len(others):
                found.append(None)
                continue
            rivals = nearness[rng.choice(others, size=min(RIVALS, len(others)), replace=False), number]
            own = nearness[number, number]
            found.append(float(((own > rivals) + 0.5 * (own == rivals)).mean()))
        return found


class StrategyJudge:
    """TF-IDF and logistic regression by stochastic gradient: a reply's strategy from its words alone."""

    def __init__(self, replies: Sequence[str], strategies: Sequence[str], seed: int) -> None:
        """Fit on labelled training replies of at least two strategies."""
        self._pipeline = make_pipeline(
            TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=2, token_pattern=TOKENS),
            SGDClassifier(loss="log_loss", alpha=1e-5, class_weight="balanced", random_state=seed),
        ).fit(replies, strategies)

    def strategies(self, replies: Sequence[str]) -> list[str]:
        return [str(label) for label in self._pipeline.predict(replies)]


class EmpathyJudge:
    """Support vectors on words and runs of characters: a reply's levels of empathy from its text alone."""

    def __init__(self, rated: Sequence[Rated]) -> None:
        """Fit on rated training replies that ``can_teach``; takes seconds."""
        replies = [text for text, _ in rated]
        words = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 3), min_df=2, token_pattern=TOKENS)
        characters = TfidfVectorizer(sublinear_tf=True, ngram_range=(2, 5), min_df=2, analyzer="char_wb")
        self._text = make_union(words, characters).fit(replies)
        matrix = self._text.transform(replies)
        truth = np.array([merged(levels) for _, levels in rated])
        self._readers = [
            LinearSVC(C=STRENGTH, class_weight="balanced", random_state=0).fit(matrix, column)
            for column in truth.T
        ]

    def levels(self, replies: Sequence[str]) -> Array:
        """(N, 3) levels of reaction (0 or 1), interpretation and exploration (0 to 2)."""
        matrix = self._text.transform(replies)
        return np.stack([reader.predict(matrix) for reader in self._readers], axis=1).astype(np.float64)

    def judge(self, replies: Sequence[str]) -> list[float]:
        """Mean of the three levels, each as a share of its highest; in [0, 1]."""
        return [float(share) for share in (self.levels(replies) / HIGHEST).mean(axis=1)]

    def agreement(self, rated: Sequence[Rated]) -> dict[str, dict[str, float]]:
        """How far it agrees with ratings it never saw, by mechanism.

        ``accuracy`` beside its ``floor``, always the commonest level; ``kappa``: linearly weighted, 0 by
        chance and 1 when it always agrees. {} without ratings.
        """
        if not rated:
            return {}
        truth = np.array([merged(levels) for _, levels in rated])
        said = self.levels([text for text, _ in rated]).astype(int)
        found = {}
        for name, true, mine in zip(MECHANISMS, truth.T, said.T, strict=True):
            kappa = cohen_kappa_score(true, mine, weights="linear") if len({*true, *mine}) > 1 else 0.0
            found[name] = {
                "n": len(true),
                "accuracy": float((true == mine).mean()),
                "floor": float(np.bincount(true).max() / len(true)),
                "kappa": float(kappa),
            }
        return found


class QualityJudge:
    """TF-IDF and logistic regression: would this reply rather be said in a session that experts rated high?

    AnnoMI (Wu et al. 2022) rates whole sessions of motivational interviewing as high or low. The reader
    learns from their replies, which say little each, and is checked on sessions that it did not learn from.
    """

    def __init__(self, sessions: Sequence[Dialogue], seed: int) -> None:
        """Fit on sessions that ``can_rate``, passing over those without a rating; takes seconds."""
        replies, high, session = _rated_replies(sessions)
        self._reader = _quality_reader(seed).fit(replies, high)
        self.agreement = _quality_agreement(replies, high, session, seed)

    def judge(self, replies: Sequence[str]) -> list[float]:
        """Probability, in [0, 1], of a session rated high, both kinds being as frequent."""
        return [float(share) for share in self._reader.predict_proba(replies)[:, 1]]


def can_rate(sessions: Sequence[Dialogue]) -> bool:
    """Whether these sessions can teach a judge of quality and check it: enough, and of both kinds."""
    replies, high, session = _rated_replies(sessions)
    kinds = [
        len({name for name, good in zip(session, high, strict=True) if good is kind})
        for kind in (True, False)
    ]
    return len(replies) >= MIN_EXCHANGES and min(kinds) >= FOLDS


def _rated_replies(sessions: Sequence[Dialogue]) -> tuple[list[str], list[bool], list[str]]:
    """Therapists' replies of rated sessions: text, whether the session was rated high, its id."""
    rows = [
        (turn.text, dialogue.quality == "high", dialogue.id)
        for dialogue in sessions
        if dialogue.quality is not None
        for turn in dialogue.turns
        if turn.speaker == "therapist" and len(turn.text.split()) >= SAID
    ]
    return [text for text, *_ in rows], [high for _, high, _ in rows], [name for *_, name in rows]


def _quality_reader(seed: int) -> Pipeline:
    return make_pipeline(
        TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=2, token_pattern=TOKENS),
        LogisticRegression(class_weight="balanced", max_iter=1000, random_state=seed),
    )


def _quality_agreement(
    replies: Sequence[str], high: Sequence[bool], session: Sequence[str], seed: int
) -> dict[str, float]:
    """How readers of the same kind know sessions they never saw: AUC by reply and session (chance .5)."""
    texts, truth, names = np.array(replies, dtype=object), np.array(high), np.array(session)
    said = np.zeros(len(texts))
    for learned, unseen in StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed).split(
        texts, truth, names
    ):
        reader = _quality_reader(seed).fit(texts[learned], truth[learned])
        said[unseen] = reader.predict_proba(texts[unseen])[:, 1]
    every = sorted(set(session))
    mean = [float(said[names == name].mean()) for name in every]
    rated = [bool(truth[names == name][0]) for name in every]
    return {
        "replies": len(texts),
        "sessions": len(every),
        "low": len(every) - sum(rated),
        "auc_reply": float(roc_auc_score(truth, said)),
        "auc_session": float(roc_auc_score(rated, mean)),
    }


def can_teach(rated: Sequence[Rated]) -> bool:
    """Whether these ratings can teach a judge of empathy: enough, with two levels of every mechanism."""
    columns = zip(*(merged(levels) for _, levels in rated), strict=True)
    return len(rated) >= MIN_EXCHANGES and all(len(set(column)) > 1 for column in columns)


def merged(levels: Levels) -> Levels:
    """Strong reactions count as reactions: they are too rare to be told apart (resources/labels)."""
    return (min(levels[0], HIGHEST[0]), levels[1], levels[2])

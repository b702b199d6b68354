from __future__ import annotations

import random

import numpy as np
import torch
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from tests.trainer.conftest import tiny_tokenizer
from trainer.dialogue import Dialogue, Turn
from trainer.prompt import AUTHORED_LABELS, Encoder
from trainer.words import WordReader, context_parts, reply_parts

SIZE = 12


def rows(count: int = 60) -> tuple[list[tuple[frozenset[int], ...]], list[int]]:
    """Texts of two parts; the label is told by one word of the first part."""
    rng = random.Random(1)
    labels = [number % 3 for number in range(count)]
    made = [
        (frozenset({label, *rng.sample(range(3, SIZE), 3)}), frozenset(rng.sample(range(SIZE), 2)))
        for label in labels
    ]
    return made, labels


def fitted() -> WordReader:
    texts, labels = rows()
    reader = WordReader(SIZE, (1.0, 0.5), {"told": 4, "never": 2})
    reader.learn_words(texts)
    reader.fit("told", texts, labels, balanced=True)
    return reader


def test_a_word_that_tells_the_label_is_learned() -> None:
    texts, labels = rows()
    assert fitted()(texts)["told"].argmax(dim=-1).tolist() == labels


def test_logits_are_those_of_the_library() -> None:
    texts, labels = rows()
    reader = fitted()
    matrix = np.zeros((len(texts), 2 * SIZE))
    for row, parts in enumerate(texts):
        for part, (tokens, share) in enumerate(zip(parts, (1.0, 0.5), strict=True)):
            places = [part * SIZE + token for token in tokens]
            values = reader.idf[places].double().numpy()
            matrix[row, places] = share * values / np.linalg.norm(values)
    library = LogisticRegression(C=2.0, max_iter=300, class_weight="balanced").fit(csr_matrix(matrix), labels)
    made = reader(texts)["told"][:, :3].double().numpy()
    assert np.allclose(made, library.decision_function(matrix), atol=1e-4)


def test_a_label_that_was_never_seen_is_never_the_likeliest() -> None:
    texts, _ = rows()
    assert 3 not in fitted()(texts)["told"].argmax(dim=-1).tolist()


def test_two_labels_and_one_label_are_no_special_case_for_the_caller() -> None:
    texts, labels = rows()
    reader = WordReader(SIZE, (1.0, 0.5), {"told": 3})
    reader.learn_words(texts)
    reader.fit("told", texts, [1] * len(texts), balanced=False)
    assert not reader(texts)["told"].any()
    two = [0 if label == 0 else 2 for label in labels]
    reader.fit("told", texts, two, balanced=False)
    assert reader(texts)["told"].argmax(dim=-1).tolist() == two


def test_empty_and_unknown_texts_are_read() -> None:
    empty: tuple[frozenset[int], ...] = (frozenset(), frozenset())
    reader = fitted()
    assert torch.isfinite(reader([empty, (frozenset({1}), frozenset())])["told"]).all()


def test_parts_of_a_context_are_told_apart() -> None:
    encoder = Encoder(tiny_tokenizer(), AUTHORED_LABELS)
    turns = (Turn("client", "work"), Turn("therapist", "worries"), Turn("client", "plate"))
    ids = encoder.prompt(Dialogue("d", "test", "march", turns), 64).ids
    parts = context_parts(ids, encoder)
    told = ["".join(sorted(encoder.decode(sorted(part)))) for part in parts]
    assert told == [
        "".join(sorted(encoder.decode(sorted(set(encoder.encode(text))))))
        for text in ("march", "plate", "work", "worries")
    ]
    assert reply_parts((*encoder.encode("plate"), encoder.end), encoder) == (set(encoder.encode("plate")),)

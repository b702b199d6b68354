"""What single words tell: logistic regression on TF-IDF. The floor of the critic's heads, and a part of them.

With a few thousand labelled turns, weights of single tokens are hard to beat: every head that reads a label
is reported beside this reader, and answers with a mixture of both (see ``Critic.words_share``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from torch import nn
from torch.nn import functional

from trainer.prompt import CLIENT, THERAPIST, Encoder

# Parts of a context and what a word in each counts; chosen by cross-validation on training dialogues.
SITUATION, MESSAGE, EARLIER, THERAPISTS = range(4)
CONTEXT_PARTS = (0.7, 1.0, 0.5, 0.3)
REPLY_PARTS = (1.0,)
STRENGTH = 2.0  # inverse of the regularisation
RARE = 2  # words of fewer texts count nothing
Parts = tuple[frozenset[int], ...]


def context_parts(ids: Sequence[int], encoder: Encoder) -> Parts:
    """Token ids of the situation, the client's latest turn, earlier ones, and the therapist's."""
    client, therapist = encoder.id_of(CLIENT), encoder.id_of(THERAPIST)
    latest = max((place for place, token in enumerate(ids) if token == client), default=-1)
    found: tuple[set[int], ...] = (set(), set(), set(), set())
    part = SITUATION if ids and ids[0] not in (client, therapist) else EARLIER
    for place, token in enumerate(ids):
        if token == client:
            part = MESSAGE if place == latest else EARLIER
        elif token == therapist:
            part = THERAPISTS
        elif token not in encoder.special_ids:
            found[part].add(token)
    return tuple(frozenset(one) for one in found)


def reply_parts(ids: Sequence[int], encoder: Encoder) -> Parts:
    """Token ids of a reply."""
    return (frozenset(ids) - encoder.special_ids,)


class WordReader(nn.Module):
    """One logistic regression per head on the same parts of a text; fitted at once, never by gradient."""

    idf: torch.Tensor

    def __init__(self, size: int, parts: Sequence[float], outputs: Mapping[str, int]) -> None:
        """``size``: of the vocabulary; ``parts``: what a word in each part counts."""
        super().__init__()
        self._size, self._parts, self._heads = size, tuple(parts), tuple(outputs)
        self.register_buffer("idf", torch.zeros(len(parts) * size))
        for name, count in outputs.items():
            self.register_buffer(f"{name}_weight", torch.zeros(len(parts) * size, count))
            self.register_buffer(f"{name}_bias", torch.zeros(count))

    def learn_words(self, rows: Sequence[Parts]) -> None:
        """Inverse document frequencies of every part."""
        counts = np.zeros(len(self.idf))
        for row in rows:
            counts[self._places(row)] += 1
        idf = np.log((1 + len(rows)) / (1 + counts)) + 1
        self.idf.copy_(torch.from_numpy(np.where(counts < RARE, 0.0, idf)))

    def fit(self, head: str, rows: Sequence[Parts], labels: Sequence[int], balanced: bool) -> None:
        """Fit ``head`` on its labelled rows; it stays at zero when they all have one label."""
        seen = sorted(set(labels))
        if len(seen) < 2:
            return
        indices, values, starts = self._cells(rows)
        matrix = csr_matrix((values, indices, [*starts, len(indices)]), shape=(len(rows), len(self.idf)))
        weights = "balanced" if balanced else None
        made = LogisticRegression(C=STRENGTH, max_iter=300, class_weight=weights).fit(matrix, labels)
        coefficients, intercepts = made.coef_, made.intercept_
        if len(seen) == 2:  # the library keeps one row for two labels
            coefficients = np.concatenate([-coefficients / 2, coefficients / 2])
            intercepts = np.concatenate([-intercepts / 2, intercepts / 2])
        weight, bias = self.get_buffer(f"{head}_weight"), self.get_buffer(f"{head}_bias")
        weight[:, seen] = torch.from_numpy(coefficients.T).to(weight.dtype)
        bias.fill_(float(intercepts.min()) - 2.0)  # a label that was never seen is unlikely
        bias[seen] = torch.from_numpy(intercepts).to(bias.dtype)

    def forward(self, rows: Sequence[Parts]) -> dict[str, torch.Tensor]:
        """Logits (N, outputs) of every head."""
        indices, values, starts = self._cells(rows)
        places = (torch.from_numpy(indices), torch.tensor(starts))
        shares = torch.from_numpy(values).float()

        def read(head: str) -> torch.Tensor:
            weight = self.get_buffer(f"{head}_weight")
            summed = functional.embedding_bag(
                places[0], weight, places[1], mode="sum", per_sample_weights=shares
            )
            return summed + self.get_buffer(f"{head}_bias")

        return {head: read(head) for head in self._heads}

    def _places(self, row: Parts) -> list[int]:
        return [part * self._size + token for part, tokens in enumerate(row) for token in sorted(tokens)]

    def _cells(self, rows: Iterable[Parts]) -> tuple[Any, Any, list[int]]:
        """Sparse rows: places, their values (each part has unit length), and where every row starts."""
        idf = self.idf.double().numpy()
        indices, values, starts, count = [], [], [], 0
        for row in rows:
            starts.append(count)
            for part, tokens in enumerate(row):
                places = np.array(sorted(tokens), dtype=np.int64) + part * self._size
                length = np.linalg.norm(idf[places])
                indices.append(places)
                values.append(idf[places] * (self._parts[part] / length if length else 0.0))
                count += len(places)
        if not indices:
            return np.zeros(0, np.int64), np.zeros(0), starts
        return np.concatenate(indices), np.concatenate(values), starts

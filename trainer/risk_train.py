"""Training the learned half of the risk screen: ``python -m trainer.risk_train DATA_ROOT``.

Reads ``authored`` and ``counsel_chat`` below DATA_ROOT and ``resources/risk/extra.jsonl``, writes
``resources/risk/model.safetensors`` and prints its digest (to be pinned in trainer/config.py) and figures.
Dangerous messages are the positive examples; negatives are harmless look-alikes, turns of ordinary dialogues
and the questions of Counsel Chat, and every passage of theirs. The threshold comes from cross-validation: of
the unlabelled messages that the lexicon leaves alone, EXTRA_ALARMS are flagged. ``--held-out`` prints the
figures of the tenth that trains nothing too; it is for the end, when everything is chosen.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from trainer.config import InputError, resources_dir
from trainer.data import held_out
from trainer.risk import lexicon_file
from trainer.risk_lexicon import Lexicon
from trainer.risk_model import (
    BUCKETS,
    SMOOTHING,
    Buckets,
    Floats,
    RiskModel,
    features,
    likely_categories,
    parse_model,
    sentences,
    windows,
)
from trainer.risk_tables import Judged, table, trade_off

FOLDS = 5
PENALTY = 10.0  # scikit-learn's C
PASSAGES = 0.5  # weight of all passages of a harmless message together; the message itself weighs 1
EXTRA_ALARMS = 0.0075  # with the lexicon 2.4 % of ordinary turns; at 0.015 7.3 % of ESConv's turns were hits
ORDINARY, QUESTION = "ordinary", "question"  # unlabelled: harmless unless the lexicon objects
# Dialogues left out of the negatives: a reader would want them looked at.
NOT_ORDINARY = {
    "w2-053": "more of a strong painkiller than prescribed",
    "w6-050": "sees her baby fall down the stairs whenever she carries it",
}


@dataclass(frozen=True, slots=True)
class Message:
    """A client message; ``kind``: direct, indirect, none (look-alike), dialogue, ordinary or question.

    ``group`` stays on one side of every split; ``lexicon``: the categories that the phrases find.
    """

    file: str
    group: str
    text: str
    labels: frozenset[str]
    kind: str
    lexicon: frozenset[str]
    sentences: tuple[Buckets, ...]

    @property
    def harmless(self) -> bool:
        """An unlabelled message that the lexicon leaves alone."""
        return self.kind in (ORDINARY, QUESTION) and not self.lexicon

    @property
    def fold(self) -> int:
        return int(hashlib.sha256(f"fold {self.group}".encode()).hexdigest(), 16) % FOLDS


def opening(text: str) -> str:
    """The first six words: minimal pairs share them."""
    return " ".join(text.split()[:6])


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    try:
        data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        lines = data.decode("utf8").splitlines()
    except (OSError, EOFError) as error:
        raise InputError(f"{file.name}: cannot be read ({type(error).__name__}).") from None
    for number, line in enumerate(lines, start=1):
        try:
            yield json.loads(line)
        except ValueError:
            raise InputError(f"{file.name}, line {number}: not valid JSON.") from None


def _packed(file: Path) -> Path:
    """The file, or its compressed twin where only that is there."""
    twin = file.with_name(file.name + ".gz")
    return twin if twin.is_file() and not file.is_file() else file


def _questions(file: Path) -> Iterator[dict[str, Any]]:
    """Questions of Counsel Chat, each once: plain American messages, which the authored ones are not."""
    seen: set[str] = set()
    for row in _rows(file):
        text = row["turns"][0]["text"]
        if text not in seen:
            seen.add(text)
            yield row


def read_messages(root: Path, extra: Path, lexicon: Lexicon) -> tuple[list[Message], list[Message]]:
    """Messages to learn from, and the held-out tenth. Raises InputError."""
    folder = root / "authored"
    dialogues = sorted(file for pattern in ("w*.jsonl*", "p[1-7].jsonl*") for file in folder.glob(pattern))
    if not dialogues:
        raise InputError(f"{root.name}: there is no folder 'authored' with dialogues w*.jsonl[.gz] in it.")
    made: tuple[list[Message], list[Message]] = ([], [])

    def add(file: Path, group: str, text: str, labels: Sequence[str], kind: str) -> None:
        tokens = lexicon.tokens(text)
        found = tuple(features([t.word for t in tokens[a:b]]) for a, b in sentences(tokens))
        if found:
            hits = frozenset(lexicon.hits(tokens))
            made[held_out(group)].append(
                Message(file.name, group, text, frozenset(labels), kind, hits, found)
            )

    for file in (_packed(folder / "risk.jsonl"), extra):
        for row in _rows(file):
            add(file, opening(row["text"]), row["text"], row["labels"], row["directness"])
    questions = root / "counsel_chat" / "train.jsonl.gz"
    for row in _questions(questions):
        add(questions, row["id"], row["turns"][0]["text"], (), QUESTION)
    for file in (_packed(folder / "risk_dialogues.jsonl"), *dialogues):
        kind = "dialogue" if file.name.startswith("risk") else ORDINARY
        for row in _rows(file):
            for turn in row["turns"] if row["id"] not in NOT_ORDINARY else ():
                if turn["speaker"] == "client":
                    add(file, row["id"], turn["text"], turn.get("risk") or (), kind)
    return made


def fit(messages: Sequence[Message], categories: Sequence[str], cut: float = 0.0) -> bytes:
    """The artefact's bytes: 8-bit weights, so that the last bits of a sum on another machine do not show."""
    learned = [m for m in messages if m.harmless or m.kind not in (ORDINARY, QUESTION)]
    bags = [np.concatenate(m.sentences) for m in learned]
    idf = _idf(bags)
    labels = [m.labels for m in learned]
    weight = [1.0] * len(learned)
    for message in learned:
        passages = [w for w in windows(len(message.sentences)) if w[1] - w[0] < len(message.sentences)]
        if not message.labels:
            bags.extend(np.concatenate(message.sentences[a:b]) for a, b in passages)
            labels.extend([frozenset()] * len(passages))
            weight.extend([PASSAGES / len(message.sentences)] * len(passages))
    table = _matrix(bags, idf)
    names = np.array([[*(name in found for name in categories), bool(found)] for found in labels])
    weights = np.zeros((len(categories) + 1, BUCKETS))
    bias = np.full(len(categories) + 1, -20.0)  # a category without examples is never named
    for index in np.flatnonzero(names.any(0)):
        model = LogisticRegression(C=PENALTY, solver="liblinear", random_state=0, max_iter=200)
        model.fit(table, names[:, index], sample_weight=weight)
        weights[index], bias[index] = model.coef_[0], model.intercept_[0]
    scale = np.maximum(np.abs(weights).max(1), 1e-9) / 127
    made: bytes = save(
        {
            "weights": np.round(weights / scale[:, None]).astype(np.int8),
            "scale": np.round(scale, 5).astype(np.float32),
            "bias": np.round(bias, 3).astype(np.float32),
            "idf": idf.astype(np.float16),
            "cut": np.array([cut], np.float32),
        }
    )
    return made


def _idf(bags: Sequence[Buckets]) -> Floats:
    """Rarity of every feature; 0 for what occurs in one message only."""
    seen = np.zeros(BUCKETS)
    for bag in bags:
        seen[np.unique(bag)] += 1
    rarity = np.log((1 + len(bags)) / (1 + seen)) + 1
    rarity[seen < 2] = 0
    return np.asarray(rarity.astype(np.float16), np.float64)


def _matrix(bags: Sequence[Buckets], idf: Floats) -> Any:
    """(messages, BUCKETS), scaled as trainer/risk_model.py scores them."""
    values = [idf[bag] / np.sqrt((idf[bag] ** 2).sum() + SMOOTHING) for bag in bags]
    ends = np.cumsum([0, *(len(bag) for bag in bags)])
    made = csr_matrix((np.concatenate(values), np.concatenate(bags), ends), shape=(len(bags), BUCKETS))
    made.sum_duplicates()
    return made


def scores(model: RiskModel, messages: Sequence[Message]) -> Floats:
    """(messages, outputs): the highest score of each message's passages."""
    return np.array([model.scores(message.sentences).best for message in messages])


def cross_validated(messages: Sequence[Message], categories: Sequence[str]) -> Floats:
    """Scores of every message by a model that saw nothing of its group."""
    folds = np.array([message.fold for message in messages])
    made = np.zeros((len(messages), len(categories) + 1))
    for fold in range(FOLDS):
        others = [m for m, own in zip(messages, folds, strict=True) if own != fold]
        chosen = np.flatnonzero(folds == fold)
        if len(chosen):
            model = parse_model(fit(others, categories), categories)
            made[chosen] = scores(model, [messages[i] for i in chosen.tolist()])
    return made


def threshold(messages: Sequence[Message], found: Floats, alarms: float = EXTRA_ALARMS) -> float:
    """The score that ``alarms`` (a share) of the ordinary turns without a lexicon hit exceed."""
    ordinary = np.array([m.harmless for m in messages])
    if not ordinary.any():
        raise InputError("authored: there are no ordinary client turns to set the threshold by.")
    return float(np.round(np.quantile(found[ordinary, -1], 1 - alarms, method="higher"), 3))


def judged(messages: Sequence[Message], found: Floats, cut: float, categories: Sequence[str]) -> list[Judged]:
    """What each half says about every message, for the tables."""
    return [
        Judged(m.labels, m.kind, m.lexicon, frozenset(_named(row, cut, categories)), float(row[-1]))
        for m, row in zip(messages, found, strict=True)
    ]


def _named(best: Floats, cut: float, categories: Sequence[str]) -> list[str]:
    named = zip(categories, likely_categories(best), strict=True)
    return [name for name, yes in named if yes and best[-1] >= cut]


def train(root: Path, extra: Path, out: Path, *, look: bool = False) -> str:
    """Make the artefact and return the figures as text. Raises InputError."""
    lexicon = Lexicon(lexicon_file())
    messages, apart = read_messages(root, extra, lexicon)
    found = cross_validated(messages, lexicon.categories)
    cut = threshold(messages, found)
    data = fit(messages, lexicon.categories, cut)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(data)
    parts = [f"sha256 {hashlib.sha256(data).hexdigest()}  threshold {cut}"]
    every = judged(messages, found, cut, lexicon.categories)
    parts += [table("cross-validation", every, lexicon.categories), trade_off(every)]
    if look:
        model = parse_model(data, lexicon.categories)
        rest = judged(apart, scores(model, apart), cut, lexicon.categories)
        authored = [one for one, m in zip(rest, apart, strict=True) if m.file.startswith("risk.jsonl")]
        parts.append(table("held out, authored/risk.jsonl", authored, lexicon.categories))
        parts.append(table("held out, all", rest, lexicon.categories))
    return "\n\n".join(parts)


def main() -> int:
    """Exit code 2 and one sentence for input that cannot be used."""
    folder = resources_dir() / "risk"
    command = argparse.ArgumentParser(prog="python -m trainer.risk_train", allow_abbrev=False)
    command.add_argument("data_root", type=Path, help="the folder that holds the folder 'authored'")
    command.add_argument("--extra", type=Path, default=folder / "extra.jsonl")
    command.add_argument("--out", type=Path, default=folder / "model.safetensors")
    command.add_argument(
        "--held-out", action="store_true", help="also print the figures of the held-out tenth"
    )
    given = command.parse_args()
    try:
        print(train(given.data_root, given.extra, given.out, look=given.held_out))
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())

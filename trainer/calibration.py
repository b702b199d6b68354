"""How sure the model is of the client's emotion: a temperature and a threshold, fitted on held-out rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from trainer.bundle import LanguageModel
from trainer.data import calibration, held_out
from trainer.dialogue import Dialogue
from trainer.prompt import Prompt, client_emotion

MIN_ROWS = 20  # with fewer labelled rows a fit would be noise
WANTED_ACCURACY = 0.6  # of the emotions that are named; the rest are shown as "unsure"
MOST_UNSURE = 0.5  # share of rows that may be "unsure" for the sake of that
_BINS = 10


@dataclass(frozen=True, slots=True)
class Calibration:
    """``temperature`` divides the logits; below ``threshold`` the emotion is "unsure"."""

    temperature: float
    threshold: float


@torch.no_grad()
def emotion_logits(lm: LanguageModel, prompts: Sequence[Prompt], batch: int = 16) -> torch.Tensor:
    """(N, labels) logits of the bundle's emotion labels at each prompt's emotion slot, on the processor."""
    ids = [lm.encoder.emotion_ids[name] for name in lm.encoder.labels.emotions]
    rows = []
    for start in range(0, len(prompts), batch):
        part = [prompt.ids for prompt in prompts[start : start + batch]]
        longest = max(map(len, part))
        padded = torch.tensor([[*row, *[lm.encoder.end] * (longest - len(row))] for row in part])
        lengths = torch.tensor([len(row) for row in part])
        mask = torch.arange(longest) < lengths[:, None]
        device = lm.model.device
        hidden = lm.model.transformer(padded.to(device), attention_mask=mask.to(device)).last_hidden_state
        at_slot = hidden[torch.arange(len(part)), lengths.to(device) - 1]
        rows.append(lm.model.lm_head(at_slot)[:, ids].float().cpu())
    return torch.cat(rows)


def fit(logits: torch.Tensor, labels: torch.Tensor) -> Calibration:
    """Temperature of least surprise, then the lowest threshold whose named emotions are right often enough.

    Args:
        logits: (N, labels).
        labels: (N,) indices of the annotated emotions.
    """
    grid = torch.exp(torch.linspace(np.log(0.25), np.log(8.0), 141))
    surprise = [float(torch.nn.functional.cross_entropy(logits / t, labels)) for t in grid]
    temperature = float(grid[int(np.argmin(surprise))])
    confidence, predicted = torch.softmax(logits / temperature, dim=-1).max(dim=-1)
    order = confidence.argsort(descending=True)
    right = (predicted == labels)[order].double()
    accuracy = right.cumsum(0) / torch.arange(1, len(right) + 1)  # when naming only the surest k
    fewest = max(1, round(len(right) * (1 - MOST_UNSURE)))
    enough = [k for k in range(fewest, len(right) + 1) if accuracy[k - 1] >= WANTED_ACCURACY]
    named = max(enough, default=fewest)
    threshold = 0.0 if named == len(right) else float(confidence[order][named - 1])
    return Calibration(round(temperature, 4), round(threshold, 4))


def scores(logits: torch.Tensor, labels: torch.Tensor, calibration: Calibration) -> dict[str, float]:
    """Accuracy, macro-F1, expected calibration error and the majority floor, all in [0, 1]."""
    confidence, predicted = torch.softmax(logits / calibration.temperature, dim=-1).max(dim=-1)
    right = (predicted == labels).double()
    named = confidence >= calibration.threshold
    counts = torch.bincount(labels, minlength=logits.shape[1])
    return {
        "emotion_accuracy": float(right.mean()),
        "emotion_macro_f1": macro_f1(predicted, labels),
        "emotion_ece": _ece(confidence.double(), right),
        "emotion_majority": float(counts.max()) / len(labels),
        "emotion_abstention": float((~named).double().mean()),
        "emotion_accuracy_answered": float(right[named].mean()) if bool(named.any()) else 0.0,
    }


def macro_f1(predicted: torch.Tensor, labels: torch.Tensor) -> float:
    """Mean F1 over the labels that occur."""
    found = []
    for label in labels.unique():
        hits = int(((predicted == label) & (labels == label)).sum())
        found.append(2 * hits / int((predicted == label).sum() + (labels == label).sum()))
    return float(np.mean(found))


def _ece(confidence: torch.Tensor, right: torch.Tensor) -> float:
    """Gap between confidence and accuracy, weighted over ten equal-width bins of confidence."""
    bins = (confidence * _BINS).long().clamp(max=_BINS - 1)
    gaps = [
        abs(float(confidence[bins == b].mean() - right[bins == b].mean())) * int((bins == b).sum())
        for b in bins.unique()
    ]
    return sum(gaps) / len(right)


def calibrate(lm: LanguageModel, dialogues: list[Dialogue], metrics: dict[str, float]) -> dict[str, Any]:
    """Fit on the calibration tenth, measure on the validation tenth (added to ``metrics``), for meta.json.

    With too few labelled rows the base's values are kept.
    """
    found = Calibration(lm.emotion_temperature, lm.emotion_threshold)
    logits, labels = _labelled(lm, [d for d in dialogues if calibration(d.id)])
    if len(labels) >= MIN_ROWS:
        found = fit(logits, labels)
    logits, labels = _labelled(lm, [d for d in dialogues if held_out(d.id)])
    if len(labels):
        metrics |= scores(logits, labels, found)
    return {"emotion_temperature": found.temperature, "emotion_threshold": found.threshold}


def _labelled(lm: LanguageModel, dialogues: list[Dialogue]) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits (N, labels) and labels (N,) at every labelled client turn that a therapist answers."""
    names = lm.encoder.labels.emotions
    prompts, labels = [], []
    for dialogue in dialogues:
        for index, turn in enumerate(dialogue.turns):
            emotion = client_emotion(dialogue.turns[:index])
            if turn.speaker == "therapist" and emotion in names:
                prompts.append(lm.encoder.prompt(dialogue.cut_at(index), lm.positions // 2))
                labels.append(names.index(emotion))
    if not prompts:
        return torch.empty(0, len(names)), torch.empty(0, dtype=torch.long)
    return emotion_logits(lm, prompts), torch.tensor(labels)

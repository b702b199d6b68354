"""Does a figure tell a draft that makes sense from one that does not? Against resources/labels.

For every rated candidate: what the sense reader finds, the model's likelihood (mean nats per token at
temperature 1), the critic's reward, and as floors its length and chance. AUC is the share of pairs of one
that makes sense and one that does not which the figure orders rightly: over all pairs, and within one
message.
"""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from trainer.bundle import SENSE_WEIGHTS, LanguageModel, load_model
from trainer.config import starter_dir
from trainer.critic import Critic
from trainer.data import calibration, held_out
from trainer.desk import assurance, desk_prompt
from trainer.dialogue import Dialogue
from trainer.run import read_data
from trainer.scoring import Scorer
from trainer.sense import SenseReader

ROOT = Path(__file__).parents[2] / "resources"
Row = dict[str, Any]


def measure(model: Path | None) -> dict[str, Any]:
    """AUC of every figure, overall and within a message, for messages that trained the model and others."""
    folder = model or starter_dir()
    lm, scorer = load_model(folder), Scorer(Critic.load(folder))
    dialogues = {
        d.id: d
        for file in sorted((ROOT / "authored").glob("[pw]?.jsonl.gz"))
        for d in read_data(file, None).dialogues
    }
    rows = [row for file in sorted((ROOT / "labels").glob("sense*.jsonl*")) for row in _rows(file)]
    reader = SenseReader.load(folder, lm) if lm.manifest and SENSE_WEIGHTS in lm.manifest.files else None
    moments: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for row in rows:
        moments[row["id"], row["turn"]].append(row)
    for (name, turn), candidates in moments.items():
        dialogue = dialogues[name].cut_at(turn)
        replies = [row["reply"] for row in candidates]
        likely = likelihoods(lm, dialogue, replies, [row["strategy"] for row in candidates])
        plain = scorer.score(dialogue, replies)
        senses: Sequence[float | None] = [None] * len(replies)
        if reader is not None:
            senses = reader.read(dialogue, replies)
        sures = [assurance(one, lm.likelihood, sense) for one, sense in zip(likely, senses, strict=True)]
        sure = scorer.score(dialogue, replies, sures)
        for row, one, sense, before, after in zip(candidates, likely, senses, plain, sure, strict=True):
            row["likelihood"], row["length"] = one, -len(row["reply"].split())
            row["sense reader"] = 0.0 if sense is None else sense
            row["critic alone"], row["as at the desk"] = scorer.total(before, True), scorer.total(after, True)
    unseen = [row for row in rows if held_out(row["id"]) or calibration(row["id"])]
    trained = [row for row in rows if not (held_out(row["id"]) or calibration(row["id"]))]
    return {"trained on these messages": _figures(trained), "never saw them": _figures(unseen)}


def _rows(file: Path) -> list[Row]:
    """The ratings of a file, but not what a reader wrote itself."""
    data = file.read_bytes()
    text = gzip.decompress(data) if file.suffix == ".gz" else data
    rows = [json.loads(line) for line in text.decode().splitlines()]
    return [row for row in rows if row["model"] != "written"]


@torch.inference_mode()
def likelihoods(
    lm: LanguageModel, dialogue: Dialogue, replies: Sequence[str], strategies: Sequence[str]
) -> list[float]:
    """Mean log-probability of the tokens of each reply, its end included, after the slots of the desk."""
    encoder, prompt = lm.encoder, desk_prompt(lm, dialogue)
    labels = list(encoder.emotion_ids.values())
    slot = lm.model(torch.tensor([prompt.ids])).logits[0, -1]
    emotion = max(labels, key=lambda label: float(slot[label]))
    found = []
    for reply, strategy in zip(replies, strategies, strict=True):
        text = [*encoder.encode(reply), encoder.end]
        opening = [emotion, encoder.strategy_slot, encoder.strategy_ids[strategy], encoder.reply_slot]
        before = [*prompt.ids, *opening]
        logs = torch.log_softmax(lm.model(torch.tensor([before + text])).logits[0].float(), dim=-1)
        places = torch.arange(len(before) - 1, len(before) + len(text) - 1)
        found.append(float(logs[places, torch.tensor(text)].mean()))
    return found


def _figures(rows: Sequence[Row]) -> dict[str, Any]:
    names = ("as at the desk", "sense reader", "likelihood", "critic alone", "length")
    made: dict[str, Any] = {
        "candidates": len(rows),
        "share that makes sense, at least after an edit": round(_share(rows), 3),
    }
    for name in names:
        made[name] = {
            "auc": auc(rows, lambda row, n=name: row[n]),  # type: ignore[misc]
            "within a message": _within(rows, name),
            "share among the best of each message": round(_share(_best(rows, name)), 3),
        }
    return made


def auc(rows: Sequence[Row], figure: Callable[[Row], float]) -> float | None:
    """Share of (sense, nonsense) pairs in the right order; ties count half; None without pairs."""
    good = [figure(row) for row in rows if row["sense"]]
    poor = [figure(row) for row in rows if not row["sense"]]
    right = sum((one > other) + (one == other) / 2 for one in good for other in poor)
    return round(right / (len(good) * len(poor)), 3) if good and poor else None


def _within(rows: Sequence[Row], name: str) -> float | None:
    pairs = right = 0.0
    for group in _groups(rows):
        for one in group:
            for other in group:
                if one["sense"] and not other["sense"]:
                    pairs += 1
                    right += (one[name] > other[name]) + (one[name] == other[name]) / 2
    return round(right / pairs, 3) if pairs else None


def _best(rows: Sequence[Row], name: str) -> list[Row]:
    return [max(group, key=lambda row: float(row[name])) for group in _groups(rows)]


def _groups(rows: Sequence[Row]) -> list[list[Row]]:
    made: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for row in rows:
        made[row["id"], row["turn"]].append(row)
    return list(made.values())


def _share(rows: Sequence[Row]) -> float:
    return sum(bool(row["sense"]) for row in rows) / max(len(rows), 1)

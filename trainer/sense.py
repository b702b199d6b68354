"""Whether a reply makes sense where it stands: the model's own layers, taught by rated replies.

A language model's likelihood and a critic's few layers hardly tell who did what to whom. The reader is the
whole model with low-rank adapters (E. Hu et al., "LoRA", 2021) and one linear layer at the end of the reply,
so it costs a bundle two megabytes and the desk one more reading of the candidates.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import nn
from transformers.pytorch_utils import Conv1D

from trainer.bundle import (
    SENSE_CONFIG,
    SENSE_WEIGHTS,
    BundleError,
    LanguageModel,
    read_json,
    read_tensors,
)
from trainer.dialogue import Dialogue
from trainer.packing import pack, seen
from trainer.quantise import can_quantise, quantise_layers
from trainer.ratings import LEVELS
from trainer.sealed import Folder

MAX_CONTEXT = 320  # tokens of the dialogue
MAX_REPLY = 96  # tokens of a reply
FORMAT = 1
MAX_RANK = 256
Ids = tuple[int, ...]


class LowRank(nn.Module):
    """A frozen linear layer with a trained change of low rank beside it; at first it changes nothing."""

    def __init__(self, layer: Conv1D, rank: int) -> None:
        super().__init__()
        given, made = layer.weight.shape
        self.layer = layer.requires_grad_(False)
        self.down = nn.Parameter(torch.randn(given, rank) / given**0.5)
        self.up = nn.Parameter(torch.zeros(rank, made))

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        """(..., in) -> (..., out)."""
        made: torch.Tensor = self.layer(given) + (given @ self.down) @ self.up
        return made

    @torch.no_grad()
    def merged(self) -> Conv1D:
        """The layer with the change added to its weights."""
        layer = copy.deepcopy(self.layer)
        layer.weight += self.down @ self.up
        return layer


class SenseModel(nn.Module):
    """A model's transformer, frozen but for adapters, and the head."""

    def __init__(self, lm: LanguageModel, rank: int) -> None:
        """``lm`` stays as it is."""
        super().__init__()
        self.backbone = copy.deepcopy(lm.model.transformer).requires_grad_(False)
        self.backbone.set_attn_implementation("sdpa")
        for part, name, layer in self._layers(Conv1D):
            setattr(part, name, LowRank(layer, rank))
        self.head = nn.Linear(lm.model.config.n_embd, LEVELS - 1)

    def _layers(self, kind: type[nn.Module]) -> list[tuple[nn.Module, str, Any]]:
        """Where the blocks hold layers of a kind: the module, the name in it, the layer."""
        return [
            (part, name, layer)
            for block in self.backbone.h
            for part in (block.attn, block.mlp)
            for name, layer in part.named_children()
            if isinstance(layer, kind)
        ]

    def learned(self) -> dict[str, torch.Tensor]:
        """What training changes: adapters and head."""
        return {name: p for name, p in self.named_parameters() if p.requires_grad}

    def merge(self) -> None:
        """Put the adapters into the weights, in eight bits where the processor can, for reading only."""
        for part, name, layer in self._layers(LowRank):
            setattr(part, name, layer.merged())
        if can_quantise():
            quantise_layers(self.backbone)

    def forward(
        self, ids: torch.Tensor, segments: torch.Tensor, positions: torch.Tensor, ends: torch.Tensor
    ) -> torch.Tensor:
        """(N, LEVELS - 1) logits that a rating is at least 1, at least 2, ...; arguments of ``pack``."""
        visible = seen(segments)
        hidden = self.backbone(ids, attention_mask=visible, position_ids=positions).last_hidden_state
        made: torch.Tensor = self.head(hidden[ends[:, 0], ends[:, 1]])
        return made


@dataclass(frozen=True, slots=True)
class SenseReader:
    """A trained reader together with the model that it stands on."""

    model: SenseModel
    lm: LanguageModel
    rank: int
    report: dict[str, Any] = field(default_factory=dict)  # held-out figures and their floors
    meta: dict[str, Any] = field(default_factory=dict)

    def context_ids(self, dialogue: Dialogue) -> Ids:
        """What is read of the dialogue before a reply."""
        room = self.lm.positions - MAX_REPLY
        return self.lm.encoder.prompt(dialogue, min(MAX_CONTEXT, room)).ids

    def reply_ids(self, reply: str) -> Ids:
        """The reply as the model writes it, emotion and strategy left open, the end token last."""
        ids = self.lm.encoder.completion_ids(None, None, reply)
        return (*ids[:-1][: MAX_REPLY - 1], ids[-1])

    @torch.inference_mode()
    def read(self, dialogue: Dialogue, replies: Sequence[str]) -> list[float]:
        """How much sense each reply makes after the dialogue: its expected rating over the highest one."""
        if not replies:
            return []
        packed = pack([self.context_ids(dialogue)], [list(map(self.reply_ids, replies))], self.lm.encoder.end)
        return [float(chance) for chance in self.model(*packed).sigmoid().mean(dim=-1)]

    def save(self, folder: Folder) -> None:
        """Write the adapters in float16 and what belongs to them."""
        value = {
            "format": FORMAT,
            "rank": self.rank,
            "model_sha256": self.lm.sha256,
            "report": self.report,
            "meta": self.meta,
        }
        state = {
            name: t.detach().to("cpu", torch.float16).contiguous() for name, t in self.model.learned().items()
        }
        folder.write(SENSE_WEIGHTS, safetensors.torch.save(state, metadata={"format": "pt"}))
        folder.write(SENSE_CONFIG, json.dumps(value, ensure_ascii=False).encode())

    @classmethod
    def load(cls, path: Path, lm: LanguageModel, key: bytes | None = None) -> SenseReader:
        """Load and check the reader in a folder or bundle; ``lm``: the model that it was trained on.

        With a run key, a folder without a plain ``sense.json`` is read sealed. Raises InputError.
        """
        folder = sense_folder(path, key)
        if not folder.exists(SENSE_CONFIG):
            raise BundleError(f"{path.name}: there is no sense reader here ({SENSE_CONFIG} is missing).")
        value = read_json(folder, SENSE_CONFIG)
        where = f"{path.name}: {SENSE_CONFIG}"
        rank = value.get("rank")
        if value.get("format") != FORMAT or not isinstance(rank, int) or not 0 < rank <= MAX_RANK:
            raise BundleError(f"{where} was written by another version of the program, or is damaged.")
        bundled = lm.manifest is not None and SENSE_WEIGHTS in lm.manifest.files
        if not bundled and value.get("model_sha256") != lm.sha256:
            raise BundleError(
                f"{path.name}: this sense reader was trained on another model; train one on this model."
            )
        model = SenseModel(lm, rank)
        tensors = read_tensors(folder, SENSE_WEIGHTS)
        learned = model.learned()
        if {name: t.shape for name, t in tensors.items()} != {name: t.shape for name, t in learned.items()}:
            raise BundleError(f"{path.name}: {SENSE_WEIGHTS} does not fit the model.")
        model.load_state_dict(tensors, strict=False)
        return cls(model.eval(), lm, rank, value.get("report") or {}, value.get("meta") or {})


def sense_folder(path: Path, key: bytes | None) -> Folder:
    """A reader's folder or a bundle; with a run key it is sealed unless its ``sense.json`` is plain."""
    return Folder(path, None if (path / SENSE_CONFIG).is_file() else key)

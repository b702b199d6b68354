"""GPT-2 on mixed sources of running text, one pass over as much of it as the time allows.

From scratch with an own byte-level BPE, or on from a model with its tokenizer: more of the same text, or
another field's (S. Gururangan et al., "Don't stop pretraining", 2020). The schedule is warm-up, constant,
then linear to zero over the last ``decay`` part, which is also when the final mix (counselling up-weighted)
and the full window come in.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import math
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GPT2Config, GPT2LMHeadModel

from trainer.bundle import LanguageModel, load_model, save_model
from trainer.checkpoint import require_finite
from trainer.config import InputError, PretrainConfig
from trainer.data import Document, documents, source_files, sources
from trainer.optim import Muon
from trainer.prompt import AUTHORED_LABELS, CLIENT, CONTEXT, THERAPIST, Encoder
from trainer.sealed import Folder

TOKENIZER_CHARACTERS = 40_000_000  # text the tokenizer is trained on
CHARACTERS_PER_TOKEN = 5  # more than in truth, so that a drawn part is rather too large than too small
CHECKPOINT = "pretrain.ckpt"
Emit = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Mix:
    """Token arrays per source and the two sets of weights by which windows are drawn from them."""

    tokens: dict[str, np.ndarray]
    main: dict[str, float]
    final: dict[str, float]


def train_tokenizer(texts: Iterator[str], size: int) -> Tokenizer:
    """Byte-level BPE with room left for the slot and label tokens; ``size`` counts everything."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size - len(AUTHORED_LABELS.tokens()),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def document_ids(encoder: Encoder, document: Document) -> list[int]:
    """A document in the slots of the prompt; running text and many-voiced talk as lines."""
    slots = {"client": encoder.id_of(CLIENT), "therapist": encoder.id_of(THERAPIST)}
    ids: list[int] = []
    if document.situation:
        ids += [encoder.id_of(CONTEXT), *encoder.encode(document.situation)]
    for speaker, text in document.parts:
        ids += [slots[speaker], *encoder.encode(text)] if speaker else encoder.encode(text + "\n")
    return [*ids, encoder.end]


def _tokenizer_texts(root: Path, names: list[str]) -> Iterator[str]:
    """An equal share of characters from every source."""
    for name in names:
        left = TOKENIZER_CHARACTERS // len(names)
        for document in documents(root, name):
            text = "\n".join(text for _, text in document.parts)
            yield text
            left -= len(text)
            if left < 0:
                break


def _read_tokens(root: Path, name: str, encoder: Encoder, limit: int, seed: int) -> np.ndarray:
    """Up to ``limit`` tokens of a source; 16 bits hold every id of a vocabulary below 65,536.

    Of a source that holds more, documents are drawn by the seed, so that a run that goes on reads others.
    """
    size = sum(len(text) for document in documents(root, name) for _, text in document.parts)
    share = limit * CHARACTERS_PER_TOKEN / max(size, 1)
    rng = random.Random(f"{seed}/{name}")
    ids: list[int] = []
    for document in documents(root, name):
        if rng.random() < share:
            ids += document_ids(encoder, document)
        if len(ids) >= limit:
            break
    return np.array(ids, dtype=np.uint16)


def read_mix(root: Path, encoder: Encoder, config: PretrainConfig, total: int) -> Mix:
    """Encode as much of every source as its share of ``total`` tokens can use."""
    weights = [_shares(config.mix), _shares(config.final_mix or config.mix)]
    tokens = {}
    for name in {**config.mix, **config.final_mix}:
        share = weights[0].get(name, 0) * (1 - config.decay) + weights[1].get(name, 0) * config.decay
        limit = int(share * total * 1.1) + config.positions
        tokens[name] = _read_tokens(root, name, encoder, limit, config.seed)
        if len(tokens[name]) <= config.positions:
            raise InputError(f"source {name!r} holds less than one window of {config.positions} tokens.")
    return Mix(tokens, weights[0], weights[1])


def _shares(weights: dict[str, float]) -> dict[str, float]:
    whole = sum(weights.values())
    return {name: weight / whole for name, weight in weights.items()}


def batch_at(mix: Mix, step: int, *, final: bool, window: int, rows: int, seed: int) -> torch.Tensor:
    """A step's (rows, window + 1) ids. It depends on (seed, step) alone, so a resumed run goes on."""
    weights = mix.final if final else mix.main
    rng = np.random.default_rng((seed, step))
    names = rng.choice(list(weights), size=rows, p=list(weights.values()))
    picked = []
    for name in names:
        source = mix.tokens[name]
        start = int(rng.integers(0, len(source) - window))
        picked.append(source[start : start + window + 1].astype(np.int64))
    return torch.from_numpy(np.stack(picked))


def learning_rate_factor(progress: float, config: PretrainConfig) -> float:
    """Warm-up, plateau, linear decay to zero; ``progress`` in [0, 1]."""
    if progress < config.warmup:
        return progress / config.warmup
    return min(1.0, max(0.0, 1 - progress) / config.decay)


def _optimizers(model: GPT2LMHeadModel, config: PretrainConfig) -> list[torch.optim.Optimizer]:
    matrices = [p for name, p in model.named_parameters() if p.ndim == 2 and ".h." in name]
    ids = {id(p) for p in matrices}
    rest = [p for p in model.parameters() if id(p) not in ids]
    return [
        Muon(matrices, lr=config.matrix_learning_rate, weight_decay=0.01),
        torch.optim.AdamW(rest, lr=config.learning_rate, betas=(0.9, 0.95), weight_decay=0.0, fused=True),
    ]


def precision() -> torch.dtype:
    """bfloat16 where the processor has instructions for it (emulated, it is five times slower)."""
    if torch.cuda.is_available():
        return torch.bfloat16
    fast = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return torch.bfloat16 if fast else torch.float32


def _source_entries(root: Path, names: list[str]) -> list[dict[str, Any]]:
    """What was read, for the manifest: id, digest of the files, licence, rows."""
    table, _ = sources()
    entries = []
    for name in sorted(names):
        sha, rows = hashlib.sha256(), 0
        for file in source_files(root, name):
            sha.update(file.read_bytes())
        rows = sum(1 for _ in documents(root, name))
        entries.append({"id": name, "sha256": sha.hexdigest(), "licence": table[name].licence, "rows": rows})
    return entries


def new_model(config: PretrainConfig, vocabulary: int) -> GPT2LMHeadModel:
    """A model of the settings' shape, its weights drawn from their seed."""
    torch.manual_seed(config.seed)
    shape = GPT2Config(
        n_layer=config.layers,
        n_embd=config.width,
        n_head=config.heads,
        n_positions=config.positions,
        vocab_size=vocabulary,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        bos_token_id=None,
        eos_token_id=None,
    )
    return GPT2LMHeadModel(shape)


class Run:
    """Model, optimisers and clock of a pre-training run, saved and restored as one blob."""

    def __init__(self, config: PretrainConfig, model: GPT2LMHeadModel, base: str | None = None) -> None:
        """``base``: digest of the weights that ``model`` starts from, None for fresh ones."""
        self.config = config
        self.settings = json.dumps(asdict(config) | {"base_sha256": base}, sort_keys=True)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model = model.to(self.device).eval()  # one pass needs no dropout
        self.model.config.use_cache = False
        self.optimizers = _optimizers(self.model, config)
        self.step = 0
        self.kept: int | None = None  # step of the newest checkpoint
        self.seconds = 0.0
        forward = self._loss
        self.forward = torch.compile(forward, dynamic=False) if config.compile else forward

    def _loss(self, ids: torch.Tensor) -> torch.Tensor:
        hidden = self.model.transformer(ids[:, :-1]).last_hidden_state
        logits = self.model.lm_head(hidden)
        return torch.nn.functional.cross_entropy(logits.flatten(0, 1).float(), ids[:, 1:].flatten())

    @property
    def progress(self) -> float:
        by_step = self.step / self.config.steps
        return max(by_step, self.seconds / 60 / self.config.minutes) if self.config.minutes else by_step

    def train_step(self, mix: Mix) -> float:
        """One update; returns the loss in nats per token. Raises Diverged, the weights as they were."""
        began = time.monotonic()
        config = self.config
        final = self.progress > 1 - config.decay
        window = config.positions if final else config.window
        rows = max(1, config.batch * config.window // window)
        ids = batch_at(mix, self.step, final=final, window=window, rows=rows, seed=config.seed)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=precision() is torch.bfloat16):
            loss = self.forward(ids.to(self.device))
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        require_finite(float(norm), self.step + 1, self.kept)
        factor = learning_rate_factor(self.progress, config)
        for optimizer, rate in zip(
            self.optimizers, (config.matrix_learning_rate, config.learning_rate), strict=True
        ):
            for group in optimizer.param_groups:
                group["lr"] = rate * factor
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.step += 1
        self.seconds += time.monotonic() - began
        return float(loss.detach())

    def blob(self) -> bytes:
        buffer = io.BytesIO()
        torch.save(
            {
                "model": self.model.state_dict(),
                "optimizers": [o.state_dict() for o in self.optimizers],
                "step": self.step,
                "seconds": self.seconds,
                "settings": self.settings,
            },
            buffer,
        )
        return buffer.getvalue()

    def restore(self, blob: bytes) -> None:
        state = torch.load(io.BytesIO(blob), weights_only=True, map_location=self.device)
        if state.get("settings") != self.settings:
            raise InputError("--resume: the settings or the model differ from those of the run so far.")
        self.model.load_state_dict(state["model"])
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self.step, self.seconds = state["step"], state["seconds"]
        self.kept = self.step


def _tokenizer(folder: Folder, root: Path, config: PretrainConfig) -> Encoder:
    """The run's tokenizer, trained once and kept with the checkpoint."""
    name = "run-tokenizer.json"
    if folder.exists(name):
        tokenizer = Tokenizer.from_str(folder.read(name).decode())
    else:
        names = sorted({**config.mix, **config.final_mix})
        tokenizer = train_tokenizer(_tokenizer_texts(root, names), config.vocab_size)
        folder.write(name, tokenizer.to_str().encode())
    return Encoder(tokenizer, AUTHORED_LABELS)


def pretrain(
    config: PretrainConfig,
    folder: Folder,
    emit: Emit,
    should_stop: Callable[[], bool],
    *,
    base: Path | None = None,
    resume: bool = False,
) -> bool:
    """Train and write the model to ``folder``. Returns False when stopped early (a checkpoint is kept).

    With ``base``, a model's folder, training goes on from its weights, in its shape and with its tokenizer.
    Raises InputError.
    """
    torch.set_num_threads(config.threads)
    root = Path(config.data_root)
    if not config.data_root or not root.is_dir():
        raise InputError("data_root: name the folder that holds the sources (--set data_root=DIR).")
    if not config.mix:
        raise InputError("mix: name the sources and their weights ([pretrain.mix] in the recipe).")
    lm = None if base is None else load_model(base)
    if lm is not None and max(config.positions, config.window) > lm.positions:
        raise InputError(f"positions, window: the base model reads {lm.positions} tokens at most.")
    encoder = _tokenizer(folder, root, config) if lm is None else lm.encoder
    run = Run(config, new_model(config, encoder.size)) if lm is None else Run(config, lm.model, lm.sha256)
    if resume and folder.exists(CHECKPOINT):
        run.restore(folder.read(CHECKPOINT))
    mix = read_mix(root, encoder, config, config.steps * config.batch * config.window)
    emit("started", command="pretrain", total=config.steps, resumed_from=run.step)
    losses: list[float] = []
    for _ in itertools.count():
        if run.progress >= 1 or should_stop():
            break
        losses.append(run.train_step(mix))
        if run.step % 10 == 0:
            _report(run, losses[-10:], emit)
        if run.step % config.checkpoint_every == 0:
            folder.write(CHECKPOINT, run.blob())
            run.kept = run.step
            emit("checkpoint", step=run.step)
    if run.progress < 1:
        folder.write(CHECKPOINT, run.blob())
        emit("cancelled", step=run.step)
        return False
    _finish(run, encoder, lm, root, folder, losses)
    emit("done", out=folder.path.name, metrics={"loss": float(np.mean(losses[-100:]))})
    return True


def _report(run: Run, losses: list[float], emit: Emit) -> None:
    left = run.seconds / run.progress * (1 - run.progress)
    loss = float(np.mean(losses))
    metrics = {
        "loss": loss,
        "perplexity": math.exp(min(loss, 20.0)),
        "tokens_per_second": run.step * run.config.batch * run.config.window / run.seconds,
    }
    emit("step", step=run.step, total=run.config.steps, metrics=metrics, seconds_left=left)


def _finish(
    run: Run, encoder: Encoder, lm: LanguageModel | None, root: Path, folder: Folder, losses: list[float]
) -> None:
    config = run.config
    run.model.config.use_cache = True
    read = _source_entries(root, [*config.mix, *config.final_mix])
    known = {entry["sha256"] for entry in read}
    earlier = [] if lm is None else [entry for entry in lm.sources if entry["sha256"] not in known]
    meta = {
        "command": "pretrain",
        "config": asdict(config) | {"data_root": root.name},
        "seed": config.seed,
        "versions": {"torch": torch.__version__},
        "base_sha256": None if lm is None else lm.sha256,
        "sources": earlier + read,
        "metrics": {"loss": float(np.mean(losses[-100:])), "steps": run.step, "minutes": run.seconds / 60},
    }
    save_model(folder, run.model.to("cpu"), encoder, meta)

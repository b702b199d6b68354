"""GPT-2 on mixed sources of running text, one pass over as much of it as the time allows.

From scratch with an own byte-level BPE, or on from a model with its tokenizer: more of the same text, or
another field's (S. Gururangan et al., "Don't stop pretraining", 2020). The schedule is warm-up, constant,
then linear to zero over the last ``decay`` part, which is also when the final mix (counselling up-weighted)
and the full window come in.
"""

from __future__ import annotations

import copy
import hashlib
import itertools
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

from trainer.attention import CAUSAL
from trainer.bundle import LanguageModel, load_model, save_model
from trainer.checkpoint import RUN_TOKENIZER, Checkpoints, require_finite
from trainer.config import InputError, PretrainConfig
from trainer.data import Document, documents, source_files, sources
from trainer.head_loss import head_loss
from trainer.optim import Muon
from trainer.prompt import AUTHORED_LABELS, CLIENT, CONTEXT, THERAPIST, Encoder
from trainer.run import fingerprint
from trainer.sealed import Folder

TOKENIZER_CHARACTERS = 40_000_000  # text the tokenizer is trained on
CHARACTERS_PER_TOKEN = 5  # more than in truth, so that a drawn part is rather too large than too small
SHOWN, RECENT = 10, 100  # steps over which the loss is averaged: in the events, in the result
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
        Muon(
            matrices,
            lr=config.matrix_learning_rate,
            weight_decay=config.weight_decay,
            precision=precision(),
        ),
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


def grow(model: GPT2LMHeadModel, layers: int) -> None:
    """Add blocks in place, evenly, until there are ``layers``; what the model computes stays the same.

    A new block is a copy of the one before it whose output projections are zero: it passes its input on until
    it has learned better (T. Chen, I. Goodfellow, J. Shlens, "Net2Net", 2016; zeros as in H. Zhang,
    Y. Dauphin, T. Ma, "Fixup Initialization", 2019). Raises InputError where nothing would be added.
    """
    blocks = model.transformer.h
    if layers <= len(blocks):
        raise InputError(
            f"grow_to: the base model has {len(blocks)} layers already; name more or leave it out."
        )
    grown, before = [], -1
    for index in range(layers):
        source = index * len(blocks) // layers
        block = blocks[source]
        if source == before:
            block = copy.deepcopy(block)
            for projection in (block.attn.c_proj, block.mlp.c_proj):
                torch.nn.init.zeros_(projection.weight)
                torch.nn.init.zeros_(projection.bias)
        block.attn.layer_idx = index
        grown.append(block)
        before = source
    model.transformer.h = torch.nn.ModuleList(grown)
    model.config.n_layer = layers


class Run:
    """Model, optimisers, clock and latest losses of a pre-training run, saved and restored together."""

    def __init__(self, config: PretrainConfig, model: GPT2LMHeadModel) -> None:
        self.config = config
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model = model.to(self.device).eval()  # one pass needs no dropout
        self.model.config.use_cache = False
        # On a processor plain products are faster than the fused kernel.
        self.model.set_attn_implementation("eager" if self.device.type == "cpu" else CAUSAL)
        self.optimizers = _optimizers(self.model, config)
        self.step = 0
        self.kept: int | None = None  # step of the newest checkpoint
        self.seconds = 0.0
        self.losses: list[float] = []  # of the latest steps
        self.read = torch.compile(self._read, dynamic=False) if config.compile else self._read

    def _read(self, ids: torch.Tensor) -> torch.Tensor:
        hidden: torch.Tensor = self.model.transformer(ids).last_hidden_state
        return hidden.flatten(0, 1).to(precision())

    def _loss(self, ids: torch.Tensor) -> torch.Tensor:
        return head_loss(self.read(ids[:, :-1]), self.model.lm_head.weight, ids[:, 1:].flatten())

    @property
    def progress(self) -> float:
        by_step = self.step / self.config.steps
        return max(by_step, self.seconds / 60 / self.config.minutes) if self.config.minutes else by_step

    def train_step(self, mix: Mix) -> None:
        """One update; notes the loss in nats per token. Raises Diverged, the weights as they were."""
        began = time.monotonic()
        config = self.config
        final = self.progress > 1 - config.decay
        window = config.positions if final else config.window
        rows = max(1, config.batch * config.window // window)
        ids = batch_at(mix, self.step, final=final, window=window, rows=rows, seed=config.seed)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=precision() is torch.bfloat16):
            loss = self._loss(ids.to(self.device))
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
        self.losses = [*self.losses, float(loss.detach())][-RECENT:]

    def save(self, checkpoints: Checkpoints, emit: Emit) -> None:
        """Write a checkpoint of the step just done. Raises InputError when the disk refuses it."""
        state = {
            "model": self.model.state_dict(),
            "optimizers": [o.state_dict() for o in self.optimizers],
            "seconds": self.seconds,
            "losses": self.losses,
        }
        checkpoints.save(self.step, state)
        self.kept = self.step
        emit("checkpoint", step=self.step)

    def restore(self, step: int, state: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.model.load_state_dict(state["model"])
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self.step = self.kept = step
        self.seconds, self.losses = state["seconds"], state["losses"]


def _tokenizer(folder: Folder, root: Path, config: PretrainConfig) -> Encoder:
    """The run's tokenizer, trained once and kept with the checkpoint."""
    if folder.exists(RUN_TOKENIZER):
        tokenizer = Tokenizer.from_str(folder.read(RUN_TOKENIZER).decode())
    else:
        names = sorted({**config.mix, **config.final_mix})
        tokenizer = train_tokenizer(_tokenizer_texts(root, names), config.vocab_size)
        folder.write(RUN_TOKENIZER, tokenizer.to_str().encode())
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

    With ``base``, a model's folder, training goes on from its weights, with its tokenizer and in its shape
    (deeper with ``grow_to``).
    Raises InputError.
    """
    torch.set_num_threads(config.threads)
    root = Path(config.data_root)
    if not config.data_root or not root.is_dir():
        raise InputError("data_root: name the folder that holds the sources (--set data_root=DIR).")
    if not any(config.mix.values()) or (config.final_mix and not any(config.final_mix.values())):
        raise InputError("mix: name the sources and their weights ([pretrain.mix] in the recipe).")
    if config.width % config.heads:
        raise InputError("width: must be a multiple of heads.")
    if config.window > config.positions:
        raise InputError("window: must not be above positions.")
    lm = None if base is None else load_model(base)
    if lm is not None and config.positions > lm.positions:
        raise InputError(f"positions: the base model reads {lm.positions} tokens at most.")
    if config.grow_to:
        if lm is None:
            raise InputError("grow_to: goes with --model, the model that grows.")
        grow(lm.model, config.grow_to)
    encoder = _tokenizer(folder, root, config) if lm is None else lm.encoder
    run = Run(config, new_model(config, encoder.size) if lm is None else lm.model)
    checkpoints = Checkpoints(folder, fingerprint("pretrain", config, lm.sha256 if lm else ""))
    if resume and (found := checkpoints.load()) is not None:
        run.restore(*found)
    mix = read_mix(root, encoder, config, config.steps * config.batch * config.window)
    emit("started", command="pretrain", total=config.steps, resumed_from=run.step)
    for _ in itertools.count():
        if run.progress >= 1 or should_stop():
            break
        run.train_step(mix)
        if run.step % SHOWN == 0:
            _report(run, emit)
        if run.step % config.checkpoint_every == 0:
            run.save(checkpoints, emit)
    if run.progress < 1:
        run.save(checkpoints, emit)
        emit("cancelled", step=run.step)
        return False
    _finish(run, encoder, lm, root, folder)
    checkpoints.remove()
    folder.file(RUN_TOKENIZER).unlink(missing_ok=True)
    emit("done", out=folder.path.name, metrics={"loss": float(np.mean(run.losses))})
    return True


def _report(run: Run, emit: Emit) -> None:
    left = run.seconds / run.progress * (1 - run.progress)
    loss = float(np.mean(run.losses[-SHOWN:]))
    metrics = {
        "loss": loss,
        "perplexity": math.exp(min(loss, 20.0)),
        "tokens_per_second": run.step * run.config.batch * run.config.window / run.seconds,
    }
    emit("step", step=run.step, total=run.config.steps, metrics=metrics, seconds_left=left)


def _finish(run: Run, encoder: Encoder, lm: LanguageModel | None, root: Path, folder: Folder) -> None:
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
        "metrics": {"loss": float(np.mean(run.losses)), "steps": run.step, "minutes": run.seconds / 60},
    }
    save_model(folder, run.model.to("cpu"), encoder, meta)

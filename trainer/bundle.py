"""Model folders: what may be loaded, and the bundle with its manifest.

A model folder holds ``config.json``, ``model.safetensors`` and tokenizer files in the usual Hugging Face
layout (the published GPT-2 layout too: unprefixed names, attention buffers, tied head). A *bundle* also holds
the critic and ``bundle.json``, the manifest with a SHA-256 and a size per file. Loading trusts nothing:
safetensors only, names, shapes and sizes as the configuration says, every weight finite.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from tokenizers import ByteLevelBPETokenizer, Tokenizer
from transformers import GPT2Config, GPT2LMHeadModel
from transformers.initialization import no_init_weights

from trainer.config import InputError
from trainer.prompt import AUTHORED_LABELS, END, Encoder, LabelSets
from trainer.sealed import Folder

CONFIG, WEIGHTS, TOKENIZER, TOKENIZER_CONFIG = (
    "config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
)
META, MANIFEST = "meta.json", "bundle.json"
CRITIC_CONFIG, CRITIC_WEIGHTS = "critic.json", "critic.safetensors"
SENSE_CONFIG, SENSE_WEIGHTS = "sense.json", "sense.safetensors"
BUNDLED = (
    CONFIG,
    WEIGHTS,
    TOKENIZER,
    TOKENIZER_CONFIG,
    CRITIC_CONFIG,
    CRITIC_WEIGHTS,
    SENSE_CONFIG,
    SENSE_WEIGHTS,
)
# Caps before anything is allocated: the largest published GPT-2 is 48 layers x 1600, 50,257 tokens.
CAPS = {"n_layer": 48, "n_embd": 1600, "n_head": 32, "vocab_size": 100_000, "n_positions": 4096}
MAX_FILE_BYTES = 8 << 30
MOST = 1e6  # figures of a manifest lie below it; whole numbers of any length can be compared with it


class BundleError(InputError):
    """A model folder that must not be loaded."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """``bundle.json``."""

    name: str
    version: str
    base: str
    licence: str
    data_sha256: str
    labels: LabelSets
    files: dict[str, dict[str, Any]]  # name -> {"sha256", "size"}
    metrics: dict[str, Any] = field(default_factory=dict)
    sources: list[dict[str, Any]] = field(default_factory=list)  # id, sha256, licence, rows
    notice: str | None = None  # shown in the window while this model is in use
    emotion_temperature: float = 1.0  # divides the logits of the emotion slot (calibration)
    emotion_threshold: float = 0.0  # below this confidence the emotion is "unsure"
    likelihood: float | None = None  # of a candidate that the model is half sure of (trainer.desk)
    least_reward: float | None = None  # drafts that earn less are not shown; None: the engine's own limit
    signature: str | None = None
    format: int = 1


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """A loaded GPT-2 with its tokenizer and labels."""

    model: GPT2LMHeadModel
    encoder: Encoder
    meta: dict[str, Any]  # meta.json of a training result, {} when there is none
    manifest: Manifest | None
    sha256: str  # of bundle.json, or of the weights when there is no manifest

    @property
    def positions(self) -> int:
        return int(self.model.config.n_positions)

    @property
    def emotion_temperature(self) -> float:
        """Divides the logits of the emotion slot; 1.0 for a model that was never calibrated."""
        if self.manifest is not None:
            return self.manifest.emotion_temperature
        return float(self.meta.get("emotion_temperature", 1.0))

    @property
    def emotion_threshold(self) -> float:
        """Below this confidence the emotion is "unsure"."""
        if self.manifest is not None:
            return self.manifest.emotion_threshold
        return float(self.meta.get("emotion_threshold", 0.0))

    @property
    def likelihood(self) -> float | None:
        """Of a candidate that it is half sure of (trainer.desk), None where that was never measured."""
        found = self.manifest.likelihood if self.manifest is not None else self.meta.get("likelihood")
        return None if found is None else float(found)

    @property
    def least_reward(self) -> float | None:
        """Drafts that earn less are not shown; None: the engine's own limit."""
        return None if self.manifest is None else self.manifest.least_reward

    @property
    def sources(self) -> list[dict[str, Any]]:
        """What it learned from so far: id, sha256, licence, rows."""
        return list(self.manifest.sources if self.manifest is not None else self.meta.get("sources", []))


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def read_json(folder: Folder, name: str) -> dict[str, Any]:
    """A JSON object from the folder. Raises BundleError."""
    try:
        value = json.loads(folder.read(name))
    except (ValueError, RecursionError):
        raise BundleError(
            f"{folder.path.name}: {name} is damaged (not JSON); copy the model again."
        ) from None
    if not isinstance(value, dict):
        raise BundleError(f"{folder.path.name}: {name} is not a JSON object; copy the model again.")
    return value


def labels_from(value: Any, where: str) -> LabelSets:
    """Label sets from JSON. Raises BundleError."""
    if isinstance(value, dict):
        lists = [value.get("emotions"), value.get("strategies")]
        if all(isinstance(names, list) and 0 < len(names) <= 100 for names in lists) and all(
            isinstance(name, str) and 0 < len(name) <= 40 for names in lists for name in names or []
        ):
            return LabelSets(tuple(lists[0] or ()), tuple(lists[1] or ()))
    raise BundleError(f"{where}: its label sets cannot be read; copy the model again.")


def labels_json(labels: LabelSets) -> dict[str, list[str]]:
    return {"emotions": list(labels.emotions), "strategies": list(labels.strategies)}


def read_manifest(folder: Folder) -> Manifest:
    """Read ``bundle.json`` and check every file it names (size, SHA-256). Raises BundleError."""
    value = read_json(folder, MANIFEST)
    where = f"{folder.path.name}: {MANIFEST}"
    labels = labels_from(value.get("labels"), where)
    known = {name for name in Manifest.__dataclass_fields__ if name != "labels"}
    try:
        manifest = Manifest(labels=labels, **{name: item for name, item in value.items() if name in known})
    except TypeError:
        raise BundleError(f"{where} lacks fields; copy the model again.") from None
    if manifest.format != 1 or not isinstance(manifest.files, dict):
        raise BundleError(f"{where} was written by another version of the program.")
    figures = (
        manifest.emotion_temperature,
        manifest.emotion_threshold,
        manifest.likelihood or 0.0,
        manifest.least_reward or 0.0,
    )
    if not all(isinstance(figure, (int, float)) and abs(figure) < MOST for figure in figures):
        raise BundleError(f"{where} holds a figure that is no number; copy the model again.")
    missing = {CONFIG, WEIGHTS, TOKENIZER} - set(manifest.files)
    if missing:
        raise BundleError(f"{where} does not name {sorted(missing)[0]}; copy the model again.")
    for name, entry in manifest.files.items():
        if name not in BUNDLED or not isinstance(entry, dict):
            raise BundleError(f"{where} names a file that does not belong to a bundle.")
        data = folder.read(name)
        if len(data) != entry.get("size") or digest(data) != entry.get("sha256"):
            raise BundleError(
                f"{folder.path.name}: {name} is not the file the manifest describes; copy it again."
            )
    return manifest


def read_config(folder: Folder) -> GPT2Config:
    """``config.json`` of a GPT-2 within the caps. Raises BundleError."""
    if not folder.exists(CONFIG):
        raise BundleError(f"{folder.path.name}: not a model folder ({CONFIG} is missing).")
    return config_from(read_json(folder, CONFIG), f"{folder.path.name}: {CONFIG}")


def config_from(value: dict[str, Any], where: str) -> GPT2Config:
    """A GPT-2's configuration from JSON, within the caps. Raises BundleError, which opens with ``where``."""
    if value.get("model_type", "gpt2") != "gpt2":
        raise BundleError(f"{where} describes a model that is not a GPT-2.")
    for key, cap in CAPS.items():
        number = value.get(key, 1)
        if not isinstance(number, int) or not 0 < number <= cap:
            raise BundleError(f"{where}, {key} must be between 1 and {cap}.")
    if value.get("n_embd", 768) % value.get("n_head", 12):
        raise BundleError(f"{where}, n_embd must be a multiple of n_head.")
    inner = value.get("n_inner")
    if inner is not None and not (isinstance(inner, int) and 0 < inner <= 4 * CAPS["n_embd"]):
        raise BundleError(f"{where}, n_inner is out of range.")
    shape = ("n_layer", "n_embd", "n_head", "vocab_size", "n_positions", "n_inner")
    shaped = {key: value[key] for key in shape if value.get(key) is not None}
    activation = value.get("activation_function", "gelu_new")
    if activation not in ("gelu_new", "gelu", "gelu_pytorch_tanh", "relu", "silu"):
        raise BundleError(f"{where}, activation_function is not known.")
    if activation == "gelu_new":
        activation = "gelu_pytorch_tanh"  # the same function in one kernel: a quarter of a training step
    dropout = {key: float(value.get(key, 0.1)) for key in ("resid_pdrop", "embd_pdrop", "attn_pdrop")}
    ends = {"bos_token_id": None, "eos_token_id": None}  # load_model sets them from the tokenizer
    return GPT2Config(**shaped, **dropout, **ends, activation_function=activation, tie_word_embeddings=True)


def read_tensors(folder: Folder, name: str) -> dict[str, torch.Tensor]:
    """Tensors of a safetensors file as float32, all finite. Raises BundleError."""
    where = f"{folder.path.name}: {name}"
    if not folder.exists(name):
        pickles = [p.name for p in folder.path.glob("*") if p.suffix in (".bin", ".pt", ".pth", ".ckpt")]
        if pickles:
            raise BundleError(
                f"{folder.path.name}: {sorted(pickles)[0]} holds pickled weights, which can run code and are "
                f"refused unopened; convert the model to {name}."
            )
        raise BundleError(f"{where} is missing; copy the model again.")
    data = folder.read(name)
    _check_header(data, where)
    try:
        tensors = safetensors.torch.load(data)
    except (safetensors.SafetensorError, ValueError, KeyError):
        raise BundleError(f"{where} is damaged or cut off; copy the model again.") from None
    for tensor in tensors.values():
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            raise BundleError(f"{where} holds weights that are not finite numbers; copy the model again.")
    return {key: t.float() if t.is_floating_point() else t for key, t in tensors.items()}


def _check_header(data: bytes, where: str) -> None:
    """The safetensors library lets a later duplicate key win; a file that has one was tampered with."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in pairs}) != len(pairs):
            raise BundleError(f"{where} names a tensor twice; do not use this file.")
        return dict(pairs)

    size = int.from_bytes(data[:8], "little")
    if len(data) < 8 or size > min(len(data) - 8, 100 << 20):
        raise BundleError(f"{where} is damaged or cut off; copy the model again.")
    try:
        json.loads(data[8 : 8 + size], object_pairs_hook=unique)
    except (ValueError, RecursionError):
        raise BundleError(f"{where} is damaged; copy the model again.") from None


def _gpt2_state(tensors: dict[str, torch.Tensor], config: GPT2Config, where: str) -> dict[str, torch.Tensor]:
    """Published and saved layouts to one: prefixed names, no buffers, exactly the shapes of the config."""
    state: dict[str, torch.Tensor] = {}
    for name, tensor in tensors.items():
        short = name.removeprefix("transformer.")
        if short.endswith((".attn.bias", ".attn.masked_bias")) or short == "lm_head.weight":
            continue  # buffers of old versions; the head is tied to the embedding
        state[f"transformer.{short}"] = tensor
    with torch.device("meta"):
        expected = {name: p.shape for name, p in GPT2LMHeadModel(config).named_parameters()}
    expected.pop("lm_head.weight", None)
    wrong = sorted(set(expected) ^ set(state)) or sorted(k for k in expected if expected[k] != state[k].shape)
    if wrong:
        raise BundleError(f"{where}: its weights do not fit its {CONFIG} (first: {wrong[0][:60]!r}).")
    return state


def read_tokenizer(folder: Folder) -> Tokenizer:
    """The tokenizer of a model folder, either layout. Raises BundleError."""
    where = folder.path.name
    try:
        if folder.exists(TOKENIZER):
            return Tokenizer.from_str(folder.read(TOKENIZER).decode("utf8"))
        if folder.exists("vocab.json") and folder.exists("merges.txt"):
            vocab = read_json(folder, "vocab.json")
            lines = folder.read("merges.txt").decode("utf8").splitlines()
            pairs = [tuple(line.split()) for line in lines if line and not line.startswith("#version")]
            made = ByteLevelBPETokenizer(vocab, pairs, add_prefix_space=False)
            return Tokenizer.from_str(made.to_str())
    except InputError:
        raise
    except Exception:  # the library raises bare Exception for a damaged file
        raise BundleError(f"{where}: the tokenizer files are damaged; copy the model again.") from None
    raise BundleError(f"{where}: the tokenizer is missing ({TOKENIZER}, or vocab.json and merges.txt).")


def load_model(path: Path, key: bytes | None = None) -> LanguageModel:
    """Load and check a model folder or bundle, in float32 and eval mode; slots are added if it lacks them.

    With a run key, a folder without a plain ``config.json`` is read sealed. Raises BundleError or InputError.
    """
    if not path.is_dir():
        raise BundleError(f"{path.name}: there is no such model folder.")
    folder = Folder(path, key).open_like(path)
    manifest = read_manifest(folder) if folder.exists(MANIFEST) else None
    meta = read_json(folder, META) if folder.exists(META) else {}
    if manifest is not None:
        labels = manifest.labels
    else:
        labels = labels_from(meta["labels"], path.name) if "labels" in meta else AUTHORED_LABELS
    config = read_config(folder)
    state = _gpt2_state(read_tensors(folder, WEIGHTS), config, path.name)
    encoder = Encoder(read_tokenizer(folder), labels)
    with no_init_weights():
        model = GPT2LMHeadModel(config)
    model.load_state_dict(state, strict=False)
    model.tie_weights()
    model.generation_config.pad_token_id = model.generation_config.eos_token_id = encoder.end
    model.generation_config.bos_token_id = encoder.end
    if encoder.size > config.vocab_size:
        add_rows(model, encoder.size)
    sha = digest(folder.read(MANIFEST)) if manifest is not None else digest(folder.read(WEIGHTS))
    return LanguageModel(model.eval(), encoder, meta, manifest, sha)


def add_rows(model: GPT2LMHeadModel, size: int) -> None:
    """Grow the embedding for new slots: new rows start at the mean of the old, a little apart (in place)."""
    old = model.get_input_embeddings().weight.detach()
    rows = size - old.shape[0]
    generator = torch.Generator().manual_seed(size)
    noise = torch.randn(rows, old.shape[1], generator=generator) * old.std(dim=0) * 0.1
    model.resize_token_embeddings(size, mean_resizing=False)
    with torch.no_grad():
        model.get_input_embeddings().weight[-rows:] = old.mean(dim=0) + noise
    model.tie_weights()


def weights_bytes(model: GPT2LMHeadModel, dtype: torch.dtype = torch.float32) -> bytes:
    """The model's weights as safetensors, tied head left out, in ``dtype``."""
    state = {
        name: tensor.detach().to("cpu", dtype).contiguous()
        for name, tensor in model.state_dict().items()
        if name != "lm_head.weight"
    }
    return bytes(safetensors.torch.save(state, metadata={"format": "pt"}))


def save_model(
    folder: Folder,
    model: GPT2LMHeadModel,
    encoder: Encoder,
    meta: dict[str, Any],
    dtype: torch.dtype = torch.float32,
) -> None:
    """Write a training result: weights, tokenizer and ``meta.json``; loadable by ``from_pretrained``."""
    config = model.config.to_dict() | {"architectures": ["GPT2LMHeadModel"], "dtype": str(dtype)[6:]}
    config |= {"bos_token_id": encoder.end, "eos_token_id": encoder.end, "pad_token_id": encoder.end}
    for private in ("_name_or_path", "name_or_path"):
        config.pop(private, None)
    tokenizer_config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": int(model.config.n_positions),
        "bos_token": END,
        "eos_token": END,
        "pad_token": END,
    }
    folder.write(WEIGHTS, weights_bytes(model, dtype))
    folder.write(TOKENIZER, encoder.tokenizer.to_str().encode())
    folder.write(TOKENIZER_CONFIG, json.dumps(tokenizer_config, indent=1).encode())
    folder.write(META, json.dumps(meta | {"labels": labels_json(encoder.labels)}, indent=1).encode())
    folder.write(CONFIG, json.dumps(config, indent=1).encode())  # last: its presence marks a whole folder


def write_manifest(folder: Folder, **fields: Any) -> Manifest:
    """Describe the bundle's files as they lie in ``folder`` and write ``bundle.json``."""
    files = {}
    for name in BUNDLED:
        if folder.exists(name):
            data = folder.read(name)
            files[name] = {"sha256": digest(data), "size": len(data)}
    manifest = Manifest(files=files, **fields)
    value = asdict(manifest) | {"labels": labels_json(manifest.labels)}
    folder.write(MANIFEST, json.dumps(value, indent=1, ensure_ascii=False).encode())
    return manifest

"""Settings of every trainer command, and where packaged files live. Torch-free: the window imports this.

A command's settings are one frozen dataclass. They come from its defaults, then ``--config FILE.toml``,
then ``--set key=value``; a key that the dataclass lacks is an error, never ignored.
"""

from __future__ import annotations

import dataclasses
import math
import sys
import tomllib
import types
import typing
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

# What numbers may be; no setting may be negative or infinite.
COUNTS = ("batch", "prompts", "steps", "checkpoint_every", "threads", "layers", "width", "heads")
LEAST = (
    dict.fromkeys((*COUNTS, "max_prompt", "max_reply"), 1)
    | dict.fromkeys(("positions", "window", "max_length"), 16)
    | {"vocab_size": 300}
)
MOST = {"seed": 2**32 - 1, "vocab_size": 2**16, "dropout": 0.9}
ABOVE_ZERO = ("epochs", "decay", "top_p")


class InputError(Exception):
    """The user gave something that cannot be used; the message says what, where and what to do.

    Ends a command with exit code 2 and the message as one sentence on stderr. Its text never quotes
    client words.
    """


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out; the allocator of torch for the CPU has no type for that."""
    if isinstance(error, RuntimeError) and "can't allocate memory" in str(error):
        return True
    return isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"


@dataclass(frozen=True, slots=True)
class DataConfig:
    """Named sets made into files of dialogues. ``data_root`` holds one folder per source id."""

    data_root: str = ""
    sources: tuple[str, ...] = ()
    experiment: bool = False  # also sets whose terms do not let weights be shipped


@dataclass(frozen=True, slots=True)
class PretrainConfig:
    """GPT-2 from scratch. ``data_root`` is the folder that holds one folder per source id."""

    data_root: str = ""
    mix: dict[str, float] = field(default_factory=dict)  # source id -> weight by which windows are drawn
    final_mix: dict[str, float] = field(default_factory=dict)  # the same while the learning rate decays
    vocab_size: int = 8192
    layers: int = 6
    grow_to: int = 0  # layers, when a run goes on from a shallower model; 0: as many as that has
    width: int = 256
    heads: int = 4
    positions: int = 512
    window: int = 256  # tokens per sequence before the decay; the decay uses all positions
    steps: int = 4000
    minutes: float = 0.0  # > 0: the schedule follows the clock too, and ends after this many minutes
    batch: int = 16  # sequences of `window` tokens per step
    learning_rate: float = 2e-3  # AdamW part: embeddings, norms, biases
    matrix_learning_rate: float = 3e-3  # Muon part: the weight matrices of the blocks
    weight_decay: float = 0.01  # of the Muon part; more where the text is read many times
    warmup: float = 0.02  # parts of the run
    decay: float = 0.35
    seed: int = 1
    checkpoint_every: int = 200
    threads: int = 2
    compile: bool = True


@dataclass(frozen=True, slots=True)
class CriticConfig:
    """Multi-head scorer on the first layers of a base model."""

    layers: int = 3  # taken from the base given by --model
    epochs: int = 3
    batch: int = 16
    max_length: int = 256
    learning_rate: float = 5e-4
    empathy: str = ""  # file of empathy labels for turns of the dialogues (see trainer.empathy)
    samples: int = 1024  # replies that the base model makes up, as examples of what is poor
    seed: int = 1
    checkpoint_every: int = 200
    threads: int = 2


@dataclass(frozen=True, slots=True)
class SenseConfig:
    """Low-rank adapters of a fine-tuned model that read whether a reply makes sense."""

    ratings: tuple[str, ...] = ()  # files of rated replies (see trainer.ratings)
    rank: int = 16
    epochs: int = 2
    batch: int = 8  # messages with all their rated replies
    learning_rate: float = 1e-3
    dropout: float = 0.1
    seed: int = 1
    checkpoint_every: int = 100
    threads: int = 2


@dataclass(frozen=True, slots=True)
class SftConfig:
    """Supervised fine-tuning (TRL SFTTrainer); loss on emotion, strategy and reply tokens only."""

    epochs: float = 3.0
    max_steps: int = 0  # > 0 overrides epochs
    batch: int = 16
    max_length: int = 384
    learning_rate: float = 5e-4
    warmup: float = 0.05
    weight_decay: float = 0.01
    drop_emotion: float = 0.2  # share of examples whose emotion label is replaced by "unknown"
    drop_strategy: float = 0.1
    emotion_weight: float = (
        8.0  # of the emotion's token in the loss; it is one beside some thirty of the reply
    )
    # Labelled client turns without a reply: at most so many of each emotion, lest they drown the replies
    # (after GoEmotions by itself the model could not write any more).
    alone: int = 450
    copies: int = 0  # of every dialogue beside itself, with words swapped for their like (trainer.swaps)
    seed: int = 1
    checkpoint_every: int = 100
    threads: int = 2


@dataclass(frozen=True, slots=True)
class DpoConfig:
    """Direct preference optimisation on turns with poorer alternatives and on rated replies."""

    epochs: float = 1.0
    max_steps: int = 0  # > 0 overrides epochs
    batch: int = 16  # pairs
    max_length: int = 384
    learning_rate: float = 3e-5
    warmup: float = 0.1
    beta: float = 0.1  # how far the preferences may pull the model from where it started; small is far
    sft_weight: float = 0.2  # of the better reply's own loss, which keeps its likelihood from falling
    ratings: tuple[str, ...] = ()  # files of rated replies (see trainer.ratings), paired with one another
    against: int = 2  # poorer replies that a better one is paired with, of those to the same message
    turns: bool = True  # learn from the turns' poorer alternatives too
    seed: int = 1
    checkpoint_every: int = 25
    threads: int = 2


@dataclass(frozen=True, slots=True)
class RlConfig:
    """Reinforcement learning on the reward components, by TRL's GRPO trainer.

    The ``stop_`` thresholds are judged on the latest 200 replies (the divergence on five steps). The starter
    and professionals' replies were measured for them: see the remarks.
    """

    algorithm: str = "grpo"  # or "rloo": advantages by leaving one out
    max_steps: int = 100
    prompts: int = 4  # prompts per step
    completions: int = 8  # completions per prompt
    max_prompt: int = 320
    max_reply: int = 64
    learning_rate: float = 2e-5
    beta: float = 0.04  # weight of the KL divergence from the SFT model
    temperature: float = 1.0
    top_p: float = 1.0
    weights: dict[str, float] = field(
        default_factory=lambda: {
            "emotion": 0.2,
            "relevance": 0.3,
            "professional": 0.25,
            "empathy": 0.15,
            "fluency": 0.15,
            "safety": 0.1,
        }
    )
    stop_distinct2: float = 0.30  # least distinct-2; the starter writes .76, professionals .80
    stop_template: float = 0.5  # most replies with the commonest opener or a shared sentence; .01-.06, .02
    stop_short: float = 4.0  # least mean words; shorter replies say nothing
    stop_long: float = 40.0  # most mean words; 24 and 21, and 95 % of professionals' replies stay below 33
    stop_kl: float = 1.0  # nats per token; further off, the critic is asked about text it never saw
    stop_spread: float = 0.01  # least standard deviation of a component, unless it is full; .06-.23
    stop_fall: float = 0.2  # most a component's mean may fall; between two samples of one model it moves .07
    validation_prompts: int = 64  # of the calibration tenth, answered at every checkpoint to choose the best
    seed: int = 1
    checkpoint_every: int = 25
    threads: int = 2


@dataclass(frozen=True, slots=True)
class EvaluateConfig:
    """Evaluation on held-out dialogues; decoding is the same for every model of the ladder."""

    max_prompts: int = 400
    batch: int = 16
    max_reply: int = 64
    temperature: float = 0.8
    top_p: float = 0.9
    bootstrap: int = 1000  # resamples of dialogues
    samples: int = 20  # exchanges printed side by side
    recited: int = 200  # training replies, and as many unseen ones, that are tested for verbatim continuation
    empathy: str = ""  # file of empathy labels for turns of the dialogues (see trainer.empathy)
    quality: str = ""  # file of sessions whose "quality" is "high" or "low", which teach a judge
    rivals: int = 255  # random alternatives among which a planted canary is ranked
    threads: int = 2


@dataclass(frozen=True, slots=True)
class JudgeConfig:
    """Replies rated in blinded pairs by a model behind an OpenAI-compatible server on this computer."""

    url: str = "http://127.0.0.1:8080"
    model: str = "default"  # as the server calls it
    pairs: int = 100  # exchanges; each gives one pair with every other system and with two floors
    seed: int = 1
    systems: tuple[str, ...] = ()  # the first is paired with the others; () = reply, reference, all others
    timeout: float = 120.0  # seconds for one answer


Config = TypeVar("Config")


def load_config(cls: type[Config], file: Path | None, sets: Sequence[str] = ()) -> Config:
    """Build ``cls`` from its defaults, a TOML file and ``key=value`` strings, in that order.

    The file may hold the keys at top level or in a table named after the command. Raises InputError
    for unknown keys, wrong types and unreadable files.
    """
    values: dict[str, Any] = {}
    if file is not None:
        values.update(_read_toml(cls, file))
    for item in sets:
        key, equals, text = item.partition("=")
        if not equals:
            raise InputError(f"--set {item}: write it as key=value.")
        values.update(_nested(key.strip(), _parse_value(text.strip()), values))
    return _build(cls, values)


def _command_name(cls: type) -> str:
    return cls.__name__.removesuffix("Config").lower()


def _read_toml(cls: type, file: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(file.read_text(encoding="utf8"))
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror}).") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: not valid TOML ({error}).") from None
    name = _command_name(cls)
    section = table.get(name)
    if isinstance(section, dict):
        return section
    fields = {f.name for f in dataclasses.fields(cls)}
    return {key: value for key, value in table.items() if not isinstance(value, dict) or key in fields}


def _nested(key: str, value: Any, values: dict[str, Any]) -> dict[str, Any]:
    """``weights.safety=0.3`` changes one entry of a table and keeps the others."""
    head, dot, rest = key.partition(".")
    if not dot:
        return {key: value}
    return {head: {**values.get(head, {}), rest: value}}


def _parse_value(text: str) -> Any:
    try:
        return tomllib.loads(f"x = {text}")["x"]
    except tomllib.TOMLDecodeError:
        return text


def _build(cls: type[Config], values: dict[str, Any]) -> Config:
    fields = {f.name: f for f in dataclasses.fields(cls)}  # type: ignore[arg-type]
    hints = typing.get_type_hints(cls)
    defaults = cls()
    made: dict[str, Any] = {}
    for key, value in values.items():
        if key not in fields:
            known = ", ".join(sorted(fields))
            raise InputError(f"{_command_name(cls)}: there is no setting {key!r}; known: {known}.")
        if isinstance(value, dict):
            value = {**getattr(defaults, key), **value}
        made[key] = _coerce(key, value, hints[key])
        _check_number(key, made[key])
    return dataclasses.replace(defaults, **made)  # type: ignore[type-var]


def _check_number(key: str, value: Any) -> None:
    """Raises InputError for a number that cannot work."""
    if isinstance(value, dict):
        for name, item in value.items():
            _check_number(f"{key}.{name}", item)
    if not isinstance(value, int | float):
        return
    least, most = LEAST.get(key, 0), MOST.get(key, math.inf)
    if key in ABOVE_ZERO and value == 0:
        raise InputError(f"setting {key!r}: must be above 0.")
    if not math.isfinite(value) or not least <= value <= most:
        limits = f"at least {least}" + (f", at most {most}" if key in MOST else "")
        raise InputError(f"setting {key!r}: must be a number, {limits}; it is {value}.")


def _coerce(key: str, value: Any, hint: Any) -> Any:
    origin = typing.get_origin(hint)
    if hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if origin is tuple and isinstance(value, list | tuple):
        return tuple(str(item) for item in value)
    if origin is tuple and isinstance(value, str):
        return tuple(part for part in value.split(",") if part)
    if origin is dict and isinstance(value, dict):
        if all(isinstance(item, int | float) for item in value.values()):
            return {str(name): float(item) for name, item in value.items()}
    elif not isinstance(hint, types.GenericAlias) and isinstance(value, hint):
        if hint is not int or not isinstance(value, bool):
            return value
    elif hint is str:
        return str(value)
    raise InputError(f"setting {key!r}: {value!r} is not of type {getattr(hint, '__name__', hint)}.")


def resources_dir() -> Path:
    """Folder of the packaged resources: beside the sources, inside the wheel, or in the frozen program."""
    frozen = getattr(sys, "_MEIPASS", None)
    if frozen is not None:
        return Path(frozen) / "resources"
    root = Path(__file__).resolve().parent.parent
    installed = root / "tfdesk" / "_resources"
    return installed if installed.is_dir() else root / "resources"


# Digest of the starter's bundle.json, which names its files' digests: unsigned, so it is pinned here.
STARTER_SHA256 = "f77d986bc86dd372a674b879fb2927ac05d19426149851b51cca18f9c2640484"

# Digest of the learned half of the risk screen (resources/risk/model.safetensors; trainer/risk_train.py).
RISK_MODEL_SHA256 = "9f832bfd1bd505b833554a41c29f4c50b72899c4ad6680d49a34150e5185c48c"


def starter_dir() -> Path:
    """Bundle folder of the model that ships with the program."""
    return resources_dir() / "models" / "starter"

"""A model and its critic in one folder with a manifest: what the desk loads and a supervisor signs off."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import torch

from trainer.bundle import (
    CRITIC_CONFIG,
    CRITIC_WEIGHTS,
    META,
    LanguageModel,
    Manifest,
    load_model,
    read_json,
    save_model,
    write_manifest,
)
from trainer.config import InputError
from trainer.critic import Critic, critic_folder
from trainer.sealed import Folder
from trainer.sense import SenseReader

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")


def make_bundle(
    model: Path,
    critic: Path,
    out: Path | None,
    key: bytes | None,
    *,
    name: str,
    version: str,
    licence: str,
    notice: str | None,
    least_reward: float | None = None,
    sense: Path | None = None,
) -> tuple[Path, Manifest]:
    """Write a bundle in float16 to ``out`` (default: NAME-VERSION beside the model) and read it back.

    The folder appears whole or not at all. Raises InputError.
    """
    if least_reward is not None and not 0 <= least_reward <= 1:
        raise InputError("--least-reward: between 0 and 1.")
    for what, text in (("--name", name), ("--version", version)):
        if not _NAME.fullmatch(text):
            raise InputError(f"{what}: up to 60 letters, digits, dots, dashes and underscores.")
    out = out or model.resolve().parent / f"{name}-{version}"
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out.name}: --out is not empty; choose a new folder.")
    lm = load_model(model, key)
    beside = out.parent / f".{out.name}.part"
    shutil.rmtree(beside, ignore_errors=True)
    try:
        folder = Folder(beside, key)
        save_model(folder, lm.model, lm.encoder, {}, torch.float16)
        folder.file(META).unlink()  # the manifest says it all
        sources = lm.sources + _write_critic(folder, critic, key, lm)
        if sense is not None:
            reader = SenseReader.load(sense, lm, key)
            reader.save(folder)
            sources += reader.meta.get("sources", [])
        manifest = write_manifest(
            folder,
            name=name,
            version=version,
            base=str(lm.meta.get("base_sha256", "")),
            licence=licence,
            data_sha256=str(lm.meta.get("data_sha256", "")),
            labels=lm.encoder.labels,
            metrics=lm.meta.get("metrics", {}),
            sources=list({source["sha256"]: source for source in sources}.values()),
            notice=notice,
            emotion_temperature=lm.emotion_temperature,
            emotion_threshold=lm.emotion_threshold,
            likelihood=lm.likelihood,
            least_reward=least_reward,
        )
        made = load_model(beside, key)  # a weight too large for float16 became infinite: refused here
        Critic.load(beside, key)
        if sense is not None:
            SenseReader.load(beside, made, key)
        if out.exists():
            out.rmdir()  # empty, see above
        os.replace(beside, out)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return out, manifest


def _write_critic(folder: Folder, path: Path, key: bytes | None, lm: LanguageModel) -> list[dict[str, Any]]:
    """Copy the critic; its tokenizer only if it is not the model's. Returns what it learned from."""
    Critic.load(path, key)
    source = critic_folder(path, key)
    value = read_json(source, CRITIC_CONFIG)
    if value.get("tokenizer") == json.loads(lm.encoder.tokenizer.to_str()):
        value["tokenizer"] = None
    folder.write(CRITIC_WEIGHTS, source.read(CRITIC_WEIGHTS))
    folder.write(CRITIC_CONFIG, json.dumps(value, ensure_ascii=False).encode())
    sources: list[dict[str, Any]] = value.get("meta", {}).get("sources", [])
    return sources

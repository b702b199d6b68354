"""Model folders are loaded only when everything about them fits."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import safetensors.torch
import torch
from transformers import GPT2LMHeadModel

from trainer.bundle import (
    LanguageModel,
    load_model,
    save_model,
    write_manifest,
)
from trainer.config import InputError
from trainer.sealed import Folder


@pytest.fixture
def bundle(tiny_lm: LanguageModel, tmp_path: Path) -> Path:
    folder = Folder(tmp_path / "bundle")
    save_model(folder, tiny_lm.model, tiny_lm.encoder, {}, torch.float16)
    write_manifest(
        folder,
        name="tiny",
        version="1",
        base="none",
        licence="CC0-1.0",
        data_sha256="",
        labels=tiny_lm.encoder.labels,
    )
    return folder.path


def test_a_bundle_loads_and_says_what_it_is(bundle: Path, tiny_lm: LanguageModel) -> None:
    lm = load_model(bundle)
    assert lm.manifest is not None
    assert (lm.manifest.name, lm.encoder.labels) == ("tiny", tiny_lm.encoder.labels)
    ids = torch.tensor([[1, 2, 3]])
    assert torch.allclose(lm.model(ids).logits, tiny_lm.model(ids).logits, atol=1e-2)


def test_from_pretrained_reads_the_same_folder(bundle: Path) -> None:
    ids = torch.tensor([[1, 2, 3]])
    theirs = GPT2LMHeadModel.from_pretrained(bundle, dtype=torch.float32).eval()
    assert torch.allclose(theirs(ids).logits, load_model(bundle).model(ids).logits, atol=1e-4)


def test_a_sealed_folder_holds_no_plain_file(tiny_lm: LanguageModel, tmp_path: Path) -> None:
    key = bytes(range(32))
    save_model(Folder(tmp_path / "m", key), tiny_lm.model, tiny_lm.encoder, {})
    assert all(file.name.endswith(".sealed") for file in (tmp_path / "m").iterdir())
    assert load_model(tmp_path / "m", key).encoder.size == tiny_lm.encoder.size
    with pytest.raises(InputError, match="another key"):
        load_model(tmp_path / "m", bytes(32))


def _truncate(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])


def _flip_bit(folder: Path) -> None:
    file = folder / "model.safetensors"
    data = bytearray(file.read_bytes())
    data[-5] ^= 1
    file.write_bytes(data)


def _foreign_file(folder: Path) -> None:
    manifest = json.loads((folder / "bundle.json").read_text())
    manifest["files"]["../../x"] = {"sha256": "", "size": 0}
    (folder / "bundle.json").write_text(json.dumps(manifest))


def _no_manifest(folder: Path) -> None:
    (folder / "bundle.json").unlink()


def _nan(folder: Path) -> None:
    _no_manifest(folder)
    state = safetensors.torch.load_file(folder / "model.safetensors")
    state["transformer.ln_f.bias"][0] = float("nan")
    safetensors.torch.save_file(state, folder / "model.safetensors")


def _wrong_shape(folder: Path) -> None:
    _no_manifest(folder)
    state = safetensors.torch.load_file(folder / "model.safetensors")
    state["transformer.ln_f.bias"] = torch.zeros(3)
    safetensors.torch.save_file(state, folder / "model.safetensors")


def _truncate_without_manifest(folder: Path) -> None:
    _no_manifest(folder)
    _truncate(folder)


def _pickle(folder: Path) -> None:
    _no_manifest(folder)
    (folder / "model.safetensors").unlink()
    torch.save({}, folder / "pytorch_model.bin")


def _huge(folder: Path) -> None:
    _no_manifest(folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"n_embd": 10**9}))


def _not_gpt2(folder: Path) -> None:
    _no_manifest(folder)
    (folder / "config.json").write_text('{"model_type": "llama"}')


def _no_tokenizer(folder: Path) -> None:
    _no_manifest(folder)
    (folder / "tokenizer.json").unlink()


def _bad_tokenizer(folder: Path) -> None:
    _no_manifest(folder)
    (folder / "tokenizer.json").write_text("{}")


def _twice(folder: Path) -> None:
    _no_manifest(folder)
    tensor = b'"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}'
    header = b"{" + tensor + b"," + tensor + b"}"
    (folder / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))


def _no_number(folder: Path, value: object = "high") -> None:
    manifest = json.loads((folder / "bundle.json").read_text())
    (folder / "bundle.json").write_text(json.dumps(manifest | {"likelihood": value}))


def _huge_number(folder: Path) -> None:
    _no_number(folder, 10**400)


def _nan_number(folder: Path) -> None:
    _no_number(folder, float("nan"))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (_no_number, "no number"),
        (_huge_number, "no number"),
        (_nan_number, "no number"),
        (_truncate, "not the file the manifest describes"),
        (_flip_bit, "not the file the manifest describes"),
        (_foreign_file, "does not belong"),
        (_nan, "not finite"),
        (_wrong_shape, "do not fit"),
        (_truncate_without_manifest, "damaged or cut off"),
        (_pickle, "refused unopened"),
        (_huge, "n_embd"),
        (_not_gpt2, "not a GPT-2"),
        (_no_tokenizer, "tokenizer is missing"),
        (_bad_tokenizer, "tokenizer files are damaged"),
        (_twice, "twice"),
        (shutil.rmtree, "no such model folder"),
    ],
)
def test_damage_is_refused_in_one_sentence(bundle: Path, damage: Callable[[Path], None], said: str) -> None:
    damage(bundle)
    with pytest.raises(InputError, match=said) as refusal:
        load_model(bundle)
    assert "\n" not in str(refusal.value)


def test_the_published_layout_gets_its_slots_by_resizing(tiny_lm: LanguageModel, tmp_path: Path) -> None:
    """Unprefixed names, attention buffers, a stored tied head, vocab.json and merges.txt, no slots."""
    folder = tmp_path / "published"
    folder.mkdir()
    tokenizer = json.loads(tiny_lm.encoder.tokenizer.to_str())
    plain = {t: i for t, i in tokenizer["model"]["vocab"].items() if not t.startswith("<|")}
    vocab = {token: number for number, token in enumerate(plain)}
    (folder / "vocab.json").write_text(json.dumps(vocab))
    merges = "\n".join(" ".join(pair) for pair in tokenizer["model"]["merges"])
    (folder / "merges.txt").write_text("#version: 0.2\n" + merges)
    config = tiny_lm.model.config.to_dict() | {"vocab_size": len(vocab)}
    (folder / "config.json").write_text(json.dumps(config))
    state = {
        name.removeprefix("transformer."): tensor.clone()
        for name, tensor in tiny_lm.model.state_dict().items()
        if name != "lm_head.weight"
    }
    state["wte.weight"] = state["wte.weight"][: len(vocab)].clone()
    state["h.0.attn.bias"] = torch.ones(1, 1, 4, 4)
    safetensors.torch.save_file(state, folder / "model.safetensors")
    lm = load_model(folder)
    assert lm.model.get_input_embeddings().weight.shape[0] == lm.encoder.size > len(vocab)
    assert torch.equal(lm.model.get_input_embeddings().weight[: len(vocab)], state["wte.weight"])

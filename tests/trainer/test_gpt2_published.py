"""The production path at its real size: a random 124M GPT-2 in the layout in which GPT-2 is published."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

import pytest
import safetensors.torch
import torch
from transformers import GPT2Config, GPT2Model

from tests.trainer.conftest import LINES
from tests.trainer.runs import start, write_dialogues
from trainer.bundle import load_model
from trainer.critic import Critic

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
VOCABULARY = 50_257


def byte_characters() -> dict[int, str]:
    """The printable stand-in that GPT-2's vocabulary uses for each byte."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(256 + n) for n, byte in enumerate(rest)}


def published_tokenizer() -> tuple[dict[str, int], list[str]]:
    """``vocab.json`` and ``merges.txt`` of GPT-2's size: bytes, then joins of what is there, then the end."""
    pieces = list(byte_characters().values())
    blank = byte_characters()[32]
    merges: list[str] = []
    known = set(pieces)
    texts = [word for line in LINES for word in (blank + line.replace(" ", f" {blank}")).split()]
    for word in texts:  # words of the tests become single tokens, letter by letter
        for cut in range(1, len(word)):
            if word[: cut + 1] not in known and word[:cut] in known:
                merges.append(f"{word[:cut]} {word[cut]}")
                known.add(word[: cut + 1])
                pieces.append(word[: cut + 1])
    for left in list(byte_characters().values()) * 2:  # the rest of the size, whatever it spells
        for right in list(pieces):
            if len(pieces) == VOCABULARY - 1:
                break
            if left + right not in known:
                merges.append(f"{left} {right}")
                known.add(left + right)
                pieces.append(left + right)
    vocabulary = {piece: number for number, piece in enumerate([*pieces, "<|endoftext|>"])}
    return vocabulary, merges


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as it is downloaded: unprefixed names, attention buffers, no tokenizer.json."""
    folder = tmp_path_factory.mktemp("gpt2")
    torch.manual_seed(0)
    config = GPT2Config()
    state = dict(GPT2Model(config).state_dict())
    causal = torch.tril(torch.ones(1024, 1024)).view(1, 1, 1024, 1024)
    for layer in range(config.n_layer):
        state[f"h.{layer}.attn.bias"] = causal.clone()
    safetensors.torch.save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps(config.to_dict()))
    vocabulary, merges = published_tokenizer()
    assert len(vocabulary) == VOCABULARY
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n")
    return folder


def command(work: Path, name: str, arguments: list[str]) -> None:
    """Run a command to its end in a child; print its time and the largest child so far."""
    began = time.monotonic()
    child = start([name, *arguments], work)
    _, errors = child.communicate()
    assert child.returncode == 0, errors
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"\n{name}: {time.monotonic() - began:.0f} s, largest child so far {peak:.0f} MB", file=sys.stderr)


def test_it_learns_is_rewarded_and_becomes_a_bundle(tmp_path: Path, published: Path) -> None:
    data = write_dialogues(tmp_path / "talks.jsonl")
    given = ["--data", str(data), "--model"]
    steps = ["--set", "max_steps=2"]
    small = ["--set", "epochs=1", "--set", "layers=2", "--set", "max_length=128"]
    command(tmp_path, "critic", [*given, str(published), "--out", str(tmp_path / "critic"), *small])
    command(tmp_path, "sft", [*given, str(published), "--out", str(tmp_path / "sft"), *steps])
    scored = ["--critic", str(tmp_path / "critic"), *steps]
    command(tmp_path, "rl", [*given, str(tmp_path / "sft"), "--out", str(tmp_path / "rl"), *scored])
    named = ["--name", "clinic", "--version", "1", "--critic", str(tmp_path / "critic")]
    command(tmp_path, "bundle", ["--model", str(tmp_path / "rl"), "--out", str(tmp_path / "made"), *named])
    lm = load_model(tmp_path / "made")
    assert lm.model.config.n_layer == 12
    assert lm.encoder.size == VOCABULARY + 6 + 9 + 9  # slots and labels were added; the end token was there
    assert Critic.load(tmp_path / "made").model.backbone.config.n_layer == 2
    before = load_model(published).model.transformer.h[0].attn.c_attn.weight
    assert not torch.allclose(before, lm.model.transformer.h[0].attn.c_attn.weight, atol=1e-3)

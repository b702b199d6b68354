"""A tiny base model, made once per run: two layers, a tokenizer trained on the lines below."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tokenizers import ByteLevelBPETokenizer, Tokenizer
from transformers import GPT2Config, GPT2LMHeadModel

from trainer.bundle import LanguageModel, load_model, save_model
from trainer.prompt import AUTHORED_LABELS, SLOT_TOKENS, Encoder
from trainer.sealed import Folder

LINES = (
    "i can't sleep again, the same thoughts all night about work and what they must think of me",
    "my mother died in march and i still lay the table for two, then i put one plate back",
    "he says i'm too sensitive. maybe he's right, i don't know what is normal any more",
    "You put the second plate back every evening. What is that moment like for you?",
    "It sounds as if nights have become the place where the worries get loud.",
    "Part of you wonders whether you are too sensitive, and part of you is not so sure.",
    "That is a lot to carry on your own. I am glad you wrote.",
    "Could we look together at what happens just before the thoughts begin?",
)


def tiny_tokenizer(lines: tuple[str, ...] = LINES, size: int = 400) -> Tokenizer:
    """A byte-level BPE like the real ones, trained in milliseconds."""
    trainer = ByteLevelBPETokenizer()
    trainer.train_from_iterator(lines, vocab_size=size, show_progress=False, special_tokens=[*SLOT_TOKENS])
    return Tokenizer.from_str(trainer.to_str())


def make_model(
    folder: Path, *, layers: int = 2, width: int = 16, positions: int = 256, seed: int = 0
) -> Path:
    """Write a random GPT-2 with the authored labels to ``folder`` and return it."""
    torch.manual_seed(seed)
    encoder = Encoder(tiny_tokenizer(), AUTHORED_LABELS)
    config = GPT2Config(
        vocab_size=encoder.size, n_positions=positions, n_embd=width, n_layer=layers, n_head=2
    )
    folder.mkdir(parents=True, exist_ok=True)
    save_model(Folder(folder), GPT2LMHeadModel(config), encoder, {})
    return folder


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a random two-layer GPT-2; read only."""
    return make_model(tmp_path_factory.mktemp("base") / "model")


@pytest.fixture(scope="session")
def tiny_lm(tiny_model: Path) -> LanguageModel:
    return load_model(tiny_model)

"""A bundle that drafts whole sentences: a tiny GPT-2 that learned a few replies by heart, made in seconds."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import GPT2Config, GPT2LMHeadModel

from tests.trainer.conftest import tiny_tokenizer
from trainer.bundle import load_model, save_model
from trainer.bundling import make_bundle
from trainer.config import CriticConfig
from trainer.critic_train import from_base
from trainer.dialogue import Dialogue, Turn
from trainer.prompt import AUTHORED_LABELS, Encoder
from trainer.sealed import Folder

MESSAGES = (
    ("I said yes to the extra shift again and my daughter put her swimming bag away.", "shame"),
    ("The house is so quiet since he left, I keep the radio on all night.", "sadness"),
)
REPLIES = (
    ("open question", "What was that moment like when you stood there?"),
    ("open question", "Which part of it keeps coming back to you at night?"),
    ("reflection", "You carried this home and it has not let you go."),
    ("reflection", "Something in you went very still just then."),
    ("validation", "Anyone would feel the weight of a day like that."),
    ("validation", "It makes sense that this still stings."),
    ("interpretation", "Perhaps being needed has been a way of being loved."),
    ("suggestion", "We could look at one small thing to try this week."),
    ("information", "Worry often shows itself in the body first."),
    ("structuring", "Let us stay with this one and leave the rest for later."),
    ("other", "I read your message twice and I am with you in it."),
)
STEPS, BATCH = 90, 8


def talk(text: str, name: str = "d1") -> Dialogue:
    """A conversation of one message."""
    return Dialogue(name, "test", None, (Turn("client", text),))


def make_desk_bundle(folder: Path) -> Path:
    """Train the model, add an untrained critic, write the bundle below ``folder`` and return it."""
    torch.set_num_threads(1)  # threads that wait for each other on a busy machine cost more than they give
    torch.manual_seed(0)
    lines = tuple(text for text, _ in MESSAGES) + tuple(reply for _, reply in REPLIES)
    encoder = Encoder(tiny_tokenizer(lines, 600), AUTHORED_LABELS)
    shape = GPT2Config(vocab_size=encoder.size, n_positions=256, n_embd=32, n_layer=2, n_head=2)
    model = GPT2LMHeadModel(shape)
    examples = [
        encoder.example(
            Dialogue(
                "x", "test", None, (Turn("client", text, emotion), Turn("therapist", reply, None, strategy))
            ),
            1,
            128,
        )
        for text, emotion in MESSAGES
        for strategy, reply in REPLIES
    ]
    longest = max(len(example.ids) for example in examples)
    ids = torch.tensor([[*e.ids, *[encoder.end] * (longest - len(e.ids))] for e in examples])
    labels = torch.tensor(
        [
            [-100] * e.loss_from + list(e.ids[e.loss_from :]) + [-100] * (longest - len(e.ids))
            for e in examples
        ]
    )
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for step in range(STEPS):
        rows = torch.arange(step * BATCH, (step + 1) * BATCH) % len(ids)
        loss = model(input_ids=ids[rows], labels=labels[rows]).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    trained, critic = folder / "model", folder / "critic"
    for made in (trained, critic):
        made.mkdir(parents=True)
    save_model(Folder(trained), model, encoder, {})
    from_base(load_model(trained), CriticConfig(layers=1)).save(Folder(critic), {})
    bundle, _ = make_bundle(
        trained, critic, folder / "bundle", None, name="tiny", version="1", licence="CC0-1.0", notice=None
    )
    return bundle

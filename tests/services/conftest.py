"""An open vault without the slow key derivation, and values as the model process would send them."""

from __future__ import annotations

import itertools

import pytest

from tfdesk.services.review import Review
from tfdesk.services.sessions import Sessions
from tfdesk.store.crypto import new_key
from tfdesk.store.vault import Vault
from trainer.events import Component, ContextUsed, Draft, ModelName, Reward, Risk, Span, Suggestion

SCREENED = Risk("screened")
HIT = Risk("hit", ("suicide",), (Span(0, 2, 6),))


def suggestion(*texts: str) -> Suggestion:
    """An answer with one draft per text, best first."""
    drafts = tuple(
        Draft(text, "reflection", Reward(0.8, {"fluency": Component(0.8, 1.0, (Span("reply", 0, 1, 0.1),))}))
        for text in texts
    )
    context = ContextUsed(None, 1, 1, 20, False, "prompt")
    return Suggestion(ModelName("tiny", "1", "00"), SCREENED, None, context, drafts, None, None, {})


@pytest.fixture
def vault(tmp_path):
    vault = Vault.create(tmp_path / "vault.db", new_key())
    yield vault
    vault.close()


@pytest.fixture
def clock():
    """Seconds that go up by one with every look."""
    counter = itertools.count(1_000_000)
    return lambda: float(next(counter))


@pytest.fixture
def sessions(vault, clock):
    return Sessions(vault, now=clock)


@pytest.fixture
def review(vault, clock):
    return Review(vault, now=clock)

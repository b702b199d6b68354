"""Shared fixtures. Everything a test needs is made here or lies in tests/data: no network, no ../shared."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A law is not about time: on a busy machine it holds just as well.
settings.register_profile("tfdesk", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tfdesk")

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("TFDESK_NO_KEYRING", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


@pytest.fixture(scope="session")
def desk_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny bundle that drafts whole sentences, trained once per run; read only."""
    from tests.desk_model import make_desk_bundle  # torch: only for tests that draft

    return make_desk_bundle(tmp_path_factory.mktemp("desk"))

"""What tests of faults share. ``tests/faults/rows.py`` lists which test covers which fault."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.faults.tools import new_clinic
from tfdesk.core.paths import Paths
from tfdesk.services.access import Access
from tfdesk.store.crypto import Argon2Parameters


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Callable[[int, str], None]:
    """``tell(tries, outcome)``: what docs/faults.md says of this test."""

    def note(tries: int, outcome: str) -> None:
        record_property("tries", tries)
        record_property("outcome", outcome)

    return note


@pytest.fixture
def cheap_argon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passphrases that are quick to derive: their cost has its own tests."""
    monkeypatch.setattr(Argon2Parameters.__init__, "__defaults__", (64, 1, 1))


@pytest.fixture
def paths(tmp_path, cheap_argon) -> Paths:
    return Paths.default(tmp_path / "data")


@pytest.fixture
def session(paths) -> int:
    """The number of a session in a vault with one client."""
    return new_clinic(Access(paths))

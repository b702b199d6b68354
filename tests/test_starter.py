"""The model that ships: whole, pinned, small, and made of sources that may be shipped."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from trainer.bundle import load_model
from trainer.config import STARTER_SHA256, InputError, starter_dir
from trainer.data import sources
from trainer.engine import load_engine


def test_its_manifest_is_the_one_pinned_in_code() -> None:
    assert hashlib.sha256((starter_dir() / "bundle.json").read_bytes()).hexdigest() == STARTER_SHA256


def test_a_changed_starter_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "starter"
    shutil.copytree(starter_dir(), copy)
    manifest = json.loads((copy / "bundle.json").read_text(encoding="utf8"))
    (copy / "bundle.json").write_text(json.dumps(manifest | {"notice": None}), encoding="utf8")
    monkeypatch.setattr("trainer.engine.starter_dir", lambda: copy)
    with pytest.raises(InputError, match="starter"):
        load_engine(copy, None, None, lambda: 0.0)


def test_it_learned_only_from_sources_that_may_be_shipped() -> None:
    manifest = load_model(starter_dir()).manifest
    assert manifest is not None
    allowed, _ = sources()
    assert manifest.sources
    for entry in manifest.sources:
        assert entry["licence"] == allowed[entry["id"]].licence
        assert entry["rows"] > 0


def test_it_fits_into_the_repository() -> None:
    assert sum(file.stat().st_size for file in starter_dir().iterdir()) < 60_000_000


def test_it_says_that_it_is_for_evaluation() -> None:
    manifest = load_model(starter_dir()).manifest
    assert manifest is not None
    assert "evaluation" in (manifest.notice or "")

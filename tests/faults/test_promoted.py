"""The weights of the model that a supervisor chose are damaged on the disk; its manifest is not."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.desk_model import MESSAGES, talk
from tests.faults.tools import PASSPHRASE, ROOT, flipped
from tfdesk.app import App
from tfdesk.core.settings import Settings
from tfdesk.jobs.desk_state import Phase
from tfdesk.services.access import Access
from tfdesk.services.models import Models
from trainer.config import starter_dir
from trainer.dialogue import as_json

WAIT = 240_000


@pytest.fixture
def access(paths, desk_bundle, tmp_path) -> Iterator[Access]:
    """A vault in which the supervisor chose a bundle, one bit of whose weights was then turned over."""
    access = Access(paths)
    access.create(PASSPHRASE)
    access.set_passphrase("two horses", "supervisor")
    bundle = shutil.copytree(desk_bundle, tmp_path / "clinic")
    models = Models(access.vault, paths)
    folder = models.promote(bundle, "clinic 1", access=access, passphrase="two horses")
    weights = max(folder.glob("*.safetensors"), key=lambda file: file.stat().st_size)
    weights.write_bytes(flipped(weights.read_bytes(), random.Random(10), weights.stat().st_size // 2))
    assert models.active() == folder  # its manifest is still the one that was signed
    yield access
    access.lock()


def test_fault_10_the_window_drafts_with_the_starter_and_says_so(
    access, paths, qapp, qtbot, desk_bundle, tell
):
    app = App(application=qapp, paths=paths, settings=Settings(theme="light"), access=access)
    try:
        app.window.show()
        app.open_desk()
        assert not app.workspace.warning.isVisible()
        app.desk.add_client("Nora B.", "")
        app.desk.add_client_message(MESSAGES[0][0])
        qtbot.waitUntil(lambda: app.model.ready is not None, timeout=WAIT)
        starter = json.loads((starter_dir() / "bundle.json").read_text())
        assert (app.model.ready.model.name, app.model.ready.model.version) == (
            starter["name"],
            starter["version"],
        )
        assert app.workspace.warning.isVisible()
        said = app.workspace._warning_words.text()
        assert "cannot be used" in said
        assert "starter drafts" in said
        qtbot.waitUntil(lambda: app.desk.state.phase in (Phase.READY, Phase.ABSTAINED), timeout=WAIT)
        Models(access.vault, paths).use_starter(access=access, passphrase="two horses")
        app.open_model()
        assert not app.workspace.warning.isVisible()
    finally:
        app.window.close()
        app.deleteLater()
        qapp.processEvents()
    tell(1, "the starter drafts; one sentence above the desk until another model is chosen")


def test_fault_10_suggest_drafts_with_the_starter_and_says_so(access, paths, tmp_path, tell):
    typed, asked = tmp_path / "typed", tmp_path / "talk.json"
    typed.write_text(PASSPHRASE)
    asked.write_text(json.dumps(as_json(talk(MESSAGES[0][0]))))
    access.lock()
    words = ["suggest", str(asked), "--json", "--data-dir", str(paths.root), "--passphrase-file", str(typed)]
    folder = next(paths.models_dir.iterdir())

    def suggest(*more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "tfdesk", *words, *more]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    done = suggest()
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["model"]["name"] == "starter"
    (said,) = done.stderr.splitlines()
    assert said.endswith("The starter drafts instead.")
    named = suggest("--model", str(folder))  # who asks for just this one gets no other
    assert (named.returncode, named.stdout) == (2, "")
    tell(2, "the starter drafts and stderr says so; a model named by --model is refused")

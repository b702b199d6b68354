"""A client is erased by another program while the window learns from them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from tests.faults.tools import ROOT
from tests.ui.conftest import PASSPHRASE, make_app, opened, options  # noqa: F401 (the fixtures of the window)
from tests.ui.test_workshop_page import FakeRuns
from tfdesk.jobs.workshop import RunState, Workshop
from tfdesk.services.access import VaultState
from tfdesk.services.consent import Consents
from tfdesk.services.models import Models
from tfdesk.services.review import Review
from tfdesk.services.runs import Stage
from tfdesk.services.sessions import Sessions
from tfdesk.services.training_material import TrainingMaterial
from tfdesk.store import lineage

WAIT = 120_000


def other_program(access, typed: Path, *words: str) -> None:
    """``tfdesk ...`` in a process of its own, on the same vault."""
    typed.write_text(PASSPHRASE)
    where = ["--data-dir", str(access.paths.root), "--passphrase-file", str(typed)]
    done = subprocess.run(
        [sys.executable, "-m", "tfdesk", *words, *where],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture
def workshop(opened):  # noqa: F811 (a fixture takes another by its name)
    """The window's workshop, at the beginning of a run on the vault's one client."""
    vault = opened.app.access.vault
    sessions = Sessions(vault)
    client = sessions.add_client("Nora B.")
    turn = sessions.add_client_turn(sessions.latest_session(client.id).id, "I said yes again")
    Review(vault).write_own(turn.id, "What was that like?")
    Consents(vault).record("Nora B.", "training", True, "therapist")
    runs = FakeRuns(opened.app.access.paths, Models(vault, opened.app.access.paths).run_key())
    made = opened.app.workshop = Workshop(runs)
    made.runs = runs
    made.begin_with(TrainingMaterial(vault))
    yield made
    made.shut_down()


def left_of(run) -> list[str]:
    """Every file in the folder of a run."""
    return [str(file.relative_to(run.path)) for file in run.path.rglob("*") if file.is_file()]


@pytest.mark.parametrize("locked", [False, True], ids=["open", "locked"])
def test_fault_33_the_run_stops_when_its_client_is_erased(opened, workshop, qtbot, tmp_path, tell, locked):  # noqa: F811
    workshop.runs.options = ("--wait",)
    qtbot.waitUntil(lambda: workshop.state.stage is Stage.RL and workshop.state.step == 22, timeout=WAIT)
    assert workshop.history.samples
    run, pid = workshop.state.run, workshop._process._child.pid
    assert run.data.exists()
    if locked:
        opened.app.lock()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    other_program(opened.app.access, tmp_path / "typed", "client", "erase", "Nora B.", "--yes")
    qtbot.waitUntil(lambda: workshop.state.run_state is RunState.FAILED, timeout=WAIT)
    assert "no longer agrees" in workshop.state.reason
    assert not Path(f"/proc/{pid}").exists()
    assert left_of(run) == []
    assert workshop.history.samples == []
    workshop.resume()
    assert workshop.state.run_state is RunState.FAILED
    if opened.app.access.state is VaultState.LOCKED:
        opened.app.access.unlock(PASSPHRASE)
    with opened.app.access.vault.read() as db:
        assert lineage.withdrawn_runs(db) == {run.number}
    tell(1, "the process is ended within a second; nothing of the run is left; it cannot be resumed")


def test_fault_33_a_finished_model_stays_marked(opened, workshop, qtbot, tmp_path, tell):  # noqa: F811
    qtbot.waitUntil(lambda: workshop.state.stage is Stage.RL, timeout=WAIT)
    qtbot.waitUntil(lambda: workshop.state.stage is Stage.BUNDLE, timeout=WAIT)
    workshop.runs.options = ("--wait",)  # of the stage that follows
    qtbot.waitUntil(
        lambda: workshop.state.stage is Stage.EVALUATE and workshop.state.step == 22, timeout=WAIT
    )
    run = workshop.state.run
    other_program(opened.app.access, tmp_path / "typed", "consent", "revoke", "Nora B.", "--for", "training")
    qtbot.waitUntil(lambda: workshop.state.run_state is RunState.FAILED, timeout=WAIT)
    assert left_of(run) == ["bundle/bundle.json.sealed"]
    models = Models(opened.app.access.vault, opened.app.access.paths)
    assert [model.must_retrain for model in models.list() if model.kind == "trained"] == [True]
    tell(1, "the run stops, its finished model is marked")

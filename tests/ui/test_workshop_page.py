from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QDialog, QLabel
from pytestqt.qtbot import QtBot

from tests.ui.conftest import Opened
from tfdesk.core.paths import Paths
from tfdesk.jobs.workshop import RunState, Workshop
from tfdesk.services.consent import Consents
from tfdesk.services.models import Models
from tfdesk.services.runs import RunFolder, Runs, Stage
from tfdesk.ui.promote_dialog import PromoteDialog
from tfdesk.ui.workshop_page import WorkshopPage

FAKE = [sys.executable, str(Path(__file__).parent / "fake_trainer.py")]
SENTINEL = "zanzibar-sentinel"
WAIT = 60_000


class FakeRuns(Runs):
    """Real run folders, fake stages; ``options`` go to the next stage."""

    options: tuple[str, ...] = ()

    def command(self, run: RunFolder, stage: Stage, *, resume: bool = False) -> list[str]:
        return [*FAKE, stage.value, str(run.out(stage)), *self.options]


class Shop:
    """A workshop page over the opened vault, and a file to learn from."""

    def __init__(self, opened: Opened, folder: Path) -> None:
        access = opened.app.access
        models = Models(access.vault, Paths.default(folder))
        self.runs = FakeRuns(Paths.default(folder), models.run_key())
        self.workshop = Workshop(self.runs)
        self.models = models
        self.page = WorkshopPage(
            theme=opened.app.theme,
            workshop=self.workshop,
            models=models,
            access=access,
            tasks=opened.app.tasks,
        )
        self.page.resize(1280, 720)
        self.page.show()
        self.data = folder / "talks.jsonl"
        turns = [
            {"speaker": "client", "text": f"I said yes again {SENTINEL}"},
            {"speaker": "therapist", "text": "What was that like?"},
        ]
        self.data.write_text(json.dumps({"id": "a", "source": "test", "context": None, "turns": turns}))

    def words(self) -> str:
        QApplication.processEvents()
        return "\n".join(made.text() for made in self.page.findChildren(QLabel) if made.isVisible())


@pytest.fixture
def shop(opened: Opened, tmp_path: Path) -> Iterator[Shop]:
    made = Shop(opened, tmp_path)
    yield made
    made.workshop.shut_down()
    made.page.deleteLater()
    QApplication.processEvents()


def finish(shop: Shop, qtbot: QtBot, state: RunState = RunState.DONE) -> None:
    qtbot.waitUntil(lambda: shop.workshop.state.run_state is state, timeout=WAIT)


def test_a_file_goes_through_every_stage_and_the_report_opens(shop: Shop, qtbot: QtBot) -> None:
    shop.workshop.begin(shop.data)
    finish(shop, qtbot)
    assert shop.workshop.state.done == tuple(Stage)
    assert "Evaluation of clinic 1" in shop.page.browser.toPlainText()
    assert len(shop.workshop.history.curves[Stage.RL]["reward"]) == 40
    assert "done" in shop.words()


def test_a_run_leaves_no_readable_word_of_a_client_on_disk(shop: Shop, qtbot: QtBot) -> None:
    shop.workshop.begin(shop.data)
    finish(shop, qtbot)
    files = [path for path in shop.data.parent.rglob("*") if path.is_file() and path != shop.data]
    assert len(files) > 3
    assert [path.name for path in files if SENTINEL.encode() in path.read_bytes()] == []


def test_stopping_keeps_the_run_and_continuing_finishes_it(shop: Shop, qtbot: QtBot) -> None:
    shop.runs.options = ("--wait",)
    shop.workshop.begin(shop.data)
    qtbot.waitUntil(lambda: shop.workshop.state.step == 22, timeout=WAIT)
    shop.page.cancel.click()
    finish(shop, qtbot, RunState.CANCELLED)
    assert shop.page.go_on.isVisible()
    shop.runs.options = ()
    shop.page.go_on.click()
    finish(shop, qtbot)


def test_a_stage_that_fails_says_why(shop: Shop, qtbot: QtBot) -> None:
    shop.runs.options = ("--fail",)
    shop.workshop.begin(shop.data)
    finish(shop, qtbot, RunState.FAILED)
    assert "The data holds no reply." in shop.words()


def test_a_file_without_a_reply_is_refused_before_anything_is_written(shop: Shop) -> None:
    shop.data.write_text('{"id": "a", "turns": [{"speaker": "client", "text": "hello"}]}')
    shop.workshop.begin(shop.data)
    assert shop.workshop.state.run_state is RunState.NONE
    assert not (shop.data.parent / "runs").exists()
    [dialog] = shop.page.findChildren(QDialog)
    dialog.close()


def test_the_first_supervisor_sets_a_passphrase_and_the_model_is_in_use(shop: Shop, qtbot: QtBot) -> None:
    shop.workshop.begin(shop.data)
    finish(shop, qtbot)
    shop.page.use.click()
    [dialog] = shop.page.findChildren(PromoteDialog)
    dialog.passphrase.setText("supervisor words")
    assert not dialog.use.isEnabled()
    dialog.repeat.setText("supervisor words")
    with qtbot.waitSignal(shop.page.model_promoted, timeout=WAIT):
        dialog.use.click()
    assert (shop.models.active() / "bundle.json.sealed").is_file()
    signed_by = shop.models.list()[-1].signed_by
    assert signed_by is not None
    assert signed_by in shop.words()  # to be noted down


def test_locking_drops_the_sample_and_keeps_the_curves(shop: Shop, qtbot: QtBot) -> None:
    shop.workshop.begin(shop.data)
    finish(shop, qtbot)
    assert shop.workshop.history.samples
    shop.workshop.forget_words()
    assert not shop.workshop.history.samples
    assert shop.workshop.history.curves


def test_sessions_of_the_vault_are_offered_once_a_client_agreed(
    shop: Shop, opened: Opened, qtbot: QtBot
) -> None:
    assert not shop.page.consented.isEnabled()
    opened.client_says(f"I said yes again {SENTINEL}")
    opened.page.decisions.approve()
    Consents(opened.app.access.vault).record("Nora B.", "training", True, "therapist")
    shop.page.hide()
    shop.page.show()
    assert "clients who agreed to training: 1" in shop.words()
    shop.page.consented.click()
    finish(shop, qtbot)
    assert "dialogues: 1" in shop.words()
    access, bundle = opened.app.access, shop.workshop.bundle()
    assert bundle is not None
    access.set_passphrase("supervisor words", "supervisor")
    shop.models.promote(bundle, "ours", access=access, passphrase="supervisor words")
    Consents(access.vault).record("Nora B.", "training", False, "therapist")
    assert [model.must_retrain for model in shop.models.list()] == [False, True]
    assert shop.page.withdrawn.isHidden()
    shop.page.hide()
    shop.page.show()
    assert not shop.page.withdrawn.isHidden()
    assert "Train anew" in shop.page.withdrawn.text()


def test_a_run_whose_words_were_withdrawn_does_not_go_on(shop: Shop, qtbot: QtBot) -> None:
    shop.runs.options = ("--wait",)
    shop.workshop.begin(shop.data)
    qtbot.waitUntil(lambda: shop.workshop.state.step == 22, timeout=WAIT)
    shop.page.cancel.click()
    finish(shop, qtbot, RunState.CANCELLED)
    assert shop.workshop.state.run is not None
    shop.workshop.state.run.data.unlink()
    shop.page.go_on.click()
    assert shop.workshop.state.run_state is RunState.FAILED
    assert "no longer agrees" in shop.words()


def test_a_stage_that_goes_on_with_half_as_much_at_once_says_so(shop: Shop, qtbot: QtBot) -> None:
    shop.runs.options = ("--halved", "--wait")
    shop.workshop.begin(shop.data)
    qtbot.waitUntil(lambda: shop.workshop.state.step == 22, timeout=20_000)
    assert "memory ran out" in shop.words()
    shop.workshop.cancel()
    qtbot.waitUntil(lambda: shop.workshop.state.run_state is RunState.CANCELLED, timeout=20_000)

"""The window with the real model process and the real trainer, on a model that is made in seconds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.desk_model import MESSAGES, REPLIES
from tests.ui.conftest import PASSPHRASE
from tfdesk.app import App
from tfdesk.core.paths import Paths
from tfdesk.core.settings import Settings
from tfdesk.jobs.desk_state import Phase
from tfdesk.jobs.workshop import RunState
from tfdesk.services import models, runs
from tfdesk.services.access import Access
from tfdesk.services.runs import Runs, Stage

WAIT = 200_000
SENTINEL = "zanzibar-sentinel"
SHORT = {
    Stage.SFT: ("max_steps=2", "batch=2", "max_length=96"),
    Stage.RL: ("max_steps=2", "prompts=2", "completions=2", "max_prompt=64", "max_reply=12"),
    Stage.EVALUATE: ("max_prompts=4", "max_reply=12", "bootstrap=20", "samples=2"),
}


@pytest.fixture
def open_app(
    qapp: QApplication, qtbot: QtBot, tmp_path: Path, desk_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], App]]:
    """The app as main() builds it, but for the starter; unlocked, its model loaded."""
    monkeypatch.setattr(models, "starter_dir", lambda: desk_bundle)
    monkeypatch.setattr(runs, "starter_dir", lambda: desk_bundle)
    made: list[App] = []

    def run() -> App:
        paths = Paths.default(tmp_path / "data")
        app = App(
            application=qapp,
            paths=paths,
            settings=Settings(theme="light"),
            access=Access(paths),
            make_runs=lambda where, key: Runs(where, key, settings=SHORT),
        )
        made.append(app)
        app.access.create(PASSPHRASE)
        app.window.show()
        app.open_desk()
        qtbot.waitUntil(lambda: app.model.ready is not None, timeout=WAIT)
        return app

    yield run
    for app in made:
        app.window.close()
        app.deleteLater()
    qapp.processEvents()


def test_the_real_model_process_screens_and_drafts(open_app: Callable[[], App], qtbot: QtBot) -> None:
    app = open_app()
    assert app.desk is not None
    app.desk.add_client("Nora B.", "")
    app.desk.add_client_message(MESSAGES[0][0])
    qtbot.waitUntil(lambda: app.desk.state.phase in (Phase.READY, Phase.ABSTAINED), timeout=WAIT)  # type: ignore[union-attr]
    assert app.desk.state.turn is not None
    assert app.desk.state.turn.risk is not None
    assert app.desk.state.turn.risk.status == "screened"
    assert app.desk.state.context is not None
    app.desk.add_client_message("I want to kill myself tonight.")
    qtbot.waitUntil(lambda: app.desk.state.phase is Phase.RISK, timeout=WAIT)  # type: ignore[union-attr]
    assert app.desk.state.marked[0].risk.spans


@pytest.mark.slow
def test_a_file_is_trained_on_measured_and_drafted_with(
    open_app: Callable[[], App], qtbot: QtBot, tmp_path: Path
) -> None:
    app = open_app()
    data = tmp_path / "talks.jsonl"
    talks = [
        {
            "id": f"talk-{number}",
            "turns": [
                {"speaker": "client", "text": f"{text} {SENTINEL} {number}", "emotion": emotion},
                {"speaker": "therapist", "text": reply, "strategy": strategy},
            ],
        }
        for number, ((text, emotion), (strategy, reply)) in enumerate(
            (message, reply) for message in MESSAGES for reply in REPLIES
        )
    ]
    data.write_text("\n".join(json.dumps(talk) for talk in talks))
    assert app.workshop is not None
    app.workshop.begin(data)
    finished = (RunState.DONE, RunState.FAILED)
    qtbot.waitUntil(lambda: app.workshop.state.run_state in finished, timeout=900_000)  # type: ignore[union-attr]
    assert app.workshop.state.reason == ""
    assert app.workshop.state.done == tuple(Stage)
    assert "<h1>" in app.workshop.report()
    written = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert [path.name for path in written if SENTINEL.encode() in path.read_bytes()] == []
    bundle = app.workshop.bundle()
    assert bundle is not None
    app.access.set_passphrase("supervisor words", "supervisor")
    models.Models(app.access.vault, app.access.paths).promote(
        bundle, "Clinic model 1", access=app.access, passphrase="supervisor words"
    )
    app.open_model()
    qtbot.waitUntil(
        lambda: app.model.ready is not None and app.model.ready.model.name == "clinic", timeout=WAIT
    )

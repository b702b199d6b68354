from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from tfdesk.jobs.tasks import Tasks


class Listener(QObject):
    """Notes what came back, and on which thread."""

    def __init__(self) -> None:
        super().__init__()
        self.results: list[object] = []
        self.threads: set[int] = set()

    def on_done(self, result: object) -> None:
        self.results.append(result)
        self.threads.add(threading.get_ident())


def test_work_runs_beside_the_gui_thread_and_its_result_comes_back_on_it(qtbot: QtBot) -> None:
    tasks, listener = Tasks(), Listener()
    tasks.run_in_background(threading.get_ident, listener.on_done, listener.on_done)
    qtbot.waitUntil(lambda: len(listener.results) == 1)
    assert listener.results != [threading.get_ident()]
    assert listener.threads == {threading.get_ident()}


def test_an_exception_comes_back_as_a_value(qtbot: QtBot) -> None:
    tasks, listener = Tasks(), Listener()
    tasks.run_in_background(lambda: 1 / 0, listener.on_done, listener.on_done)
    qtbot.waitUntil(lambda: len(listener.results) == 1)
    with pytest.raises(ZeroDivisionError):
        raise listener.results[0]  # type: ignore[misc]


def test_pieces_of_work_run_one_after_another_in_their_order(qtbot: QtBot) -> None:
    tasks, listener = Tasks(), Listener()
    for number in range(20):
        tasks.run_in_background(lambda number=number: number, listener.on_done, listener.on_done)
    qtbot.waitUntil(lambda: len(listener.results) == 20)
    assert listener.results == list(range(20))

"""Commands in a process of their own that is killed, at a chosen step or at any time."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tfdesk.cli import main
from tfdesk.store.vault import Vault

# A copy of this process, not a new interpreter: dozens of kills would take a minute.
_FORK = multiprocessing.get_context("fork")


class Run:
    """``tfdesk WORDS`` in a child that kills itself before its ``at``th step on the disk (0: never)."""

    def __init__(self, at: int, folder: Path, phrase: Path, *words: object) -> None:
        self._steps = _FORK.Value("i", 0)
        self._argv = ["--data-dir", str(folder), *map(str, words), "--passphrase-file", str(phrase)]
        self._at = at
        self._child = _FORK.Process(target=self._work)
        self._child.start()

    def wait(self, seconds: float | None = None) -> int | None:
        """The exit code, negative for a signal; None when it still runs after ``seconds``."""
        self._child.join(seconds)
        return self._child.exitcode

    def kill(self) -> None:
        self._child.kill()
        self._child.join()

    @property
    def steps(self) -> int:
        return int(self._steps.value)

    def _work(self) -> None:
        os.fsync, os.replace = self._counted(os.fsync), self._counted(os.replace)
        Path.unlink = self._counted(Path.unlink)  # type: ignore[method-assign]
        for name in ("export_to", "close", "check"):
            setattr(Vault, name, self._counted(getattr(Vault, name)))
        os._exit(main(self._argv))

    def _counted(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def step(*args: Any, **kwargs: Any) -> Any:
            self._steps.value += 1
            if self._steps.value == self._at:
                os.kill(os.getpid(), signal.SIGKILL)
            return original(*args, **kwargs)

        return step


def run_until(at: int, folder: Path, phrase: Path, *words: object) -> tuple[int | None, int]:
    """Exit code and number of steps of such a run."""
    run = Run(at, folder, phrase, *words)
    return run.wait(), run.steps

"""Real faults for the tests of this folder: killed children, full and read-only disks, flipped bits."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tfdesk.services.access import Access
from tfdesk.services.sessions import Sessions
from tfdesk.store import audit
from tfdesk.store.vault import Vault

ROOT = Path(__file__).parents[2]
PASSPHRASE = "one horse"
# A copy of this process, not a new interpreter: dozens of kills would take minutes.
FORK = multiprocessing.get_context("fork")

Tell = Callable[[str], None]


def tries(quick: int, long: int) -> pytest.MarkDecorator:
    """Run a fault a few times in the ordinary suite and many times in the long run (``-m slow``)."""
    return pytest.mark.parametrize("tries", [quick, pytest.param(long, marks=pytest.mark.slow)])


def killed_while(work: Callable[[Tell], None], seconds: float, after: int = 1) -> list[str]:
    """Run ``work`` in a child and kill it -9, ``seconds`` after its ``after``th word; returns all it told."""
    reading, writing = os.pipe()

    def tell(text: str) -> None:
        os.write(writing, f"{text}\n".encode())

    child = FORK.Process(target=_work_and_end, args=(work, tell))
    child.start()
    os.close(writing)
    with os.fdopen(reading) as told:
        lines = [told.readline() for _ in range(after)]
        time.sleep(seconds)
        child.kill()
        lines += told.readlines()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    return [line.rstrip("\n") for line in lines]


def told_by(work: Callable[[Tell], None]) -> list[str]:
    """Run ``work`` in a child to its end; returns all that it told."""
    reading, writing = os.pipe()
    child = FORK.Process(
        target=_work_and_end, args=(work, lambda text: os.write(writing, f"{text}\n".encode()))
    )
    child.start()
    os.close(writing)
    with os.fdopen(reading) as told:
        lines = told.read().splitlines()
    child.join()
    assert child.exitcode == 0
    return lines


def _work_and_end(work: Callable[[Tell], None], tell: Tell) -> None:
    work(tell)
    os._exit(0)


def killed_at(step: int, work: Callable[[], None], *places: tuple[Any, str]) -> bool:
    """Run ``work`` in a child that kills itself -9 before its ``step``th call of one of ``places``.

    A place is (object, name of its function). Returns whether it was killed; False: ``work`` ended before.
    """

    def run() -> None:
        seen = 0

        def counted(original: Callable[..., Any]) -> Callable[..., Any]:
            def call(*args: Any, **kwargs: Any) -> Any:
                nonlocal seen
                seen += 1
                if seen == step:
                    os.kill(os.getpid(), signal.SIGKILL)
                return original(*args, **kwargs)

            return call

        for owner, name in places:
            setattr(owner, name, counted(getattr(owner, name)))
        work()
        os._exit(0)

    child = FORK.Process(target=run)
    child.start()
    child.join()
    assert child.exitcode in (0, -signal.SIGKILL)
    return bool(child.exitcode)


def flipped(data: bytes, chance: random.Random, start: int = 0) -> bytes:
    """``data`` with one bit of it, from byte ``start`` on, turned over."""
    changed = bytearray(data)
    changed[chance.randrange(start, len(data))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def in_new_mounts(mounting: str, command: Sequence[str]) -> list[str]:
    """``command`` where ``mounting`` (shell) was mounted for it alone; skips where that is not allowed."""
    if shutil.which("unshare") is None:
        pytest.skip("there is no unshare on this system")
    line = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]
    probe = subprocess.run([*line, "sh", "-c", "mount -t tmpfs none /mnt"], capture_output=True, check=False)
    if probe.returncode:
        pytest.skip("mounting is not allowed here, not even in a namespace of one's own")
    return [*line, "sh", "-e", "-c", f'{mounting}\nexec "$@"', "sh", *command]


def read_only(folder: Path, command: Sequence[str]) -> list[str]:
    """``command`` for which ``folder`` is mounted read-only."""
    return in_new_mounts(f'mount --bind "{folder}" "{folder}"; mount -o remount,bind,ro "{folder}"', command)


def small_disk(folder: Path, size: str, command: Sequence[str]) -> list[str]:
    """``command`` for which ``folder`` is an empty disk of ``size`` ("2m") that really gets full."""
    return in_new_mounts(f'mount -t tmpfs -o size={size} none "{folder}"', command)


def script(work: Callable[[Path], dict[str, Any]], folder: Path) -> list[str]:
    """The command line that runs a function of a test module on ``folder`` and prints what it returns."""
    code = (
        f"import json, sys; from pathlib import Path; from {work.__module__} import {work.__name__} as work; "
        "print(json.dumps(work(Path(sys.argv[1]))))"
    )
    return [sys.executable, "-c", code, str(folder)]


def run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a command from the root of the source."""
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


def result(command: Sequence[str]) -> dict[str, Any]:
    """What ``script`` printed."""
    done = run(command)
    assert done.returncode == 0, done.stderr
    value: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return value


def texts(vault: Vault) -> set[str]:
    """Every message in a vault that is whole: pages, links between tables, audit chain."""
    vault.check()
    with vault.read() as db:
        assert audit.first_fault(db) is None
        return {str(row[0]) for row in db.rows("SELECT text FROM turns")}


def new_clinic(access: Access) -> int:
    """Make a vault with one client; returns the number of their session. The vault is locked after."""
    access.create(PASSPHRASE)
    sessions = Sessions(access.vault)
    session = sessions.latest_session(sessions.add_client("Marta K.").id)
    access.lock()
    return session.id

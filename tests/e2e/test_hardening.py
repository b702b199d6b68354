"""No core dumps and no reader of their memory: the window, the model and the training, through /proc."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
NOBODY = 65534
PLAIN = ["-c", "import sys; sys.stdin.read()"]
COMMANDS = {
    "window": ["-m", "tfdesk", "--data-dir", "DATA"],
    "model": ["-m", "trainer", "serve", "--model", "DATA", "--sealed"],
    "training": ["-m", "trainer", "sft", "--data", "D", "--model", "M", "--out", "DATA/out", "--sealed"],
    "command line": ["-m", "tfdesk", "vault", "status", "--data-dir", "DATA", "--passphrase-file", "-"],
}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux only")


def as_user() -> dict[str, Any]:
    """The administrator may read everything: the tests then run as somebody who may not."""
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder of that user."""
    with tempfile.TemporaryDirectory() as made:
        if os.geteuid() == 0:
            os.chown(made, NOBODY, NOBODY)
        try:
            subprocess.run([sys.executable, "-c", "import tfdesk"], check=True, cwd=ROOT, **as_user())
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("another user than the administrator cannot run Python here")
        yield Path(made)


def start(words: Sequence[str], folder: Path) -> subprocess.Popen[bytes]:
    """A child that was allowed to dump core, waiting for its standard input."""
    import resource

    def allow_core() -> None:
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))

    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": str(folder), "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, *(word.replace("DATA", str(folder)) for word in words)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env=environment,
        preexec_fn=allow_core,
        **as_user(),
    )


def readable(pid: int) -> bool:
    """Whether another process of the same user may read what the process keeps to itself."""
    code = f"open('/proc/{pid}/environ').read(1)"
    return (
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, **as_user()).returncode
        == 0
    )


def core_limit(pid: int) -> list[str]:
    """The soft and the hard limit of core files."""
    lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
    return next(line for line in lines if line.startswith("Max core file size")).split()[4:6]


@pytest.fixture
def child(folder: Path) -> Iterator[Any]:
    """Starts one child; it is ended after the test."""
    made: list[subprocess.Popen[bytes]] = []

    def run(words: Sequence[str]) -> subprocess.Popen[bytes]:
        made.append(start(words, folder))
        return made[0]

    yield run
    for process in made:
        process.kill()
        process.communicate()


def test_an_ordinary_process_can_be_read(child: Any) -> None:
    assert readable(child(PLAIN).pid)


@pytest.mark.parametrize("kind", COMMANDS)
def test_a_process_with_keys_cannot_be_read_and_dumps_nothing(child: Any, kind: str) -> None:
    process = child(COMMANDS[kind])
    owner = Path(f"/proc/{process.pid}/environ")
    for _ in range(1200):  # until Python has come to our first line
        if process.poll() is not None or owner.stat().st_uid == 0:
            break
        time.sleep(0.05)
    assert process.poll() is None
    assert not readable(process.pid)
    assert core_limit(process.pid) == ["0", "0"]

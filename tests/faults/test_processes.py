"""What another program of the same user, and a crash, can get out of a running process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest

from tests.faults.tools import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux only")
NOBODY = 65534
WAITS = "import sys; {before}; print('up', flush=True); sys.stdin.read()"
PROTECTED = "from trainer.process import protect; protect()"


def user() -> dict[str, object]:
    """For a process without an administrator's rights, whoever runs the tests."""
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}


@contextmanager
def waiting(before):
    """A process of a user without rights that has run ``before`` and waits."""
    with subprocess.Popen(
        [sys.executable, "-c", WAITS.format(before=before)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd="/",
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        **user(),
    ) as child:
        if child.stdout.readline() != "up\n":
            pytest.skip(f"another user cannot run Python here: {child.communicate()[1][-200:]}")
        yield child.pid


def can_read(pid):
    """Whether a program of that same user may read the environment and the memory's map of ``pid``."""
    code = f"open('/proc/{pid}/environ', 'rb').read(); open('/proc/{pid}/maps').read()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd="/", check=False, **user())
    return done.returncode == 0


@pytest.mark.parametrize(("before", "readable"), [("pass", True), (PROTECTED, False)])
def test_fault_28_another_program_of_the_user_cannot_read_a_protected_process(tell, before, readable):
    with waiting(before) as pid:
        assert can_read(pid) is readable  # the first case shows that the second one means something
    tell(1, "(for comparison: without protection it can)" if readable else "refused by the kernel")


@pytest.mark.parametrize("entry", ["tfdesk", "trainer"])
def test_fault_28_every_process_of_ours_is_protected(entry):
    code = (
        f"import ctypes, resource, {entry}.__main__ as entry\n"
        "try: entry.main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), resource.getrlimit(resource.RLIMIT_CORE))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.splitlines()[-1] == "0 (0, 0)"


def test_fault_28_a_crash_leaves_no_core_file(tmp_path, tell):
    code = f"{PROTECTED}; import os; os.abort()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == -signal.SIGABRT
    assert list(tmp_path.iterdir()) == []
    tell(1, "no core file")

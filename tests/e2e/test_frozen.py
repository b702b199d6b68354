"""The frozen program does its main jobs with no Python on PATH.

Uses the program in the folder that TFDESK_FROZEN names; without it, builds one (minutes).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGING = Path(__file__).parents[2] / "packaging"
MISSING = [tool for tool in ("Xvfb", "xdotool", "import") if shutil.which(tool) is None]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a frozen program."""
    made = os.environ.get("TFDESK_FROZEN")
    if made:
        return Path(made)
    folder = tmp_path_factory.mktemp("frozen")
    build = [sys.executable, str(PACKAGING / "build.py")]
    subprocess.run([*build, "--dist", str(folder / "dist"), "--work", str(folder / "work")], check=True)
    return folder / "dist" / "tfdesk"


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")
def test_the_frozen_program_opens_its_window_drafts_trains_and_reports(program: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(PACKAGING / "smoke.py"), str(program)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == [
        "window",
        "drafts",
        "training",
        "report",
    ]


def test_a_folder_without_a_program_is_named(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(PACKAGING / "smoke.py"), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "there is no program in it" in done.stderr

#!/usr/bin/env python3
"""From a fresh clone to a running program, and every check. Standard library only; Python 3.11 or newer.

python3 packaging/dev.py run [ARGS]       set up, then start tfdesk (no display: a sample)
python3 packaging/dev.py test [ARGS]      set up, then every check that CI runs (ARGS go to pytest)
python3 packaging/dev.py screenshots OUT  a picture of every screen in every theme
python3 packaging/dev.py translate        the window's strings into the catalogues; lists what is untranslated
python3 packaging/dev.py faults           every fault, long version (about an hour); writes docs/faults.md
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "tfdesk-setup.txt"
TORCH = "torch==2.13.0"
CPU_WHEELS = "https://download.pytorch.org/whl/cpu"  # PyPI's Linux build brings gigabytes of GPU libraries
QT_PROBE = "import PySide6.QtWidgets"
# What Qt needs from a bare Debian or Ubuntu to draw offscreen or on X11.
QT_LIBRARIES = [
    "libegl1",
    "libgl1",
    "libxkbcommon0",
    "libxkbcommon-x11-0",
    "libfontconfig1",
    "libdbus-1-3",
    "libglib2.0-0",
    "libxcb-cursor0",
    "libxcb-icccm4",
    "libxcb-image0",
    "libxcb-keysyms1",
    "libxcb-render-util0",
    "libxcb-shape0",
    "fonts-dejavu-core",
]


def main(argv: list[str]) -> int:
    commands = {
        "run": run,
        "test": test,
        "screenshots": screenshots,
        "translate": translate,
        "faults": faults,
    }
    if not argv or argv[0] not in commands:
        print(__doc__)
        return 2
    if sys.version_info < (3, 11):  # noqa: UP036 (this file is what an older Python meets first)
        print("tfdesk needs Python 3.11 or newer; this is " + sys.version.split()[0] + ".")
        return 2
    os.chdir(ROOT)
    set_up()
    return commands[argv[0]](argv[1:])


def python() -> str:
    return str(VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))


def set_up() -> None:
    """Make .venv and install into it what pyproject.toml asks for; does nothing when that is done."""
    constraints = ROOT / "packaging" / "constraints.txt"
    wanted = hashlib.sha256((ROOT / "pyproject.toml").read_bytes() + constraints.read_bytes()).hexdigest()
    if STAMP.is_file() and STAMP.read_text() == wanted:
        return
    print("Setting up .venv (once; about 1 GB is downloaded) ...", flush=True)
    if not Path(python()).exists():
        venv.create(VENV, with_pip=True)
    pip = [python(), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if not works("import torch"):
        check([*pip, "--retries", "1", "--extra-index-url", CPU_WHEELS, TORCH])
    check([*pip, "-c", str(constraints), "-e", ".[dev]"])
    STAMP.write_text(wanted)


def works(code: str) -> bool:
    """Whether the environment's Python runs this code."""
    return not subprocess.run([python(), "-c", code], capture_output=True, check=False).returncode


def check(command: list[str]) -> None:
    """Run a step of the set-up; end the program with its exit code when it fails."""
    result = subprocess.run(command, check=False)
    if result.returncode:
        print(f"Set-up failed in: {' '.join(command[:6])} ... ; mend what it says above and run this again.")
        sys.exit(result.returncode)


def ensure_qt() -> None:
    """Qt's system libraries: installed when this is root on Debian or Ubuntu, else named."""
    if works(QT_PROBE):
        return
    install = ["apt-get", "install", "-y", "-qq", *QT_LIBRARIES]
    if sys.platform == "linux" and os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing Qt's system libraries ...", flush=True)
        quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
        subprocess.run(["apt-get", "update", "-qq"], check=False, **quiet)  # type: ignore[call-overload]
        subprocess.run(install, check=False, **quiet)  # type: ignore[call-overload]
    if not works(QT_PROBE):
        print("Qt's system libraries are missing. On Debian or Ubuntu: sudo " + " ".join(install))
        sys.exit(1)


def has_display() -> bool:
    if sys.platform != "linux":
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def run(args: list[str]) -> int:
    if has_display():
        ensure_qt()
        return subprocess.run([python(), "-m", "tfdesk", *args], check=False).returncode
    sample = ROOT / "resources" / "samples" / "conversation.json"
    print(
        "There is no display here, so the window stays closed. A sample conversation instead:\n", flush=True
    )
    return subprocess.run([python(), "-m", "tfdesk", "suggest", str(sample), *args], check=False).returncode


def test(args: list[str]) -> int:
    ensure_qt()
    steps = [
        ["ruff", "format", "--check", "."],
        ["ruff", "check", "."],
        ["mypy"],
        ["lint-imports"],
        ["pytest", *args],
    ]
    failed = []
    for step in steps:
        print(f"== {step[0]}", flush=True)
        script = Path(python()).with_name(step[0] + (".exe" if os.name == "nt" else ""))
        command = [str(script), *step[1:]]
        if subprocess.run(
            command, check=False, env={**os.environ, "QT_QPA_PLATFORM": "offscreen"}
        ).returncode:
            failed.append(step[0])
    print("All checks passed." if not failed else "Failed: " + ", ".join(failed), flush=True)
    return 1 if failed else 0


def screenshots(args: list[str]) -> int:
    ensure_qt()
    return subprocess.run(
        [python(), "packaging/screenshots.py", *(args or ["screenshots"])], check=False
    ).returncode


def translate(_args: list[str]) -> int:
    return subprocess.run([python(), "packaging/translate.py"], check=False).returncode


def faults(args: list[str]) -> int:
    ensure_qt()
    return subprocess.run([python(), "packaging/faults.py", *args], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

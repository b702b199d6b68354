#!/usr/bin/env python3
"""Drives a frozen program as a clinic's computer would: no Python on PATH, an empty home, its own screen.

    python3 packaging/smoke.py DIST [--picture FILE.png]

DIST is the folder of the program. It opens its window and closes it again, drafts, trains two steps of
SFT and of RL, and writes a report; every step is timed. The window needs Xvfb, xdotool and import (of
ImageMagick), so it is opened on Linux only. Standard library only. Exit code 0: all of it worked, 1: what did
not is named.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

STEP_SECONDS = 300.0  # a step that takes longer hangs
WINDOW_SECONDS = 60.0
EXCHANGES = (
    ("i lie awake until four and then i'm useless all day", "What goes through your mind at four?"),
    (
        "my brother hasn't called since the funeral",
        "You've been waiting for him to call. How is that for you?",
    ),
    ("everyone at work got thanked except me", "It sounds as if you felt left out of that room."),
    (
        "i cleaned the whole flat today, first time in weeks",
        "That took something. What made today different?",
    ),
)


class Failed(Exception):
    """A step that did not do what it should; the text says which and how."""


class Frozen:
    """The program under test, its own folders and its own environment."""

    def __init__(self, dist: Path, room: Path) -> None:
        self.room = room
        windows = sys.platform == "win32"
        self.window = dist / ("tfdesk.exe" if windows else "tfdesk")
        self.console = dist / ("tfdesk-console.exe" if windows else "tfdesk")
        if not self.window.is_file():
            raise Failed(f"{dist}: there is no program in it; build it with packaging/build.py.")
        self.starter = dist / "_internal" / "resources" / "models" / "starter"
        empty = room / "empty"
        empty.mkdir()
        self.environment = {
            "PATH": str(empty),
            "HOME": str(room),
            "XDG_RUNTIME_DIR": str(room),
            "TFDESK_DATA_DIR": str(room / "data"),
            "TFDESK_NO_KEYRING": "1",
            "LANG": "C.UTF-8",
            **{name: os.environ[name] for name in ("SYSTEMROOT", "TEMP") if name in os.environ},
        }

    def run(self, *arguments: str) -> str:
        """Standard output of one run. Raises Failed with its last words when it does not end with 0."""
        done = subprocess.run(
            [str(self.console), *arguments],
            env=self.environment,
            cwd=self.room,
            capture_output=True,
            encoding="utf8",
            timeout=STEP_SECONDS,
            check=False,
        )
        if done.returncode:
            last = "\n".join(done.stderr.splitlines()[-15:])
            raise Failed(f"tfdesk {' '.join(arguments)}: exit code {done.returncode}\n{last}")
        return done.stdout

    def dialogues(self) -> Path:
        """A file of dialogues to learn from and to be measured on."""
        file = self.room / "dialogues.jsonl"
        if not file.exists():
            file.write_text("".join(json.dumps(dialogue(n)) + "\n" for n in range(40)), encoding="utf8")
        return file


def dialogue(number: int, *, open_end: bool = False) -> dict[str, object]:
    """A short dialogue; ``open_end``: the client has the last word."""
    turns = []
    for client, therapist in EXCHANGES[number % 4 :] + EXCHANGES[: number % 4]:
        turns += [{"speaker": "client", "text": client}, {"speaker": "therapist", "text": therapist}]
    return {"id": f"smoke-{number}", "source": "smoke", "turns": turns[:-1] if open_end else turns}


def drafts(frozen: Frozen) -> str:
    """Ask for drafts twice: the contract's JSON, and the same words for the same seed."""
    file = frozen.room / "sample.json"
    file.write_text(json.dumps(dialogue(0, open_end=True)), encoding="utf8")
    first, again = (json.loads(frozen.run("suggest", str(file), "--json", "--seed", "7")) for _ in range(2))
    expected = {"model", "risk", "emotion", "context", "drafts", "withheld", "reason", "timing_ms"}
    if set(first) != expected:
        raise Failed(f"suggest: its JSON has the keys {sorted(first)}.")
    if not first["drafts"]:
        raise Failed(f"suggest: no draft; withheld: {first['withheld']}, reason: {first['reason']}")
    if first["drafts"] != again["drafts"]:
        raise Failed("suggest: the same seed gave other drafts.")
    return f"{len(first['drafts'])} drafts; milliseconds {first['timing_ms']}"


def training(frozen: Frozen) -> str:
    """Two steps of SFT from the starter, then two of RL from its result."""
    tuned, rewarded = frozen.room / "sft", frozen.room / "rl"
    common = ["--data", str(frozen.dialogues()), "--set", "max_steps=2", "--events"]
    small = ["--set", "prompts=2", "--set", "completions=2", "--set", "max_reply=12"]
    frozen.run(
        "trainer", "sft", "--model", str(frozen.starter), *common, "--set", "batch=2", "--out", str(tuned)
    )
    policy = ["--model", str(tuned), "--critic", str(frozen.starter)]
    frozen.run("trainer", "rl", *policy, *common, *small, "--out", str(rewarded))
    if not (rewarded / "model.safetensors").is_file():
        raise Failed("trainer rl: it wrote no model.")
    return "2 steps of SFT, 2 of RL"


def report(frozen: Frozen) -> str:
    """An evaluation report of a few replies: the libraries that measure and draw."""
    data, out = str(frozen.dialogues()), frozen.room / "report"
    files = ["--model", str(frozen.starter), "--data", data, "--train", data, "--out", str(out)]
    small = ["--set", "max_prompts=4", "--set", "max_reply=12", "--set", "bootstrap=20"]
    frozen.run("trainer", "evaluate", *files, *small, "--events")
    measured = json.loads((out / "report.json").read_text(encoding="utf8"))
    if not (out / "report.html").is_file():
        raise Failed("trainer evaluate: it wrote no report.html.")
    return f"{measured['n']} replies measured"


@contextmanager
def screen() -> Iterator[str]:
    """A virtual display of its own; gives its name."""
    for tool in ("Xvfb", "xdotool", "import", "ps"):
        if shutil.which(tool) is None:
            raise Failed(f"{tool} is not installed; the window cannot be checked without it.")
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1440x900x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read) as pipe:
        number = pipe.readline().strip()
    try:
        if not number:
            raise Failed("Xvfb did not start.")
        yield f":{number}"
    finally:
        server.terminate()
        server.wait()


class CloseMessage(ctypes.Structure):
    """What a window manager sends when a person clicks the cross (Xlib's XClientMessageEvent)."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("message_type", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
        ("rest_of_event", ctypes.c_long * 12),  # Xlib copies the size of its largest event
    )


def ask_to_close(display: str, window: int) -> None:
    """Close a window as its cross would; the tools at hand can only destroy it."""
    x11 = ctypes.CDLL("libX11.so.6")
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XInternAtom.restype = ctypes.c_ulong
    opened = ctypes.c_void_p(x11.XOpenDisplay(display.encode()))
    atoms = [x11.XInternAtom(opened, name, False) for name in (b"WM_PROTOCOLS", b"WM_DELETE_WINDOW")]
    client_message = 33
    message = CloseMessage(type=client_message, window=window, message_type=atoms[0], format=32)
    message.data[0] = atoms[1]
    x11.XSendEvent(opened, ctypes.c_ulong(window), False, ctypes.c_long(0), ctypes.byref(message))
    x11.XCloseDisplay(opened)


def processor_seconds(pid: int) -> float:
    """What a process has used of the processors so far; on a busy machine its clock says little."""
    user, system = Path(f"/proc/{pid}/stat").read_text(encoding="utf8").rsplit(")")[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def until(what: str, program: subprocess.Popen[bytes], found: Callable[[], str]) -> str:
    """Ask again and again until there is an answer. Raises Failed when the program ends or takes too long."""
    end = time.monotonic() + WINDOW_SECONDS
    while time.monotonic() < end:
        answer = found()
        if answer:
            return answer
        if program.poll() is not None:
            raise Failed(f"{what}: the program ended with exit code {program.returncode} before it came.")
        time.sleep(0.02)
    raise Failed(f"{what}: nothing after {WINDOW_SECONDS:.0f} s.")


def opened_and_closed(frozen: Frozen, picture: Path | None) -> str:
    """Open the window, see the model process start, photograph it, close it: nothing may be left behind."""
    with screen() as display, open(frozen.room / "window.txt", "w+", encoding="utf8") as said:
        tools = {**os.environ, "DISPLAY": display}

        def ask(*command: str) -> str:
            return subprocess.run(
                command, env=tools, capture_output=True, text=True, check=False
            ).stdout.strip()

        started = time.monotonic()
        window = subprocess.Popen(
            [str(frozen.window)], env={**frozen.environment, "DISPLAY": display}, stdout=said, stderr=said
        )
        try:
            search = ("xdotool", "search", "--onlyvisible", "--name", "^tfdesk$")
            number = until("window", window, lambda: ask(*search))
            seen, worked = time.monotonic() - started, processor_seconds(window.pid)
            children = ("ps", "-o", "pid=", "--ppid", str(window.pid))
            model = until("model process of the window", window, lambda: ask(*children)).split()[0]
            if picture is not None:
                time.sleep(2)  # the picture is for people: let the first screen settle
                ask("import", "-window", "root", str(picture))
            ask_to_close(display, int(number.split()[0]))
            if window.wait(WINDOW_SECONDS):
                raise Failed(f"window: exit code {window.returncode} after it was closed.")
            if ask("ps", "-o", "pid=", "-p", model):
                raise Failed("window: its model process outlived it.")
        except subprocess.TimeoutExpired:
            raise Failed("window: it did not end after it was closed.") from None
        except Failed as error:
            said.seek(0)
            raise Failed(f"{error}\n{said.read()[-2000:]}") from None
        finally:
            window.kill()
        said.seek(0)
        words = said.read()
        if words:
            raise Failed(f"window: it complained:\n{words[-2000:]}")
    return f"{seen:.2f} s from start to window, {worked:.2f} s of them at work"


def main() -> int:
    parser = argparse.ArgumentParser(description="Drive a frozen program through its main jobs.")
    parser.add_argument("dist", type=Path, help="folder that holds the program")
    parser.add_argument("--picture", type=Path, help="save a screenshot of the window here")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as room:
        try:
            frozen = Frozen(given.dist.resolve(), Path(room))
            steps: dict[str, Callable[[], str]] = {}
            if sys.platform == "linux":
                steps["window"] = lambda: opened_and_closed(frozen, given.picture)
            steps["drafts"] = lambda: drafts(frozen)
            steps["training"] = lambda: training(frozen)
            steps["report"] = lambda: report(frozen)
            for name, step in steps.items():
                started = time.monotonic()
                result = step()
                print(f"{name}: {result} ({time.monotonic() - started:.1f} s)", flush=True)
        except (Failed, subprocess.TimeoutExpired) as error:
            print(error, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

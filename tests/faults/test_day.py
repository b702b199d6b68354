"""A day of use: import, drafts, approval, training, crash, export, lock, kill. What lies on the disk then?

Every byte below the data folder, home, temp folder and caches is read for a sentence that a client wrote; no
process may have tried to reach the network.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.desk_model import MESSAGES, REPLIES
from tests.faults.tools import PASSPHRASE, ROOT

WORD = "Zanzibarquince"  # in no other file of this computer
SENTENCE = f"Nobody but you knows that I buried the {WORD} tree."
WATCH = Path(__file__).parent / "watch"
PLACES = ("HOME", "TMPDIR", "HF_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")


def needles(word: str) -> list[bytes]:
    """The word as it may lie in a file: any case, encoding, base64 at any offset, hex."""
    found = []
    for text in {word, word.lower(), word.upper()}:
        for encoding in ("utf8", "utf-16-le", "utf-16-be", "utf-32-le"):
            found.append(text.encode(encoding))
        raw = text.encode()
        found += [raw.hex().encode(), raw.hex().upper().encode()]
        for skip in range(3):
            whole = base64.b64encode(bytes(skip) + raw)
            found.append(whole[4 if skip else 0 : -4])
    return found


def files_with(word: str, folder: Path) -> list[str]:
    """Every file below ``folder`` that holds the word in its bytes or its name."""
    wanted, found = needles(word), []
    for file in folder.rglob("*"):
        data = file.read_bytes() if file.is_file() else b""
        if word.lower() in file.name.lower() or any(needle in data for needle in wanted):
            found.append(str(file.relative_to(folder)))
    return found


@dataclass
class Day:
    """What is left of a day; ``own`` are the person's own files, ``said`` what was printed as an error."""

    own: Path
    disk: Path
    network: Path
    said: list[str]


def spend(work: Path, bundle: Path, under: tuple[str, ...] = ()) -> Day:
    """Use the program for a day; ``under`` is a command that watches the window and its children."""
    day = Day(work / "own", work / "disk", work / "network", [])
    day.own.mkdir()
    day.network.write_text("")
    places = {name: str(day.disk / name.lower()) for name in PLACES}
    for place in places.values():
        Path(place).mkdir(parents=True, mode=0o700)
    search = os.pathsep.join([str(WATCH), str(ROOT)])
    environment = os.environ | places | {"PYTHONPATH": search, "TFDESK_WATCH": str(day.network)}
    data, phrase = day.disk / "data", day.own / "phrase"
    phrase.write_text(PASSPHRASE)
    (day.own / "talk.txt").write_text(
        f"Client: {SENTENCE}\nTherapist: Thank you for telling me.\nClient: It is {WORD} I dream of.\n"
    )
    talks = [
        {
            "id": f"talk-{number}",
            "turns": [
                {"speaker": "client", "text": f"{text} {SENTENCE} {number}", "emotion": emotion},
                {"speaker": "therapist", "text": f"{reply} {WORD}", "strategy": strategy},
            ],
        }
        for number, ((text, emotion), (strategy, reply)) in enumerate(
            (message, reply) for message in MESSAGES for reply in REPLIES
        )
    ]
    (day.own / "talks.jsonl").write_text("\n".join(map(json.dumps, talks)))

    def tfdesk(*words: object, opens: bool = True) -> None:
        secrets = ["--passphrase-file", str(phrase)] if opens else []
        line = [sys.executable, "-m", "tfdesk", "--data-dir", str(data), *map(str, words), *secrets, "--json"]
        done = subprocess.run(line, env=environment, cwd=work, capture_output=True, text=True, check=False)
        day.said.append(done.stderr)
        assert done.returncode == 0, done.stderr

    tfdesk("vault", "create")
    tfdesk("import", day.own / "talk.txt", "--client", "Marta K.")
    line = [sys.executable, str(Path(__file__).parent / "day_window.py"), str(data), str(bundle)]
    window = subprocess.Popen(
        [*under, *line, str(day.own / "talks.jsonl"), SENTENCE],
        env=environment | {"QT_QPA_PLATFORM": "offscreen"},
        cwd=work,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert window.stdout is not None
    done = window.stdout.readline().split()
    if done:
        os.kill(int(done[1]), signal.SIGKILL)  # its model process ends by itself
    day.said.append(window.communicate()[1])
    assert done[:1] == ["done"], day.said[-1]
    tfdesk("client", "export", "Marta K.", "--out", day.disk / "marta", "--export-passphrase-file", phrase)
    tfdesk("audit", "export", day.disk / "log.jsonl")
    tfdesk("vault", "backup", day.disk / "backup")
    tfdesk("vault", "status")
    return day


@pytest.fixture(scope="module")
def day(tmp_path_factory, desk_bundle):
    return spend(tmp_path_factory.mktemp("day"), desk_bundle)


@pytest.mark.timeout(1800)
def test_fault_28_after_a_day_of_use_no_file_holds_a_word_of_the_client(day, tell):
    files = [file for file in day.disk.rglob("*") if file.is_file()]
    names = {file.name for file in files}
    assert {"vault.db", "tfdesk.log", "vault.keys.json", "marta", "log.jsonl", "backup"} <= names
    assert "conversations.jsonl.sealed" in names
    assert "uncaught" in (day.disk / "data" / "logs" / "tfdesk.log").read_text()
    assert files_with(WORD, day.disk) == []
    assert not [text for text in day.said if WORD.lower() in text.lower()]
    size = sum(file.stat().st_size for file in files) >> 20
    tell(1, f"{len(files)} files ({size} MB) read byte for byte, no word found")


def test_fault_28_the_search_itself_finds_the_word(day, tmp_path):
    assert sorted(files_with(WORD, day.own)) == ["talk.txt", "talks.jsonl"]
    (tmp_path / "a").write_bytes(b"x" + base64.b64encode(f"it is {WORD}.".encode()))
    (tmp_path / "b").write_bytes(WORD.upper().encode("utf-16-le"))
    assert sorted(files_with(WORD, tmp_path)) == ["a", "b"]


@pytest.mark.timeout(1800)
def test_fault_36_no_process_tried_to_reach_the_network(day, tell):
    assert day.network.read_text() == ""
    tell(1, "a day of drafting and training: no internet socket, no look-up of a name")


def test_fault_36_the_watch_sees_a_try_and_refuses_it(tmp_path):
    code = "import socket; socket.create_connection(('127.0.0.1', 9))"
    log = tmp_path / "network"
    environment = os.environ | {"PYTHONPATH": str(WATCH), "TFDESK_WATCH": str(log)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=False)
    assert done.returncode == 1
    assert log.read_text().startswith("socket.")


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_fault_36_the_kernel_saw_no_try_either(tmp_path, desk_bundle, tell):
    """The same day under strace: libraries in C are seen too."""
    if shutil.which("strace") is None:
        pytest.skip("there is no strace on this system")
    calls = tmp_path / "calls"
    under = ("strace", "-f", "--seccomp-bpf", "-qq", "-e", "trace=%network", "-e", "signal=none")
    spend(tmp_path, desk_bundle, (*under, "-o", str(calls)))
    seen = calls.read_text(errors="replace").splitlines()
    assert [line for line in seen if "AF_INET" in line] == []
    tell(1, f"{len(seen)} system calls on sockets, none with an internet address")
    proof = tmp_path / "proof"  # that a child's call would have been seen
    asks = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import socket; socket.socket()'])"
    subprocess.run([*under, "-o", str(proof), sys.executable, "-c", asks], check=True)
    assert "AF_INET" in proof.read_text(errors="replace")

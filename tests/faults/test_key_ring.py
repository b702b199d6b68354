"""A key ring that is stopped in the middle of a question."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from tests.faults.tools import PASSPHRASE
from tfdesk.core.errors import KeyRingUnavailable
from tfdesk.services.access import Access
from tfdesk.services.key_ring import KeyRing

# A key-ring service as a process of its own, and a backend that asks it: SecretService in small.
SERVICE = """
import socket, sys
kept = {}
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
server.listen()
print("up", flush=True)
while True:
    asker, _ = server.accept()
    do, name, *secret = asker.makefile().readline().rstrip("\\n").split("\\t")
    if do == "set":
        kept[name] = secret[0]
    try:
        asker.sendall((kept.get(name, "") + "\\n").encode())
    except OSError:
        pass  # it was given up meanwhile
    asker.close()
"""
CHILD = """
import os, signal, socket, sys
import keyring
from keyring.backend import KeyringBackend
from tfdesk.services import keyring_child

class Backend(KeyringBackend):
    priority = 1
    def ask(self, *words):
        asker = socket.socket(socket.AF_UNIX)
        asker.connect(sys.argv[1])
        asker.sendall(("\\t".join(words) + "\\n").encode())
        return asker.makefile().readline().rstrip("\\n") or None
    def get_password(self, service, name):
        if os.path.exists(sys.argv[1] + ".stop"):
            os.kill(os.getpid(), signal.SIGSTOP)
        return self.ask("get", name)
    def set_password(self, service, name, secret):
        self.ask("set", name, secret)

keyring.set_keyring(Backend())
sys.exit(keyring_child.main(["__main__"]))
"""


@pytest.fixture
def place(tmp_path):
    return tmp_path / "s"


@pytest.fixture
def service(place):
    child = subprocess.Popen([sys.executable, "-c", SERVICE, str(place)], stdout=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "up\n"
    yield child
    child.kill()
    child.wait()
    child.stdout.close()


@pytest.fixture
def ring(place):
    """A key ring whose child may be slow to start."""
    return KeyRing([sys.executable, "-c", CHILD, str(place)], seconds=30)


@pytest.fixture
def access(paths, ring, service):
    """A vault that the key ring opens."""
    access = Access(paths, ring)
    access.create(PASSPHRASE, use_keyring=True)
    access.lock()
    assert access.unlock_with_keyring() is not None
    access.lock()
    ring._seconds = 2.0
    return access


@pytest.mark.parametrize("stopped", ["the service", "our child"])
def test_fault_16_a_stopped_key_ring_is_given_up_and_the_passphrase_opens(
    access, ring, place, service, tell, stopped
):
    if stopped == "the service":
        service.send_signal(signal.SIGSTOP)
    else:
        place.with_name("s.stop").write_text("")
    status = access.keyring_status()
    assert not status.available
    assert "did not answer in time" in status.sentence
    with pytest.raises(KeyRingUnavailable, match="in time"):
        access.unlock_with_keyring()
    assert not _children_with(str(place)) - {service.pid}  # the hung child was ended
    access.unlock(PASSPHRASE)
    access.lock()
    service.send_signal(signal.SIGCONT)
    place.with_name("s.stop").unlink(missing_ok=True)
    ring._seconds = 30.0
    assert access.unlock_with_keyring() is not None
    access.lock()
    tell(2, "given up after the time limit with a sentence; the passphrase opens; works again afterwards")


def test_fault_16_a_key_ring_that_is_gone_is_said(access, service, tell):
    service.kill()
    service.wait()
    with pytest.raises(KeyRingUnavailable, match="refused to keep"):
        access.unlock_with_keyring()
    access.unlock(PASSPHRASE)
    access.lock()
    tell(1, "one sentence; the passphrase opens")


def _children_with(word: str) -> set[int]:
    """Processes that run with ``word`` on their command line."""
    found = set()
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/cmdline", "rb") as file:
                    if word.encode() in file.read():
                        found.add(int(entry))
            except OSError:
                continue
    return found

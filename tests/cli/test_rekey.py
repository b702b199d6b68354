"""``tfdesk vault rekey|passphrase``: another data key, another passphrase, and a kill at any moment."""

import json
import os
import random
import signal
import subprocess
import sys
import time
import unicodedata
from pathlib import Path

import pytest

from tfdesk.services.access import Access
from tfdesk.services.models import Models

ROOT = Path(__file__).parents[2]

# Runs "vault rekey"; kills itself at the nth step that changes the disk, as a power cut would.
KILLED_AT_A_STEP = """
import os, pathlib, signal, sys
from tfdesk.store.crypto import Argon2Parameters
Argon2Parameters.__init__.__defaults__ = (64, 1, 1)
folder, phrase, at = sys.argv[1], sys.argv[2], int(sys.argv[3])
steps = 0

def counted(original):
    def step(*args, **kwargs):
        global steps
        steps += 1
        if steps == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*args, **kwargs)
    return step

from tfdesk.cli import main
os.fsync, os.replace = counted(os.fsync), counted(os.replace)
pathlib.Path.unlink = counted(pathlib.Path.unlink)
from tfdesk.store.vault import Vault
Vault.export_to, Vault.close = counted(Vault.export_to), counted(Vault.close)
Vault.check = counted(Vault.check)
words = ["vault", "rekey", "--drop-other-slots", "--passphrase-file", phrase]
code = main(["--data-dir", folder, *words])
print(steps)
sys.exit(code)
"""


@pytest.fixture
def phrase(tmp_path):
    file = tmp_path / "phrase"
    file.write_text("one horse\n")
    return file


def data_key(cli):
    access = Access(cli.paths)
    access.unlock("one horse")
    try:
        return access._key
    finally:
        access.lock()


def test_everything_is_there_under_another_key(vault):
    before, old = data_key(vault), vault.files()
    told = vault.json("vault", "rekey", "--drop-other-slots", phrase="one horse")
    assert told["dropped"] == ["the recovery key"]
    assert data_key(vault) != before
    assert vault.clients() == ["Marta K."]
    status = vault.json("vault", "status", phrase="one horse")
    assert (status["whole"], status["anchor"]) == (True, "ok")
    access = Access(vault.paths)
    access.unlock_with_recovery_key(told["recovery_key"])
    access.lock()
    assert not [f.name for f in vault.folder.iterdir() if f.name.endswith((".side", ".next", ".new"))]
    (vault.folder / "vault.db").write_bytes(old["vault.db"])  # the old key is of no use any more
    assert "damaged" in vault.refused("vault", "status", phrase="one horse")


def test_what_was_searched_before_is_found_after(vault):
    from tfdesk.services.sessions import Sessions

    vault.json("vault", "rekey", "--drop-other-slots", phrase="one horse")
    access = Access(vault.paths)
    assert [c.name for c in Sessions(access.unlock("one horse")).clients("message")] == ["Marta K."]
    access.lock()


def test_slots_that_would_be_lost_are_named_first(vault):
    access = Access(vault.paths)
    access.unlock("one horse")
    access.set_passphrase("two horses", "supervisor")
    access.lock()
    before = vault.files()
    refusal = vault.refused("vault", "rekey", phrase="one horse")
    assert "the recovery key" in refusal
    assert "the supervisor passphrase" in refusal
    assert vault.files() == before
    vault.json("vault", "rekey", "--drop-other-slots", phrase="one horse")
    assert vault.json("vault", "status")["roles"] == ["therapist"]


def test_sealed_runs_stay_readable(vault):
    def key():
        access = Access(vault.paths)
        try:
            return Models(access.unlock("one horse"), vault.paths).run_key()
        finally:
            access.lock()

    before = key()
    for _ in range(2):
        vault.json("vault", "rekey", "--drop-other-slots", phrase="one horse")
    assert key() == before


def test_a_vault_in_use_keeps_its_key(vault):
    access = Access(vault.paths)
    access.unlock("one horse")
    assert "Another program" in vault.refused("vault", "rekey", "--drop-other-slots", phrase="one horse")
    access.lock()


def test_a_wrong_passphrase_changes_nothing(vault):
    before = vault.files()
    assert "not the passphrase" in vault.refused("vault", "rekey", phrase="two horses", code=3)
    assert vault.files() == before


def test_a_full_disk_leaves_the_old_vault(vault, tmp_path, phrase):
    import resource

    vault.add_client("Many", messages=60)
    before, limit = vault.files(), len(vault.files()["vault.db"]) // 2
    command = [sys.executable, "-m", "tfdesk", "--data-dir", str(vault.folder), "vault", "rekey"]
    done = subprocess.run(
        [*command, "--drop-other-slots", "--passphrase-file", str(phrase)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert vault.files() == before
    assert not (vault.folder / "vault.db.side").exists()


def rekeyed_until(vault, phrase, at):
    """Exit code and number of steps of a rekey that kills itself at its ``at``th step."""
    command = [sys.executable, "-c", KILLED_AT_A_STEP, str(vault.folder), str(phrase), str(at)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    lines = done.stdout.splitlines()
    return done.returncode, int(lines[-1]) if done.returncode == 0 else 0


def opens_and_is_whole(vault):
    assert vault.clients() == ["Marta K."]
    status = vault.json("vault", "status", phrase="one horse")
    assert (status["whole"], status["anchor"]) == (True, "ok")


def test_killed_at_any_step_the_old_vault_or_the_new_one_opens(vault, phrase):
    code, steps = rekeyed_until(vault, phrase, at=0)
    assert code == 0
    key, changed = data_key(vault), []
    for at in range(3, steps + 1, 2):  # the first two count the try; every second one keeps this quick
        code, _ = rekeyed_until(vault, phrase, at)
        assert code == -signal.SIGKILL
        opens_and_is_whole(vault)
        changed.append(data_key(vault) != key)
        key = data_key(vault)
    assert {True, False} == set(changed)  # kills before and after the step that decides
    assert rekeyed_until(vault, phrase, at=0)[0] == 0
    assert not [f.name for f in vault.folder.iterdir() if f.name.endswith((".side", ".next", ".new"))]


def test_killed_at_any_time_the_old_vault_or_the_new_one_opens(vault, phrase):
    command = [sys.executable, "-c", KILLED_AT_A_STEP, str(vault.folder), str(phrase), "0"]
    begun = time.monotonic()
    subprocess.run(command, capture_output=True, cwd=ROOT, check=True)
    whole = time.monotonic() - begun
    chance, killed = random.Random(2), 0
    for _ in range(10):
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)
        try:
            child.wait(whole * chance.uniform(0.5, 1.0))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            killed += 1
        opens_and_is_whole(vault)
    assert killed > 0


def test_after_a_kill_the_right_key_file_is_read_without_writing(vault, phrase, tmp_path):
    """The database is new, its key file waits: also "status" without a passphrase knows its roles."""
    steps = rekeyed_until(vault, phrase, at=0)[1]
    for at in range(steps, 0, -1):
        rekeyed_until(vault, phrase, at)
        waiting = vault.folder / "vault.keys.json.next"
        if waiting.exists():
            break
    assert waiting.exists()
    names = {f.name: f.read_bytes() for f in vault.folder.iterdir() if f.is_file()}
    assert vault.json("vault", "status")["roles"] == ["therapist"]
    assert {f.name: f.read_bytes() for f in vault.folder.iterdir() if f.is_file()} == names
    opens_and_is_whole(vault)
    assert not waiting.exists()


# Another passphrase -------------------------------------------------------------------------


def test_a_passphrase_is_changed_and_the_old_one_no_longer_opens(vault, tmp_path):
    (tmp_path / "new").write_text("new horse\n")
    told = vault.json("vault", "passphrase", "--new-passphrase-file", tmp_path / "new", phrase="one horse")
    assert told["changed"]
    vault.refused("vault", "status", phrase="one horse", code=3)
    assert vault.json("vault", "status", phrase="new horse")["whole"]
    assert vault.clients("new horse") == ["Marta K."]


@pytest.mark.parametrize("content", ["", " \n", "x" * 10_001, "é" * 5_001])
def test_an_empty_or_endless_passphrase_is_refused_in_a_sentence(vault, tmp_path, content):
    (tmp_path / "new").write_text(content)
    before = vault.files()
    words = ("vault", "passphrase", "--new-passphrase-file", tmp_path / "new")
    assert "passphrase" in vault.refused(*words, phrase="one horse")
    assert vault.files()["vault.keys.json"] == before["vault.keys.json"]
    vault.refused("vault", "status", "--passphrase-file", tmp_path / "new")
    assert not vault.paths.tries_file.exists()


def test_two_passphrases_cannot_both_be_typed(vault):
    words = ("vault", "passphrase", "--new-passphrase-file", "-")
    assert "standard input" in vault.refused(*words, phrase="one horse")


@pytest.mark.parametrize("typed", ["Zoë Müller", "e" + "\u0301\u0323" * 2000])
def test_one_passphrase_typed_on_two_systems_is_one_passphrase(cli, typed):
    cli("vault", "create", phrase=unicodedata.normalize("NFC", typed))
    assert cli.json("vault", "status", phrase=unicodedata.normalize("NFD", typed))["whole"]


def test_wrong_passphrases_wait_longer_across_runs_of_the_program(vault):
    for _ in range(3):
        refusal = vault.refused("vault", "status", phrase="two horses", code=3)
        assert refusal == "tfdesk: That is not the passphrase.\n"
    assert "Wait 2 s" in vault.refused("vault", "status", phrase="two horses", code=3)
    assert "wait 2 s" in vault.refused("vault", "status", phrase="one horse", code=3)
    state = json.loads(vault.paths.tries_file.read_text())
    vault.paths.tries_file.write_text(json.dumps(state | {"at": state["at"] - 3}))  # three seconds later
    assert vault.json("vault", "status", phrase="one horse")["whole"]
    assert not vault.paths.tries_file.exists()
    assert os.path.exists(vault.paths.vault_file)

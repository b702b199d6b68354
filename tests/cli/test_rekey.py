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

from tests.cli.killed import Run, run_until
from tfdesk.services.access import Access
from tfdesk.services.models import Models


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
    line = [sys.executable, "-m", "tfdesk", "--data-dir", str(vault.folder), "vault", "rekey"]
    done = subprocess.run(
        [*line, "--drop-other-slots", "--passphrase-file", str(phrase)],
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


ROOT = Path(__file__).parents[2]
REKEY = ("vault", "rekey", "--drop-other-slots")


def opens_and_is_whole(vault):
    assert vault.clients() == ["Marta K."]
    status = vault.json("vault", "status", phrase="one horse")
    assert (status["whole"], status["anchor"]) == (True, "ok")


def test_killed_at_any_step_the_old_vault_or_the_new_one_opens(vault, phrase):
    code, steps = run_until(0, vault.folder, phrase, *REKEY)
    assert code == 0
    key, changed = data_key(vault), []
    for at in range(1, steps + 1, 2):  # every second one keeps this quick
        code, _ = run_until(at, vault.folder, phrase, *REKEY)
        assert code == -signal.SIGKILL
        opens_and_is_whole(vault)
        changed.append(data_key(vault) != key)
        key = data_key(vault)
    assert {True, False} == set(changed)  # kills before and after the step that decides
    assert run_until(0, vault.folder, phrase, *REKEY)[0] == 0
    assert not [f.name for f in vault.folder.iterdir() if f.name.endswith((".side", ".next", ".new"))]


def test_killed_at_any_time_the_old_vault_or_the_new_one_opens(vault, phrase):
    begun = time.monotonic()
    assert Run(0, vault.folder, phrase, *REKEY).wait() == 0
    whole, chance, killed = time.monotonic() - begun, random.Random(2), 0
    for _ in range(100):
        run = Run(0, vault.folder, phrase, *REKEY)
        if run.wait(whole * chance.random()) is None:
            run.kill()
            killed += 1
        opens_and_is_whole(vault)
        if killed == 10:
            break
    assert killed == 10


def test_after_a_kill_the_right_key_file_is_read_without_writing(vault, phrase, tmp_path):
    """The database is new, its key file waits: also "status" without a passphrase knows its roles."""
    steps = run_until(0, vault.folder, phrase, *REKEY)[1]
    for at in range(steps, 0, -1):
        run_until(at, vault.folder, phrase, *REKEY)
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

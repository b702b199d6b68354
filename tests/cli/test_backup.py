"""``tfdesk vault backup|restore`` and the older copy that is noticed."""

import random
import resource
import shutil
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.cli.killed import run_until
from tfdesk.services.access import Access
from tfdesk.services.sessions import Sessions
from tfdesk.store import backup_file, schema

ROOT = Path(__file__).parents[2]


@pytest.fixture
def backup(vault, tmp_path):
    """A backup of the vault, after which a second client was added."""
    file = tmp_path / "monday.tfbackup"
    vault.json("vault", "backup", file, phrase="one horse")
    vault.add_client("Second")
    return file


def test_a_backup_restores_what_was_there_and_keeps_the_vault_it_replaces(vault, backup):
    told = vault.json("vault", "restore", backup, phrase="one horse")
    assert told["restored"]
    assert told["entries_behind"] > 0
    assert vault.clients() == ["Marta K."]
    status = vault.json("vault", "status", phrase="one horse")
    assert (status["whole"], status["anchor"]) == (True, "ok")
    kept = Path(told["kept"])
    assert kept.parent == vault.folder
    for file in kept.iterdir():  # put back by hand, it opens and is whole
        shutil.copy(file, vault.folder / file.name)
    assert vault.clients() == ["Marta K.", "Second"]
    assert {f.name for f in vault.folder.iterdir()} == {
        *("vault.db", "vault.keys.json", "vault.keys.json.bak", "vault.lock", "vault.anchor.json", "logs"),
        kept.name,
    }


def test_a_backup_is_one_file_for_the_owners_eyes_and_holds_no_word(vault, backup):
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert [f.name for f in backup.parent.iterdir() if f.is_file()] == [backup.name]
    assert b"Marta" not in backup.read_bytes()
    assert b"message" not in backup.read_bytes()


def test_a_drill_checks_everything_and_changes_nothing(vault, backup):
    before = vault.files()
    told = vault.json("vault", "restore", backup, "--drill", phrase="one horse")
    assert (told["restored"], told["verified"], told["kept"]) == (False, True, None)
    assert vault.files() == before
    assert not list(vault.folder.glob("*drill*"))


def test_a_backup_opens_in_an_empty_folder(vault, backup, tmp_path):
    vault.folder = tmp_path / "elsewhere"
    told = vault.json("vault", "restore", backup, phrase="one horse")
    assert (told["kept"], told["entries_behind"]) == (None, None)
    assert vault.clients() == ["Marta K."]


def test_a_file_is_overwritten_only_when_that_was_said(vault, backup):
    before = backup.read_bytes()
    assert "--replace" in vault.refused("vault", "backup", backup, phrase="one horse")
    assert backup.read_bytes() == before
    vault.json("vault", "backup", backup, "--replace", phrase="one horse")
    assert backup.read_bytes() != before
    vault.json("vault", "restore", backup, phrase="one horse")
    assert vault.clients() == ["Marta K.", "Second"]


def test_a_backup_is_made_while_somebody_writes(vault, tmp_path):
    access = Access(vault.paths)
    sessions = Sessions(access.unlock("one horse"))
    where = sessions.latest_session(sessions.clients()[0].id)
    stop, written = threading.Event(), []

    def write():
        while not stop.is_set():
            written.append(sessions.add_client_turn(where.id, "another message " * 50).id)
            stop.wait(0.005)  # a writer without any pause would starve every other

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(3):
            vault.json("vault", "backup", tmp_path / f"{number}", phrase="one horse")
    finally:
        stop.set()
        writer.join()
        access.lock()
    assert len(written) > 3
    vault.json("vault", "restore", tmp_path / "2", phrase="one horse")
    assert vault.json("vault", "status", phrase="one horse")["whole"]


def test_a_vault_in_use_is_not_replaced(vault, backup):
    access = Access(vault.paths)
    access.unlock("one horse")
    assert "Another program" in vault.refused("vault", "restore", backup, phrase="one horse")
    access.lock()
    assert vault.clients() == ["Marta K.", "Second"]


def test_a_restore_killed_at_any_step_leaves_the_old_vault_or_the_restored_one(vault, backup, tmp_path):
    (tmp_path / "phrase").write_text("one horse")
    words = (vault.folder, tmp_path / "phrase", "vault", "restore", backup)
    whole, found = vault.files(), []
    for at in range(1, 1000):
        code, _ = run_until(at, *words)
        if code == 0:
            break
        assert code == -signal.SIGKILL
        found.append(vault.clients())
        assert vault.json("vault", "status", phrase="one horse")["whole"]
        assert vault.json("vault", "status", "--accept-older", phrase="one horse")["anchor"] == "ok"
        for name in {*vault.files(), *whole}:  # begin again from the same vault
            (vault.folder / name).unlink(missing_ok=True)
        for name, data in whole.items():
            (vault.folder / name).write_bytes(data)
        vault.paths.anchor_file.unlink()
    assert found[0] == ["Marta K.", "Second"]
    assert found[-1] == ["Marta K."]
    assert vault.clients() == ["Marta K."]


@pytest.mark.parametrize("what", ["backup", "restore", "rekey", "passphrase"])
def test_without_a_passphrase_it_is_locked(vault, backup, what):
    more = {"backup": ["x"], "restore": [backup], "passphrase": ["--new-passphrase-file", backup]}
    vault.refused("vault", what, *more.get(what, []), code=3)


def test_another_passphrase_or_role_does_not_restore(vault, backup):
    before = vault.files()
    assert "not the passphrase" in vault.refused("vault", "restore", backup, phrase="two horses", code=3)
    assert "supervisor" in vault.refused(
        "vault", "restore", backup, "--role", "supervisor", phrase="one horse"
    )
    assert vault.files() == before


def test_damage_anywhere_is_told_before_anything_changes(vault, backup):
    before, whole = vault.files(), backup.read_bytes()
    chance = random.Random(5)
    places = [*range(0, 60, 7), *(chance.randrange(len(whole)) for _ in range(50))]
    for place in places:
        damaged = bytearray(whole)
        damaged[place] ^= 1 << chance.randrange(8)
        backup.write_bytes(damaged)
        vault.refused("vault", "restore", backup, phrase="one horse")
    for left in (0, 10, 16, 20, 400, 5000, len(whole) - 1):
        backup.write_bytes(whole[:left])
        vault.refused("vault", "restore", backup, phrase="one horse")
    backup.write_bytes(whole + b"x")
    vault.refused("vault", "restore", backup, phrase="one horse")
    assert vault.files() == before


def test_what_is_no_backup_is_named_as_such(vault, tmp_path):
    other = tmp_path / "letter.txt"
    other.write_text("Dear colleague")
    assert "letter.txt is not a backup" in vault.refused("vault", "restore", other, phrase="one horse")
    assert "cannot be read" in vault.refused("vault", "restore", tmp_path / "no", phrase="one horse")
    assert "cannot be read" in vault.refused("vault", "restore", tmp_path, phrase="one horse")
    other.write_bytes(b"tfdesk backup 2\n" + b"x" * 100)
    assert "newer version" in vault.refused("vault", "restore", other, phrase="one horse")


def test_a_database_of_a_newer_version_is_not_restored(vault, tmp_path, monkeypatch):
    file = tmp_path / "b"
    with monkeypatch.context() as newer:
        newer.setattr(schema, "STEPS", (*schema.STEPS, "CREATE TABLE later (a TEXT);\n"))
        newer.setattr(schema, "VERSION", schema.VERSION + 1)
        folder, vault.folder = vault.folder, tmp_path / "newer"
        vault("vault", "create", phrase="one horse")
        vault.json("vault", "backup", file, phrase="one horse")
        vault.folder = folder
    before = vault.files()
    assert "newer version" in vault.refused("vault", "restore", file, phrase="one horse")
    assert vault.files() == before


def test_a_manifest_made_by_somebody_without_the_key_is_not_believed(vault, backup, monkeypatch):
    """The digests fit, the database is genuine; only the date is another."""
    found = backup_file.read(backup)
    database = backup.with_name("database")
    backup_file.extract_database(found, database)
    stranger = type("V", (), {"sub_key": lambda self, purpose: b"s" * 32})()
    backup.unlink()
    backup_file.write(backup, database, found.file, stranger, found.manifest.head, 0.0)
    assert "not what its manifest says" in vault.refused("vault", "restore", backup, phrase="one horse")


def test_too_little_room_is_said_before_anything_is_written(vault, backup, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10, 10, 0))
    assert "not enough room" in vault.refused("vault", "backup", tmp_path / "new", phrase="one horse")
    assert "not enough room" in vault.refused("vault", "restore", backup, phrase="one horse")
    assert not (tmp_path / "new").exists()
    assert "no such folder" in vault.refused("vault", "backup", tmp_path / "no" / "b", phrase="one horse")


def test_a_disk_that_fills_up_leaves_no_half_backup_and_no_half_vault(vault, tmp_path):
    vault.add_client("Many", messages=60)
    file = tmp_path / "b"
    vault.json("vault", "backup", file, phrase="one horse")
    before, size = vault.files(), len(vault.files()["vault.db"])
    (tmp_path / "phrase").write_text("one horse")

    def limited(*words, limit):
        command = [sys.executable, "-m", "tfdesk", "--data-dir", str(vault.folder), *map(str, words)]
        return subprocess.run(
            [*command, "--passphrase-file", str(tmp_path / "phrase")],
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        )

    for words in (("vault", "backup", tmp_path / "new"), ("vault", "restore", file)):
        done = limited(*words, limit=size // 2)
        assert (done.returncode, done.stdout) == (2, ""), done.stderr
        assert len(done.stderr.splitlines()) == 1
        assert sorted(f.name for f in tmp_path.iterdir()) == ["b", "data", "phrase"]
    assert vault.files() == before
    done = limited("vault", "backup", tmp_path / "new", limit=size + 1000)  # the copy fits, the backup not
    assert done.returncode == 2
    assert not (tmp_path / "new").exists()
    assert vault.json("vault", "status", phrase="one horse")["whole"]


# The older copy ---------------------------------------------------------------------------


def test_an_older_copy_put_back_is_noticed_until_it_is_accepted(vault):
    older = vault.files()
    assert vault.json("vault", "status", phrase="one horse")["anchor"] == "ok"
    vault.add_client("Second")
    for name, data in older.items():
        (vault.folder / name).write_bytes(data)
    for _ in range(2):  # looking at it does not make it true
        told = vault.json("vault", "status", phrase="one horse")
        assert told["anchor"] == "older"
        assert "An older copy" in told["warning"]
    vault.add_client("Third")  # nor does going on: the log is another one by now
    vault.add_client("Fourth")
    assert vault.json("vault", "status", phrase="one horse")["anchor"] == "older"
    assert vault.json("vault", "status", "--accept-older", phrase="one horse")["anchor"] == "ok"
    assert vault.json("vault", "status", phrase="one horse")["anchor"] == "ok"


def test_a_deleted_write_ahead_log_is_noticed(vault):
    access = Access(vault.paths)
    sessions = Sessions(access.unlock("one horse"))
    turn = sessions.add_client_turn(sessions.latest_session(sessions.clients()[0].id).id, "old words")
    older = vault.files()["vault.db"]
    sessions.edit_turn(turn.id, "new words")
    access.lock()
    (vault.folder / "vault.db").write_bytes(older)  # as if it had never been folded in
    assert vault.json("vault", "status", phrase="one horse")["anchor"] == "older"


@pytest.mark.parametrize("content", ["", "{}", '{"body": {"vault": 1}, "seals": []}'])
def test_a_changed_anchor_is_told_and_a_missing_one_made(vault, content):
    anchor = vault.paths.anchor_file
    text = anchor.read_text()
    anchor.write_text(text.replace('"sequence": ', '"sequence": 1'))
    assert vault.json("vault", "status", phrase="one horse")["anchor"] == "unverifiable"
    anchor.write_text(content)
    assert vault.json("vault", "status", phrase="one horse")["anchor"] != "ok"
    anchor.unlink()
    assert vault.json("vault", "status", phrase="one horse")["anchor"] == "none"
    assert vault.json("vault", "status", phrase="one horse")["anchor"] == "ok"


def test_a_kill_in_the_middle_of_work_is_no_older_copy(vault):
    access = Access(vault.paths)
    Sessions(access.unlock("one horse")).add_client("Second")
    access.vault.close()  # the anchor is written by lock(), which never comes
    access._use.release()
    assert vault.json("vault", "status", phrase="one horse")["anchor"] == "ok"

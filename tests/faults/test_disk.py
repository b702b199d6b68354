"""Full disks and read-only folders: really full, really read-only."""

from __future__ import annotations

import json
import os
import resource
import sys

import pytest
import torch

from tests.faults.tools import PASSPHRASE, new_clinic, read_only, result, run, script, small_disk, told_by
from tests.faults.tools import texts as texts_of
from tfdesk.core.errors import KnownError
from tfdesk.core.paths import Paths
from tfdesk.services.access import Access
from tfdesk.services.keeping import Keeping
from tfdesk.services.sessions import Sessions
from trainer.checkpoint import Checkpoints
from trainer.config import InputError
from trainer.sealed import Folder

LONG = " and so on" * 3000  # a few pages each


def _save_until_refused(sessions, session, tell):
    """Save messages until one is refused; returns how many were saved, and the refusal."""
    for number in range(10_000):
        try:
            sessions.add_client_turn(session, f"message {number}{LONG}")
        except KnownError as refusal:
            return number, refusal
        tell(f"message {number}")
    raise AssertionError("the disk never got full")


def test_fault_06_a_vault_that_may_not_grow_says_so_and_loses_nothing(paths, session, tell):
    def fill(say):
        sessions = Sessions(Access(paths).unlock(PASSPHRASE))
        limit = paths.vault_file.stat().st_size + 200_000
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        saved, refusal = _save_until_refused(sessions, session, say)
        assert saved
        assert "disk" in refusal.line(), refusal
        assert "Traceback" not in refusal.line()
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        say(sessions.add_client_turn(session, "there is room again").text)  # the same open vault goes on

    said = told_by(fill)
    access = Access(paths)
    there = {text.split(" and so on")[0] for text in texts_of(access.unlock(PASSPHRASE))}
    access.lock()
    assert there == set(said)
    assert "there is room again" in there
    tell(1, f"one sentence; {len(said)} acknowledged rows there; goes on when there is room")


def fill_a_disk(folder):
    """On a disk of 3 MB: messages until it is full, then a backup and a passphrase, then room again."""
    paths, told = Paths.default(folder / "data"), []
    session = new_clinic(Access(paths))
    access = Access(paths)
    sessions = Sessions(access.unlock(PASSPHRASE))
    saved, refusal = _save_until_refused(sessions, session, lambda text: None)
    told.append(refusal.line())
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 512)
        except OSError:
            pass
    for refused in (
        lambda: Keeping(access).backup(folder / "backup"),
        lambda: access.set_passphrase("two horses", "supervisor"),
    ):
        with pytest.raises(KnownError) as error:
            refused()
        told.append(error.value.line())
    access.lock()
    roles = Access(paths).roles()
    filler.unlink()
    assert [file.name for file in folder.iterdir()] == ["data"]
    assert not [file.name for file in paths.root.iterdir() if file.name.endswith(".new")]
    again = Access(paths)
    vault = again.unlock(PASSPHRASE)
    there = {text.split(" and so on")[0] for text in texts_of(vault)}
    again.lock()
    return {
        "saved": saved,
        "lost": sorted({f"message {n}" for n in range(saved)} - there),
        "told": told,
        "roles": roles,
    }


def test_fault_06_a_disk_that_is_full_loses_nothing(tmp_path, tell):
    found = result(small_disk(tmp_path, "3m", script(fill_a_disk, tmp_path)))
    assert found["saved"] > 20
    assert found["lost"] == []
    assert found["roles"] == ["therapist"]  # the new passphrase was refused as a whole
    assert "full" in found["told"][0]
    assert "room" in found["told"][1]
    assert "room" in found["told"][2]
    tell(3, f"{found['saved']} acknowledged rows there; backup and new passphrase refused in a sentence")


def fill_with_checkpoints(folder):
    """On a disk of 4 MB: checkpoints of 1 MB, beside something that takes up the rest."""
    saved = Checkpoints(Folder(folder, bytes(32)), "run")
    saved.save(1, {"weights": torch.full((250_000,), 1.0)})
    (folder / "other").write_bytes(os.urandom(2_500_000))
    with pytest.raises(InputError) as refusal:
        saved.save(2, {"weights": torch.full((250_000,), 2.0)})
    left = sorted(file.name for file in folder.iterdir())
    found = Checkpoints(Folder(folder, bytes(32)), "run").load()
    return {"told": str(refusal.value), "left": left, "step": found and found[0]}


def test_fault_06_a_disk_that_is_full_keeps_the_last_checkpoint(tmp_path, tell):
    found = result(small_disk(tmp_path, "4m", script(fill_with_checkpoints, tmp_path)))
    assert "step 2 cannot be written (free " in found["told"]
    assert found["left"] == ["checkpoint-0.pt.sealed", "other"]
    assert found["step"] == 1
    tell(1, "one sentence; the checkpoint before is whole, nothing half-written is left")


@pytest.mark.parametrize(
    ("words", "needs_vault"),
    [
        (("vault", "create"), False),
        (("vault", "status"), True),
        (("client", "list"), True),
        (("vault", "rekey", "--drop-other-slots"), True),
    ],
)
def test_fault_07_a_read_only_folder_is_refused(tmp_path, cheap_argon, tell, words, needs_vault):
    folder, phrase = tmp_path / "data", tmp_path / "phrase"
    folder.mkdir()
    phrase.write_text(PASSPHRASE)
    if needs_vault:
        new_clinic(Access(Paths.default(folder)))
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    command = [sys.executable, "-m", "tfdesk", "--data-dir", str(folder), *words]
    done = run(read_only(folder, [*command, "--passphrase-file", str(phrase), "--json"]))
    assert (done.returncode, done.stdout) == (2, "")
    sentences = [line for line in done.stderr.splitlines() if line.startswith("tfdesk: ")]
    assert len(sentences) == 1
    assert "Traceback" not in done.stderr
    assert any(word in sentences[0] for word in ("Read-only", "written to", "writable"))
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    tell(1, "refused in a sentence; no byte changed")


def test_fault_07_without_a_passphrase_a_read_only_folder_can_be_looked_at(tmp_path, cheap_argon, tell):
    folder = tmp_path / "data"
    new_clinic(Access(Paths.default(folder)))
    command = [sys.executable, "-m", "tfdesk", "--data-dir", str(folder), "vault", "status", "--json"]
    done = run(read_only(folder, command))
    assert json.loads(done.stdout)["state"] == "locked"
    tell(1, "says that there is a locked vault")

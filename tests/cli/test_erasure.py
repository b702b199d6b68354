"""``tfdesk client erase`` beyond the vault's rows: our backups, kept vaults, training runs, their models."""

import json
import os
from pathlib import Path

import pytest

from tfdesk.core.errors import KnownError
from tfdesk.services.access import Access
from tfdesk.services.consent import Consents
from tfdesk.services.erasure import Erasure
from tfdesk.services.models import Models
from tfdesk.services.review import Review
from tfdesk.services.runs import Runs, Stage
from tfdesk.services.sessions import Sessions
from tfdesk.services.training_material import TrainingMaterial
from trainer.sealed import Folder


@pytest.fixture
def folder(vault, tmp_path):
    """Where three backups with two clients in them lie: b1, b2, and b3 under another name."""
    made = tmp_path / "backups"
    made.mkdir()
    vault.add_client("Second")
    for name in ("b1", "b2", "b3"):
        vault.json("vault", "backup", made / name, phrase="one horse")
    (made / "b3").rename(made / "renamed")
    return made


def erase(cli, name="Marta K."):
    return cli.json("client", "erase", name, "--yes", phrase="one horse")


def test_backups_where_we_made_them_go_and_the_newest_is_made_anew(vault, folder, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    (folder / "letter.txt").write_text("Dear colleague")
    (folder / "empty").touch()
    other, vault.folder = vault.folder, tmp_path / "other"
    vault("vault", "create", phrase="one horse")
    vault.json("vault", "backup", folder / "of another vault", phrase="one horse")
    vault.folder = other
    (folder / "b1").rename(elsewhere)
    untouched = {name: (folder / name).read_bytes() for name in ("letter.txt", "empty", "of another vault")}
    done = erase(vault)
    assert {file.name for file in folder.iterdir()} == {"renamed", *untouched}
    assert {name: (folder / name).read_bytes() for name in untouched} == untouched
    assert done["erased"]["backups"] == 2
    assert f"Backup deleted: {folder / 'b2'}." in done["done"]
    assert f"Backup made anew without the client: {folder / 'renamed'}." in done["done"]
    gone = [sentence for sentence in done["not_erased"] if str(folder / "b1") in sentence]
    assert len(gone) == 1
    assert "not there any more" in gone[0]
    assert any("copied or moved elsewhere" in sentence for sentence in done["not_erased"])
    assert vault.json("audit", "verify", "--head", done["audit_head"], phrase="one horse")["whole"]
    vault.json("vault", "restore", folder / "renamed", phrase="one horse")
    assert vault.clients() == ["Second"]


def test_a_file_of_that_name_that_is_no_backup_any_more_stays(vault, tmp_path):
    vault.json("vault", "backup", tmp_path / "b", phrase="one horse")
    (tmp_path / "b").write_text("Dear colleague")
    done = erase(vault)
    assert done["erased"]["backups"] == 0
    assert (tmp_path / "b").read_text() == "Dear colleague"


def test_a_damaged_backup_goes_too(vault, folder):
    data = (folder / "b1").read_bytes()
    (folder / "b1").write_bytes(data[: len(data) // 2])
    os.utime(folder / "b1", (0, 0))
    erase(vault)
    assert not (folder / "b1").exists()


def test_a_backup_that_cannot_be_made_anew_is_named_and_kept(vault, tmp_path, monkeypatch):
    vault.json("vault", "backup", tmp_path / "b", phrase="one horse")
    before = (tmp_path / "b").read_bytes()

    full = _raise(KnownError("There is not enough room.", "Make room."))
    monkeypatch.setattr("tfdesk.services.keeping.check_room", full)
    done = erase(vault)
    assert (tmp_path / "b").read_bytes() == before
    assert done["erased"]["backups"] == 0
    (said,) = [sentence for sentence in done["not_erased"] if "still holds the client" in sentence]
    assert str(tmp_path / "b") in said
    assert "not enough room" in said


def test_what_failed_is_tried_again(vault, tmp_path, monkeypatch):
    vault.json("vault", "backup", tmp_path / "b", phrase="one horse")
    with monkeypatch.context() as patch:
        patch.setattr("tfdesk.services.keeping.check_room", _raise(KnownError("There is not enough room.")))
        assert any("--finish" in sentence for sentence in erase(vault)["not_erased"])
    assert "--finish" in vault.json("vault", "status", phrase="one horse")["erasure"]
    done = vault.json("client", "erase", "--finish", "--yes", phrase="one horse")
    assert (done["erased"]["backups"], done["client"]) == (1, None)
    assert "erasure" not in vault.json("vault", "status", phrase="one horse")
    vault.json("vault", "restore", tmp_path / "b", phrase="one horse")
    assert vault.clients() == []


def _raise(error):
    def run(*_):
        raise error

    return run


def test_an_erasure_cut_short_after_the_rows_are_gone_is_finished_later(vault, folder, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(Erasure, "_renew_backups", _raise(KeyboardInterrupt()))
        assert vault("client", "erase", "Marta K.", "--yes", phrase="one horse")[0] == 2
    assert len(list(folder.iterdir())) == 3
    assert vault.clients() == ["Second"]
    out = vault("client", "erase", "--finish", "--yes", phrase="one horse")[1]
    assert "erased backups: 3" in out
    assert "client: (number 1)" in out
    assert len(list(folder.iterdir())) == 1
    finish = ("client", "erase", "--finish", "--yes")
    assert "No erasure is unfinished" in vault.refused(*finish, phrase="one horse")


@pytest.mark.parametrize("words", [(), ("Marta K.", "--finish")])
def test_a_name_or_finish_and_never_both(vault, words):
    assert "--finish" in vault.refused("client", "erase", *words, "--yes", phrase="one horse")
    assert vault.clients() == ["Marta K."]


def test_a_folder_that_is_gone_is_no_obstacle(vault, folder, tmp_path):
    folder.rename(tmp_path / "taken away")
    done = erase(vault)
    assert sum("not there any more" in sentence for sentence in done["not_erased"]) == 3


def test_a_vault_that_was_kept_aside_is_named(vault, folder):
    kept = Path(vault.json("vault", "restore", folder / "b1", phrase="one horse")["kept"])
    assert any(kept.name in sentence for sentence in erase(vault)["not_erased"])


@pytest.fixture
def trained(vault):
    """Run 1 learned from Marta K. and Second, run 2 from Second alone; both have a model and a report."""
    access = Access(vault.paths)
    sessions, review = Sessions(access.unlock("one horse")), Review(access.vault)
    consents, runs = Consents(access.vault), Runs(vault.paths, Models(access.vault, vault.paths).run_key())
    for name in ("Marta K.", "Second"):
        if name == "Second":
            sessions.add_client(name)
        (client,) = [one for one in sessions.clients() if one.name == name]
        turn = sessions.add_client_turn(sessions.latest_session(client.id).id, f"words of {name}")
        review.write_own(turn.id, "a reply")
        consents.record(name, "training", True, "therapist")
    made = [TrainingMaterial(access.vault).prepare(runs)]
    consents.record("Marta K.", "training", False, "therapist")
    made.append(TrainingMaterial(access.vault).prepare(runs))
    with access.vault.write() as db:  # as before the consent was taken back
        db.run("UPDATE lineage SET withdrawn_at = NULL")
    for run in made:
        Folder(run.out(Stage.BUNDLE), runs.run_key).write("bundle.json", b"{}")
        Folder(run.out(Stage.EVALUATE), runs.run_key).write("report.html", b"quotes")
    access.lock()
    return made


def marked(cli):
    models = cli.json("models", "list", phrase="one horse")["models"]
    return {model["id"]: model["must_retrain"] for model in models if model["kind"] == "trained"}


def audit_bodies(cli):
    access = Access(cli.paths)
    with access.unlock("one horse").read() as db:
        bodies = [json.loads(row[0]) for row in db.rows("SELECT body FROM audit ORDER BY sequence")]
    access.lock()
    return bodies


def test_models_that_learned_from_the_client_are_marked_and_their_sealed_words_go(vault, trained):
    assert marked(vault) == {"run-1": False, "run-2": False}
    done = erase(vault)
    assert marked(vault) == {"run-1": True, "run-2": False}
    assert "Models marked, to be trained anew: run-1." in done["done"]
    assert done["erased"]["training runs' conversations"] == 1
    assert [run.data.exists() for run in trained] == [False, True]
    assert [run.out(Stage.EVALUATE).exists() for run in trained] == [False, True]
    assert "must retrain" in vault("models", "list", phrase="one horse")[1]
    assert [(b["kind"], b.get("run")) for b in audit_bodies(vault)[-2:]] == [
        ("must retrain", 1),
        ("client erased", None),
    ]
    access = Access(vault.paths)
    with access.unlock("one horse").read() as db:  # nobody can tell any more whose row it was
        assert [row[0] is None for row in db.rows("SELECT salt FROM lineage ORDER BY id")] == [
            True,
            False,
            False,
        ]
    access.lock()


def test_a_consent_taken_back_says_which_models_and_drops_the_words(vault, trained):
    told = vault.json("consent", "revoke", "Marta K.", "--for", "training", phrase="one horse")
    assert told["must_retrain"] == ["run-1"]
    assert marked(vault) == {"run-1": True, "run-2": False}
    assert [run.data.exists() for run in trained] == [False, True]
    out = vault("consent", "revoke", "Second", "--for", "training", phrase="one horse")[1]
    assert "must retrain: run-1" in out
    assert "must retrain: run-2" in out
    assert vault.json("consent", "revoke", "Second", "--for", "care", phrase="one horse").get("notes") is None

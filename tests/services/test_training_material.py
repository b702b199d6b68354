"""Training on the vault's own sessions: who is in it, what lies on disk, what a withdrawn consent does."""

import base64
import subprocess

import pytest

from tests.services.conftest import HIT
from tfdesk.core.errors import InputRefused, ModelUnavailable
from tfdesk.core.models import Disposition
from tfdesk.core.paths import Paths
from tfdesk.services import runs
from tfdesk.services.consent import Consents
from tfdesk.services.models import Models
from tfdesk.services.runs import DATA, Runs, Stage
from tfdesk.services.training_material import TrainingMaterial, drop_withdrawn
from tfdesk.store import lineage
from trainer.dialogue import parse_lines
from trainer.sealed import Folder

KEY = b"k" * 32


@pytest.fixture
def paths(tmp_path):
    return Paths.default(tmp_path)


@pytest.fixture
def training(paths):
    return Runs(paths, KEY)


@pytest.fixture
def material(vault):
    return TrainingMaterial(vault)


@pytest.fixture
def talk(sessions, review):
    """Add a client who said something and was answered; their latest session is finished."""

    def make(name, answered=True):
        client = sessions.add_client(name, f"situation of {name}")
        turn = sessions.add_client_turn(sessions.latest_session(client.id).id, f"words of {name}")
        if answered:
            review.write_own(turn.id, f"reply to {name}")
        return client

    return make


def agree(vault, name, granted=True, purpose="training"):
    Consents(vault).record(name, purpose, granted, "therapist")


def said(run):
    """Every text in a run's sealed file, and the dialogues' names."""
    lines = Folder(run.path, KEY).read(DATA).splitlines(keepends=True)
    dialogues = list(parse_lines(lines, "x"))
    return [turn.text for dialogue in dialogues for turn in dialogue.turns], [d.id for d in dialogues]


def test_only_words_of_clients_who_agree_now_are_taken(vault, material, training, talk):
    for name in ("Marta", "Devon", "Nora", "Ilse"):
        talk(name)
    agree(vault, "Marta")
    agree(vault, "Devon", purpose="care")
    agree(vault, "Nora")
    agree(vault, "Nora", granted=False)
    assert (material.offer().clients, material.offer().sessions) == (1, 1)
    run = material.prepare(training)
    texts, names = said(run)
    assert texts == ["words of Marta", "reply to Marta"]
    assert (run.dialogues, run.replies) == (1, 1)
    assert "Marta" not in names[0]
    assert names == said(material.prepare(training))[1]  # the same pseudonym again


def test_a_session_in_which_something_waits_is_left_out(vault, material, training, talk, sessions, review):
    client = talk("Marta")
    agree(vault, "Marta")
    second = sessions.new_session(client.id)
    assert material.offer().sessions == 1  # nothing was said in the second yet
    waiting = sessions.add_client_turn(second.id, "not answered yet")
    assert said(material.prepare(training))[0] == ["words of Marta", "reply to Marta"]
    sessions.new_session(client.id)  # a later session: the one before is over, answered or not
    assert "not answered yet" in said(material.prepare(training))[0]
    sessions.record_screening(waiting.id, HIT, None)
    assert "not answered yet" not in said(material.prepare(training))[0]
    review.dispose(waiting.id, Disposition.CONTACTED, "")
    assert "not answered yet" in said(material.prepare(training))[0]


def test_nothing_to_learn_from_is_said_and_leaves_nothing(vault, material, training, talk, paths):
    talk("Marta")
    talk("Nora", answered=False)
    agree(vault, "Nora")
    with pytest.raises(InputRefused, match="who agreed"):
        material.prepare(training)
    assert not paths.runs_dir.exists()
    with vault.read() as db:
        assert lineage.last_run(db) == 0


def test_no_file_holds_a_word_in_the_clear(vault, material, training, talk, tmp_path):
    talk("Marta")
    agree(vault, "Marta")
    run = material.prepare(training)
    assert run.data.is_file()
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or b"words of" not in file.read_bytes(), file.name


def test_a_number_is_not_used_again_when_its_folder_is_gone(vault, material, training, talk):
    talk("Marta")
    agree(vault, "Marta")
    run = material.prepare(training)
    run.data.unlink()
    run.path.rmdir()
    assert material.prepare(training).number == run.number + 1


def bundle_of(run):
    Folder(run.out(Stage.BUNDLE), KEY).write("bundle.json", b"{}")


def test_a_consent_taken_back_marks_what_learned_from_the_client(vault, material, training, talk, paths):
    for name in ("Marta", "Devon"):
        talk(name)
        agree(vault, name)
    both = material.prepare(training)
    agree(vault, "Marta", granted=False)
    alone = material.prepare(training)
    for run in (both, alone):
        bundle_of(run)
    marked = {model.id: model.must_retrain for model in Models(vault, paths).list()[1:]}
    assert marked == {"run-1": True, "run-2": False}


def test_care_taken_back_marks_nothing_and_training_granted_again_unmarks_nothing(
    vault, material, training, talk, paths
):
    talk("Marta")
    agree(vault, "Marta")
    bundle_of(material.prepare(training))
    agree(vault, "Marta", purpose="care", granted=False)
    assert not Models(vault, paths).list()[1].must_retrain
    agree(vault, "Marta", granted=False)
    agree(vault, "Marta")
    assert Models(vault, paths).list()[1].must_retrain


def test_the_sealed_words_of_a_marked_run_are_deleted_and_it_does_not_go_on(
    vault, material, training, talk, paths
):
    for name in ("Marta", "Devon"):
        talk(name)
        agree(vault, name)
    both = material.prepare(training)
    agree(vault, "Marta", granted=False)
    alone = material.prepare(training)
    training.check(both)
    assert (drop_withdrawn(vault, paths), drop_withdrawn(vault, paths)) == (1, 0)
    assert (both.data.exists(), alone.data.exists()) == (False, True)
    with pytest.raises(InputRefused, match="no longer agrees"):
        training.check(both)


def test_a_marked_model_is_neither_promoted_nor_rolled_back_to(tmp_path, talk_in_access):
    access, material, training = talk_in_access
    models = Models(access.vault, access.paths)
    run = material.prepare(training)
    bundle_of(run)
    access.set_passphrase("two horses", "supervisor")
    folder = models.promote(run.out(Stage.BUNDLE), "clinic", access=access, passphrase="two horses")
    models.promote(folder, "clinic", access=access, passphrase="two horses")  # by its copy: still that run
    models.use_starter(access=access, passphrase="two horses")
    agree(access.vault, "Marta", granted=False)
    assert [model.must_retrain for model in models.list()] == [False, True]
    with pytest.raises(ModelUnavailable, match="no longer agrees"):
        models.promote(folder, "clinic", access=access, passphrase="two horses")
    with pytest.raises(ModelUnavailable, match="trained anew"):
        models.roll_back(access=access, passphrase="two horses")


@pytest.fixture
def talk_in_access(tmp_path, monkeypatch):
    """An unlocked vault with a client who agreed, as the window has it."""
    from tfdesk.services.access import Access
    from tfdesk.services.review import Review
    from tfdesk.services.sessions import Sessions
    from tfdesk.store.crypto import Argon2Parameters

    monkeypatch.setattr(Argon2Parameters.__init__, "__defaults__", (64, 1, 1))
    access = Access(Paths.default(tmp_path / "data"))
    access.create("one horse")
    sessions = Sessions(access.vault)
    client = sessions.add_client("Marta")
    turn = sessions.add_client_turn(sessions.latest_session(client.id).id, "words of Marta")
    Review(access.vault).write_own(turn.id, "reply to Marta")
    agree(access.vault, "Marta")
    yield access, TrainingMaterial(access.vault), Runs(access.paths, KEY)
    access.lock()


def test_the_real_trainer_learns_from_the_sealed_sessions(
    vault, material, talk, paths, desk_bundle, monkeypatch, tmp_path
):
    monkeypatch.setattr(runs, "starter_dir", lambda: desk_bundle)
    names = [f"Client {number}" for number in range(8)]  # some of them are held out
    for name in names:
        talk(name)
        agree(vault, name)
    training = Runs(
        paths, KEY, settings={Stage.SFT: ("max_steps=2", "batch=2", "max_length=96", "threads=1")}
    )
    run = material.prepare(training)
    done = subprocess.run(
        training.command(run, Stage.SFT),
        input=base64.b64encode(KEY) + b"\n",
        capture_output=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr[-500:]
    assert run.out(Stage.SFT).is_dir()
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or b"words of" not in file.read_bytes(), file.name

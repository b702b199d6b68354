"""``tfdesk vault recovery|keyring|passphrase``: every way in, without a window."""

import html
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tfdesk.core.errors import KnownError
from tfdesk.services import access as access_module
from tfdesk.services.access import Access
from tfdesk.store import crypto

ROOT = Path(__file__).parents[2]


@pytest.fixture
def file_of(tmp_path):
    """A secret in a file."""

    def make(words):
        place = tmp_path / f"secret-{abs(hash(words))}"
        place.write_text(words + "\n")
        return place

    return make


@pytest.fixture
def made(cli):
    """The command line with a new vault, and its recovery key."""
    told = cli.json("vault", "create", phrase="one horse")
    assert told["recovery"] == "not typed back"
    return cli, told["recovery_key"]


def state(cli, phrase="one horse"):
    return cli.json("vault", "status", phrase=phrase)["recovery"]


def ways(cli):
    return [(slot["kind"], slot["role"]) for slot in cli.json("vault", "slots")["slots"]]


def opens(cli, key):
    access = Access(cli.paths)
    try:
        access.unlock_with_recovery_key(key)
    except KnownError:
        return False
    finally:
        access.lock()
    return True


def test_the_vault_is_set_up_once_the_key_was_typed_back(made, file_of):
    cli, key = made
    assert state(cli) == "not typed back"
    confirm = ("vault", "recovery", "confirm", "--recovery-key-file")
    assert "typing error" in cli.refused(*confirm, file_of(key[:-1]), phrase="one horse")
    other = crypto.new_recovery_key()
    assert "not the recovery key" in cli.refused(*confirm, file_of(other), phrase="one horse")
    cli.refused(*confirm, file_of(key), code=3)
    assert state(cli) == "not typed back"
    assert cli.json(*confirm, file_of(key.lower()), phrase="one horse")["recovery"] == "typed back"
    assert state(cli) == "typed back"


def test_a_new_key_replaces_the_old_one_and_waits_to_be_typed_back(made, file_of):
    cli, key = made
    cli.json("vault", "recovery", "confirm", "--recovery-key-file", file_of(key), phrase="one horse")
    told = cli.json("vault", "recovery", "renew", phrase="one horse")
    assert told["recovery"] == "not typed back"
    assert (opens(cli, key), opens(cli, told["recovery_key"])) == (False, True)
    assert state(cli) == "not typed back"
    rekeyed = cli.json("vault", "rekey", "--drop-other-slots", phrase="one horse")
    assert (opens(cli, told["recovery_key"]), opens(cli, rekeyed["recovery_key"])) == (False, True)
    assert state(cli) == "not typed back"


def test_the_key_opens_the_vault_and_sets_a_passphrase(made, file_of):
    cli, key = made
    cli.add_client("Marta K.")
    use = ("vault", "recovery", "open", "--recovery-key-file", file_of(key), "--new-passphrase-file")
    for bad in ("", "x" * 10_001):
        assert "passphrase" in cli.refused(*use, file_of(bad))
    told = cli.json(*use, file_of("new horse"))
    assert (told["role"], told["changed"]) == ("therapist", True)
    assert cli.clients("new horse") == ["Marta K."]
    cli.refused("vault", "status", phrase="one horse", code=3)
    cli.json(*use, file_of("two horses"), "--role", "supervisor")
    assert cli.json("vault", "status", "--role", "supervisor", phrase="two horses")["whole"]
    log = cli("audit", "export", file_of("x").with_name("log.jsonl"), phrase="new horse")
    assert log[0] == 0
    assert file_of("x").with_name("log.jsonl").read_text().count("opened with the recovery key") == 2


def test_another_vaults_key_opens_nothing(made, file_of):
    cli, _ = made
    before = cli.files()
    other = file_of(crypto.new_recovery_key())
    use = (
        "vault",
        "recovery",
        "open",
        "--recovery-key-file",
        other,
        "--new-passphrase-file",
        file_of("mine"),
    )
    assert "another vault" in cli.refused(*use, code=3)
    assert cli.files()["vault.keys.json"] == before["vault.keys.json"]
    both = ("vault", "recovery", "open", "--recovery-key-file", "-", "--new-passphrase-file", "-")
    assert "standard input" in cli.refused(*both)


def test_a_key_is_removed_only_on_purpose(made):
    cli, key = made
    assert "--yes" in cli.refused("vault", "recovery", "remove", phrase="one horse")
    assert opens(cli, key)
    assert cli.json("vault", "recovery", "remove", "--yes", phrase="one horse")["recovery"] == "none"
    assert not opens(cli, key)
    assert ways(cli) == [("passphrase", "therapist")]
    assert "no recovery key" in cli.refused("vault", "recovery", "remove", "--yes", phrase="one horse")
    cli.json("vault", "recovery", "renew", phrase="one horse")
    assert ways(cli) == [("passphrase", "therapist"), ("recovery", "therapist")]


def test_a_renewed_key_leaves_one_slot_whoever_made_it(made, file_of):
    cli, _ = made
    new = file_of("two horses")
    cli.json("vault", "supervisor", "set", "--new-passphrase-file", new, phrase="one horse")
    told = cli.json("vault", "recovery", "renew", "--role", "supervisor", phrase="two horses")
    assert [way for way in ways(cli) if way[0] == "recovery"] == [("recovery", "supervisor")]
    assert opens(cli, told["recovery_key"])


def test_a_role_does_without_its_passphrase_while_the_other_has_one(made, file_of):
    cli, _ = made
    remove = ("vault", "passphrase", "--remove")
    assert "only passphrase" in cli.refused(*remove, phrase="one horse")
    new = file_of("two horses")
    cli.json("vault", "supervisor", "set", "--new-passphrase-file", new, phrase="one horse")
    assert cli.json(*remove, phrase="one horse")["removed"]
    assert ("passphrase", "therapist") not in ways(cli)
    words = ("vault", "create", "--unlock-file", new)
    cli.json(*words, phrase="three horses")
    assert cli.json("vault", "status", phrase="three horses")["whole"]


# The printable page ---------------------------------------------------------------------------


def test_a_page_to_print_is_written_on_request_with_a_warning(cli, tmp_path):
    sheet = tmp_path / "paper" / "key.html"
    words = ("vault", "create", "--sheet", sheet)
    assert "no such folder" in cli.refused(*words, phrase="one horse")
    assert not cli.paths.vault_file.exists()
    sheet.parent.mkdir()
    code, out, err = cli(*words, phrase="one horse")
    assert code == 0
    assert "not encrypted" in err
    key = re.search(r"recovery key: (\S+)", out)[1]
    page = sheet.read_text()
    shown = re.sub(r"<[^>]+>", "", page[page.index('class="key"') :].split(">", 1)[1].split("</p>")[0])
    assert opens(cli, html.unescape(shown))  # as a person would copy it
    assert opens(cli, key)
    assert sheet.stat().st_mode & 0o077 == 0
    assert "exists already" in cli.refused("vault", "recovery", "renew", "--sheet", sheet, phrase="one horse")
    assert opens(cli, key)


def test_a_page_is_not_laid_beside_the_vault(made):
    cli, key = made
    inside = cli.paths.root / "key.html"
    assert "beside the vault" in cli.refused(
        "vault", "recovery", "renew", "--sheet", inside, phrase="one horse"
    )
    assert not inside.exists()
    assert opens(cli, key)


# At a terminal --------------------------------------------------------------------------------


@pytest.mark.parametrize(("answer", "told"), [("right", "typed back"), ("later", "not typed back")])
def test_at_a_terminal_the_key_is_asked_back(tmp_path, answer, told):
    phrase = tmp_path / "phrase"
    phrase.write_text("one horse\n")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "tfdesk", "--data-dir", str(tmp_path / "data"), "vault", "create"]
    child = subprocess.Popen(
        [*command, "--passphrase-file", str(phrase)], stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT
    )
    os.close(theirs)
    said = _read_until(ours, "(an empty line: later): ")
    key = re.search(r"([A-Z2-7]{5}-){7}[A-Z2-7]{5}", said)[0]
    if answer == "right":
        os.write(ours, f"{key[:-2]}\n".encode())
        said = _read_until(ours, "(an empty line: later): ")
        assert "typing error" in said
        os.write(ours, f"{key}\n".encode())
    else:
        os.write(ours, b"\n")
    said = _read_until(ours, None)
    assert child.wait() == 0
    os.close(ours)
    assert f"recovery: {told}\r\n" in said


def _read_until(terminal, words):
    """What the child prints up to ``words``, or until it ends."""
    said = ""
    while words is None or not said.endswith(words):
        try:
            part = os.read(terminal, 4096)
        except OSError:  # Linux says so when the other end is closed
            part = b""
        if not part:
            break
        said += part.decode()
    return said


# The key ring -----------------------------------------------------------------------------------


class Ring:
    """A key ring in memory: the real one has its own tests."""

    def __init__(self):
        self.kept = {}

    def get(self, name):
        return self.kept.get(name)

    def set(self, name, secret):
        self.kept[name] = secret

    def delete(self, name):
        self.kept.pop(name, None)


def test_the_key_ring_is_added_and_removed(made, monkeypatch):
    cli, _ = made
    ring = Ring()
    monkeypatch.setattr(access_module, "default_keyring", lambda: ring)
    assert cli.json("vault", "keyring", "add", phrase="one horse")["keyring"]
    assert ("keyring", "therapist") in ways(cli)
    access = Access(cli.paths, ring)
    assert access.unlock_with_keyring() is not None
    access.lock()
    first = dict(ring.kept)
    cli.json("vault", "keyring", "add", phrase="one horse")
    assert ring.kept != first  # another wrapping key
    assert not cli.json("vault", "keyring", "remove", phrase="one horse")["keyring"]
    assert ring.kept == {}
    assert Access(cli.paths, ring).unlock_with_keyring() is None


def test_without_a_key_ring_that_is_said_and_nothing_changes(made, monkeypatch):
    cli, _ = made
    monkeypatch.setattr(access_module, "default_keyring", lambda: None)
    before = ways(cli)
    assert "switched off" in cli.refused("vault", "keyring", "add", phrase="one horse")
    assert ways(cli) == before

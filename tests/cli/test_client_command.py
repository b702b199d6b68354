"""``tfdesk client`` as a script sees it: listing, the client's file, erasure."""

import html
import json
import zipfile

import pytest

from tests.services.test_no_plain_text import SENTINELS, _leaks
from tests.store.pages import decrypted
from tests.store.test_records import SENTINELS as SAID
from tests.store.test_records import live
from tfdesk.core.errors import KnownError
from tfdesk.services.client_file import MAGIC
from tfdesk.services.sessions import Sessions
from tfdesk.store import audit, records, schema


@pytest.fixture
def marta(told, talk):
    """A client with three messages."""
    told("import", talk, "--client", "Marta K.")


@pytest.fixture
def key_file(tmp_path):
    file = tmp_path / "export phrase"
    file.write_text("two horses\n")
    return file


def contents(file):
    with zipfile.ZipFile(file) as archive:
        assert archive.namelist() == ["client.json", "client.html"]
        return json.loads(archive.read("client.json")), archive.read("client.html").decode()


def test_the_list_counts_and_tells_consent(told, desk, marta):
    told("consent", "grant", "Marta K.", "--for", "training")
    (client,) = told("client", "list")["clients"]
    assert (client["name"], client["sessions"], client["messages"], client["awaiting"]) == (
        "Marta K.",
        1,
        3,
        True,
    )
    assert client["consent"] == {"care": False, "training": True}
    assert desk("client", "list")[1] == "Marta K.: 3 messages in 1 sessions, waiting for a reply\n"


def test_a_plain_export_is_whole_readable_and_warned_of(desk, marta, tmp_path):
    out = tmp_path / "marta.zip"
    code, _, err = desk("client", "export", "marta k.", "--out", out, "--plain")
    assert code == 0
    assert "not encrypted" in err
    record, page = contents(out)
    assert [turn["text"] for turn in record["turns"]] == [
        "I said yes again.",
        "You wanted to say no.",
        "I did.",
    ]
    assert record["client"]["name"] == "Marta K."
    assert record["audit_head"]["sequence"] == 2
    assert "You wanted to say no." in page
    assert page.count('<div class="turn ') == 3


def test_drafts_decisions_and_risks_are_on_the_page_too(desk, unlocked, tmp_path):
    live(unlocked())
    unlocked().close()
    desk("client", "export", SAID["name"], "--out", tmp_path / "x.zip", "--plain")
    record, page = contents(tmp_path / "x.zip")
    for what in ("situation", "message", "draft", "edited", "note", "own", "reason"):
        assert SAID[what] in page, what
        assert SAID[what] in json.dumps(record), what


def test_an_encrypted_export_opens_with_its_passphrase_alone(desk, marta, tmp_path, key_file):
    sealed, out = tmp_path / "marta.tfdesk", tmp_path / "marta.zip"
    code, _, err = desk("client", "export", "Marta K.", "--out", sealed, "--export-passphrase-file", key_file)
    assert (code, err) == (0, "")
    data = sealed.read_bytes()
    assert data.startswith(MAGIC)
    assert b"client.json" not in data
    opens = ("client", "open-export", sealed, "--out", out, "--export-passphrase-file")
    assert desk(*opens, "-", opens=False, typed="one horse")[0] == 3
    assert not out.exists()
    assert desk(*opens, key_file, opens=False)[0] == 0
    assert contents(out)[0]["client"]["name"] == "Marta K."


@pytest.mark.parametrize("place", [0, 25, 60, 100, -1])
def test_an_export_that_was_changed_anywhere_is_refused(desk, marta, tmp_path, key_file, place):
    sealed, out = tmp_path / "marta.tfdesk", tmp_path / "marta.zip"
    desk("client", "export", "Marta K.", "--out", sealed, "--export-passphrase-file", key_file)
    data = bytearray(sealed.read_bytes())
    data[place] ^= 1
    sealed.write_bytes(data)
    code, _, err = desk(
        "client", "open-export", sealed, "--out", out, "--export-passphrase-file", key_file, opens=False
    )
    assert code in (2, 3)
    assert len(err.splitlines()) == 1
    assert not out.exists()


def test_a_header_that_asks_for_too_much_memory_is_refused_before_it_is_used(desk, tmp_path, key_file):
    header = json.dumps(
        {"format": 1, "salt": "A" * 22 + "==", "cost": {"memory_kib": 1 << 27, "iterations": 1, "lanes": 1}}
    ).encode()
    (tmp_path / "x").write_bytes(MAGIC + len(header).to_bytes(4, "big") + header + b"x" * 50)
    words = (
        "client",
        "open-export",
        tmp_path / "x",
        "--out",
        tmp_path / "y",
        "--export-passphrase-file",
        key_file,
    )
    assert desk(*words, opens=False)[0] == 2


def test_an_export_is_never_plain_by_accident_and_overwrites_nothing(desk, marta, tmp_path, key_file):
    out = tmp_path / "marta.zip"
    for words in ((), ("--plain", "--export-passphrase-file", key_file)):
        assert desk("client", "export", "Marta K.", "--out", out, *words)[0] == 2
    assert not out.exists()
    assert desk("client", "export", "No One", "--out", out, "--plain")[0] == 2
    assert not out.exists()
    out.write_text("mine")
    assert desk("client", "export", "Marta K.", "--out", out, "--plain")[0] == 2
    assert out.read_text() == "mine"


def test_the_page_shows_markup_as_words(told, desk, tmp_path):
    evil = "<script>alert(1)</script>\u202e & \"quoted\" 'text'"
    file = tmp_path / "talk.json"
    file.write_text(json.dumps([{"who": "client", "text": evil}, {"who": "therapist", "text": "{{ 7*7 }}"}]))
    told("import", file, "--client", "<b>Marta</b>")
    desk("client", "export", "<b>Marta</b>", "--out", tmp_path / "x.zip", "--plain")
    record, page = contents(tmp_path / "x.zip")
    assert record["turns"][0]["text"] == evil
    assert "<script" not in page
    assert "<b>" not in page
    assert evil in html.unescape(page)
    assert "{{ 7*7 }}" in page


def test_an_erasure_needs_a_yes_and_leaves_a_certificate(told, desk, marta, unlocked, tmp_path, paths):
    code, out, err = desk("client", "erase", "Marta K.")
    assert (code, out) == (2, "")
    assert "--yes" in err
    assert len(told("client", "list")["clients"]) == 1
    done = told("client", "erase", "Marta K.", "--yes")
    assert (done["client"], done["erased"]["turns"], done["erased"]["sessions"]) == ("Marta K.", 3, 1)
    assert any("Backups" in sentence for sentence in done["not_erased"])
    assert told("client", "list") == {"clients": []}
    assert told("audit", "verify", "--head", done["audit_head"])["whole"]
    vault = unlocked()
    vault.check()
    with vault.read() as db:
        assert '"kind":"client erased"' in audit.entries(db)[-1].body
        assert "Marta" not in str(audit.entries(db))
    assert desk("client", "erase", "Marta K.", "--yes")[0] == 2


def test_the_certificate_for_people_is_one_fact_a_line(desk, marta):
    code, out, _ = desk("client", "erase", "Marta K.", "--yes")
    assert code == 0
    lines = out.splitlines()
    assert lines[0] == "Certificate of erasure"
    assert "erased turns: 3" in lines
    assert lines[-1].startswith("audit head: ")


def test_a_client_of_a_name_given_twice_is_not_erased_by_it(desk, unlocked):
    vault = unlocked()
    Sessions(vault).add_client("Marta K.")
    with vault.write() as db:
        db.run("INSERT INTO clients (name, situation, created_at) VALUES ('marta k.', '', 0)")
    vault.close()
    code, _, err = desk("client", "erase", "Marta K.", "--yes")
    assert code == 2
    assert "More than one" in err


def test_a_sweep_that_fails_is_on_the_certificate(told, marta, monkeypatch):
    def busy(_):
        raise KnownError("Another program is reading the vault.", "Close it.")

    monkeypatch.setattr(records, "sweep", busy)
    done = told("client", "erase", "Marta K.", "--yes")
    assert "Another program is reading the vault. Close it." in done["not_erased"][0]
    assert told("client", "list") == {"clients": []}


def test_old_copies_of_the_vault_go_with_the_client(told, marta, paths):
    copy = paths.vault_file.with_name("vault.db.version-1")
    copy.write_bytes(paths.vault_file.read_bytes())
    assert told("client", "erase", "Marta K.", "--yes")["erased"]["old copies of the vault"] == 1
    assert schema.kept_copies(paths.vault_file) == []


def test_no_file_holds_a_word_after_import_export_and_erasure(
    told, desk, paths, talk, key_file, unlocked, tmp_path
):
    says = SENTINELS
    talk.write_text(f"heading {says['note']}\nClient: {says['message']}\nTherapist: {says['own']}\n")
    told("import", talk, "--client", says["name"])
    sealed = paths.root / "export"
    assert (
        desk("client", "export", says["name"], "--out", sealed, "--export-passphrase-file", key_file)[0] == 0
    )
    talk.write_text(f"Client: hello\n{says['message'].title()}: who is this\n")
    assert desk("import", talk, "--client", says["name"])[0] == 2
    vault = unlocked()
    key = vault._key
    vault.close()
    assert _leaks(paths.root) == []
    assert says["message"].encode() in decrypted(paths.vault_file, key)
    told("client", "erase", says["name"], "--yes")
    pages = decrypted(paths.vault_file, key)
    assert [word for word in says.values() if word.encode() in pages] == []
    assert _leaks(paths.root) == []

"""``tfdesk vault`` as a script sees it: exit codes, one JSON object, one sentence."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def tfdesk(tmp_path):
    """Run the real program on a data folder of its own; returns (exit code, stdout, stderr)."""

    def run(*words, typed=""):
        command = [sys.executable, "-m", "tfdesk", "--data-dir", str(tmp_path / "data"), *words]
        done = subprocess.run(command, input=typed, capture_output=True, text=True, cwd=ROOT, check=False)
        return done.returncode, done.stdout, done.stderr

    return run


def test_create_status_and_wrong_passphrases(tfdesk, tmp_path):
    phrase = tmp_path / "phrase"
    phrase.write_text("one horse\n")
    assert json.loads(tfdesk("vault", "status", "--json")[1])["state"] == "missing"
    code, out, err = tfdesk("vault", "create", "--passphrase-file", str(phrase), "--json")
    assert (code, err) == (0, "")
    assert len(json.loads(out)["recovery_key"]) == 47
    code, out, _ = tfdesk("vault", "status", "--json")
    assert (code, json.loads(out)["state"]) == (0, "locked")
    code, out, _ = tfdesk("vault", "status", "--json", "--passphrase-file", "-", typed="one horse")
    assert (code, json.loads(out)["state"], json.loads(out)["whole"]) == (0, "unlocked", True)
    code, out, err = tfdesk("vault", "status", "--passphrase-file", "-", typed="two horses\n")
    assert (code, out) == (3, "")
    assert err == "tfdesk: That is not the passphrase.\n"
    code, out, err = tfdesk("vault", "create", "--passphrase-file", str(phrase))
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1


def test_a_supervisor_is_added_with_a_passphrase_that_opens_the_vault(tfdesk, tmp_path):
    phrase = tmp_path / "phrase"
    phrase.write_text("one horse\n")
    tfdesk("vault", "create", "--passphrase-file", str(phrase))
    words = (
        "vault",
        "create",
        "--role",
        "supervisor",
        "--passphrase-file",
        "-",
        "--unlock-file",
        str(phrase),
    )
    assert tfdesk(*words, typed="two horses\n")[0] == 0
    check = ("vault", "status", "--role", "supervisor", "--passphrase-file", "-")
    assert tfdesk(*check, typed="two horses\n")[0] == 0
    assert tfdesk(*check, typed="one horse\n")[0] == 3


@pytest.mark.parametrize(
    "words",
    [
        ("vault", "create"),
        ("vault", "create", "--passphrase-file", "no such file"),
        ("vault", "create", "--passphrase-file", "-"),
        ("vault",),
        ("vault", "burn"),
        ("no-such-command",),
    ],
)
def test_bad_input_ends_with_2_and_nothing_on_stdout(tfdesk, tmp_path, words):
    code, out, err = tfdesk(*words)
    assert (code, out) == (2, "")
    assert err
    assert not (tmp_path / "data" / "vault.db").exists()


def test_a_vault_from_a_newer_version_is_refused_in_a_sentence(tfdesk, tmp_path):
    from tfdesk.core.paths import Paths
    from tfdesk.services.access import Access

    access = Access(Paths.default(tmp_path / "data"))
    access.create("one horse")
    with access.vault.write() as db:
        db.run("PRAGMA user_version = 999")
    access.lock()
    code, out, err = tfdesk("vault", "status", "--passphrase-file", "-", typed="one horse")
    assert (code, out) == (2, "")
    assert "newer version" in err

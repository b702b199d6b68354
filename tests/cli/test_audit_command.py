"""``tfdesk audit`` as a script sees it: what was done to a log is found and said in plain words."""

import json

import pytest

from tfdesk.cli import main
from tfdesk.store.audit import entry_hash


@pytest.fixture
def log(told, talk, tmp_path):
    """An exported log of six entries, its lines without the signatures, and its head."""
    told("import", talk, "--client", "Marta K.")
    for action in ("grant", "revoke", "grant", "revoke"):
        told("consent", action, "Marta K.", "--for", "care")
    file = tmp_path / "log.jsonl"
    done = told("audit", "export", file)
    lines = [line for line in file.read_text().splitlines() if '"checkpoint"' not in line]
    assert (done["entries"], len(lines)) == (6, 7)
    return file, lines, done["head"]


@pytest.fixture
def verify(desk, capsys, monkeypatch, tmp_path):
    """Verify a file with no passphrase, where there is no vault."""
    monkeypatch.setenv("TFDESK_DATA_DIR", str(tmp_path / "elsewhere"))

    def run(file, *words):
        code = main(["audit", "verify", str(file), "--json", *words])
        told = capsys.readouterr()
        return code, json.loads(told.out) if told.out else None, told.err

    return run


def rehashed(lines):
    """The same bodies as a chain that is whole again: what a forger with time would do."""
    previous, made = "0" * 64, [lines[0]]
    for line in lines[1:]:
        entry = json.loads(line)
        entry |= {"previous": previous, "hash": entry_hash(previous, entry["body"])}
        previous = entry["hash"]
        made.append(json.dumps(entry))
    header = json.loads(lines[0]) | {"head": previous, "entries": len(made) - 1}
    return [json.dumps(header), *made[1:]]


def test_an_untouched_log_is_whole_in_the_vault_and_out_of_it(told, desk, log, verify):
    file, _, head = log
    inside = told("audit", "verify")
    assert (inside["whole"], inside["entries"], inside["head"]) == (True, 6, head)
    code, outside, err = verify(file, "--head", head)
    assert (code, err) == (0, "")
    assert outside["against_head"]
    assert desk("audit", "verify", file, opens=False)[1].startswith("The log is whole: 6 entries")
    assert desk("audit", "verify", opens=False)[0] == 3


def test_the_log_may_grow_past_a_head_that_was_kept(told, log):
    told("consent", "grant", "Marta K.", "--for", "care")
    assert told("audit", "verify", "--head", log[2])["whole"]
    assert told("audit", "verify", "--head", log[2].partition(":")[2])["whole"]


def edited(lines):
    lines[3] = lines[3].replace("granted", "revoked")


def renumbered(lines):
    lines[3] = lines[3].replace('"sequence": 3', '"sequence": 30')


def deleted(lines):
    del lines[3]


def two_deleted(lines):
    del lines[3:5]


def reordered(lines):
    lines[3], lines[4] = lines[4], lines[3]


def replaced(lines):
    entry = json.loads(lines[3])
    entry["body"] = entry["body"].replace("granted", "revoked")
    lines[3] = json.dumps(entry | {"hash": entry_hash(entry["previous"], entry["body"])})


def truncated(lines):
    del lines[5:]


@pytest.mark.parametrize(
    ("change", "fault", "sequence"),
    [
        (edited, "edited", 3),
        (renumbered, "deleted", 3),
        (deleted, "deleted", 3),
        (two_deleted, "deleted", 3),
        (reordered, "reordered", 3),
        (replaced, "replaced", 4),
        (truncated, "truncated", 5),
    ],
)
def test_what_was_done_is_named_with_its_number(log, verify, change, fault, sequence):
    file, lines, _ = log
    change(lines)
    file.write_text("\n".join(lines))
    code, verdict, err = verify(file)
    assert code == 2
    assert (verdict["whole"], verdict["fault"], verdict["sequence"]) == (False, fault, sequence)
    assert err == f"tfdesk: {verdict['sentence']}\n"
    assert fault in verdict["sentence"]


@pytest.mark.parametrize(
    ("change", "fault", "sequence"),
    [(truncated, "truncated", 5), (edited, "rewritten", 6), (deleted, "truncated", 6)],
)
def test_a_log_that_was_written_anew_is_found_against_a_head_kept_elsewhere_only(
    log, verify, change, fault, sequence
):
    file, lines, head = log
    change(lines)
    for number, line in enumerate(lines[1:], start=1):  # the forger numbers the entries anew
        entry = json.loads(line)
        entry["body"] = json.dumps(json.loads(entry["body"]) | {"sequence": number})
        lines[number] = json.dumps(entry | {"sequence": number})
    file.write_text("\n".join(rehashed(lines)))
    code, verdict, _ = verify(file)
    assert code == 0
    assert "--head" in verdict["sentence"]
    code, verdict, _ = verify(file, "--head", head)
    assert (code, verdict["fault"], verdict["sequence"]) == (2, fault, sequence)
    code, verdict, _ = verify(file, "--head", head.partition(":")[2])
    assert (code, verdict["fault"]) == (2, "truncated")


def test_a_broken_vault_chain_is_found(desk, log, unlocked):
    vault = unlocked()
    with vault.write() as db:
        db.run("DROP TRIGGER audit_is_append_only_update")
        db.run("UPDATE audit SET body = replace(body, 'granted', 'revoked') WHERE sequence = 3")
    vault.close()
    code, out, err = desk("audit", "verify")
    assert code == 2
    assert out.startswith("The therapist's signature")  # what was signed before the break
    assert "covers entries 1 to 2" in out
    assert err == "tfdesk: Entry 3 was edited after it was written.\n"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"x",
        b"\xff\xfe",
        b"[]\n",
        b'{"format": "tfdesk audit 2", "entries": 0, "head": ""}',
        b"[" * 100_000,
    ],
)
def test_a_file_that_is_no_log_is_bad_input(verify, tmp_path, content):
    (tmp_path / "x").write_bytes(content)
    code, verdict, err = verify(tmp_path / "x")
    assert (code, verdict, len(err.splitlines())) == (2, None, 1)


def test_a_line_that_is_no_entry_is_named(log, verify):
    file, lines, _ = log
    for broken in (
        "{}",
        "no",
        json.dumps({"sequence": "3", "body": "", "previous": "", "hash": ""}),
        "x" * 100_000,
    ):
        file.write_text("\n".join([*lines[:3], broken, *lines[4:]]))
        code, verdict, err = verify(file)
        assert (code, verdict) == (2, None)
        assert "line 4" in err


def test_a_head_that_is_none_and_an_export_over_a_file_are_refused(desk, log):
    file, lines, _ = log
    assert desk("audit", "verify", file, "--head", "abc", opens=False)[0] == 2
    assert desk("audit", "export", file)[0] == 2
    assert file.read_text().splitlines()[: len(lines)] == lines


def test_the_log_holds_no_word_of_a_client(log):
    assert all(word not in log[0].read_text() for word in ("Marta", "wanted", "yes again"))

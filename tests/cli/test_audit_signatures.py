"""``tfdesk audit verify FILE`` on a bare export: whose signature covers how much, what a bad one means."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cli.test_audit_command import rehashed
from tests.cli.test_models_command import bundle_files, folder_of
from tests.cli.test_supervisor_command import file_of, supervisors_key  # noqa: F401
from tfdesk.core.errors import InputRefused
from tfdesk.services.audit_file import read_export
from tfdesk.services.audit_file import verify as verify_log
from tfdesk.store import crypto
from tfdesk.store.audit import entry_hash
from tfdesk.store.signatures import Checkpoint, Signer


@pytest.fixture
def log(vault, file_of, tmp_path):  # noqa: F811
    """An exported log: a vault is made, a supervisor set, a model promoted, a client edited and exported."""
    new = ("--new-passphrase-file", file_of("two horses"))
    vault.json("vault", "supervisor", "set", *new, phrase="one horse")
    told = vault.json("models", "import", folder_of(tmp_path / "ours", bundle_files()), phrase="one horse")
    vault.json("models", "promote", told["id"], "--role", "supervisor", phrase="two horses")
    vault.add_client("Second")
    file = tmp_path / "log.jsonl"
    vault.json("audit", "export", file, phrase="one horse")
    return file


@pytest.fixture
def verify(vault, log, tmp_path):
    """Change the export and verify it where there is no vault: (exit code, verdict, stderr)."""
    folder = tmp_path / "elsewhere"

    def run(change=lambda lines: lines, *words):
        lines = change([json.loads(line) for line in log.read_text().splitlines()])
        log.write_text("".join(json.dumps(line) + "\n" for line in lines))
        vault.folder = folder
        code, out, err = vault("audit", "verify", log, *words, "--json")
        return code, json.loads(out) if out else None, err

    return run


def parts(lines):
    """Header and entries, then checkpoints."""
    signed = [line for line in lines if "checkpoint" in line]
    return [line for line in lines if "checkpoint" not in line], signed


def covered(verdict):
    return {one["role"]: (one["sequence"], one["after"]) for one in verdict["signatures"]}


def anew(lines):
    """The same bodies as a chain that is whole again, the present header included."""
    return [json.loads(line) for line in rehashed([json.dumps(line) for line in lines])]


def test_an_export_says_whose_signature_covers_up_to_which_entry(vault, log, verify):
    key = supervisors_key(vault)
    code, verdict, err = verify()
    assert (code, err) == (0, "")
    last, promotion = verdict["entries"], 5  # created, edited, supervisor set, imported, promoted
    assert covered(verdict) == {"therapist": (last, 0), "supervisor": (promotion, last - promotion)}
    assert verify(lambda lines: lines, "--key", f"supervisor:{key}")[0] == 0
    out = vault("audit", "verify", log)[1].splitlines()
    assert out[0].startswith("The log is whole")
    assert f"covers entries 1 to {promotion}; {last - promotion} later entries are not covered" in out[1]
    assert key in out[1]
    assert f"covers entries 1 to {last}; nothing comes after" in out[2]
    assert "noted" in out[3]


def test_entries_cut_off_below_a_signature_are_missed_without_any_head(verify):
    def cut(lines):
        entries, signed = parts(lines)
        return [*anew(entries[:-1]), *signed]

    code, verdict, err = verify(cut)
    assert (code, verdict["fault"], verdict["role"]) == (2, "signed and cut off", "therapist")
    assert "cut off at its end" in err
    assert covered(verdict)["supervisor"][0] == 5  # what the other one signed is still all there


def test_a_log_written_anew_does_not_fit_what_was_signed(verify):
    def forged(lines):
        entries, signed = parts(lines)
        entries[2]["body"] = entries[2]["body"].replace('"turn":1', '"turn":9')
        return [*anew(entries), *signed]

    code, verdict, err = verify(forged)
    assert (code, verdict["fault"]) == (2, "signature of another log")
    assert "written anew after it was signed" in err
    assert verdict["signatures"][0]["sequence"] == 1  # the first lock came before the change


@pytest.mark.parametrize("field", ["signature", "reason", "at", "sequence", "role", "public"])
def test_a_changed_signature_proves_nothing(verify, field):
    other = {"sequence": 2, "at": 5, "role": "supervisor", "public": "00" * 32}

    def change(lines):
        one = next(line for line in lines if "checkpoint" in line)["checkpoint"]
        value = one[field]
        one[field] = other.get(field) or value[:-1] + ("0" if value[-1] != "0" else "1")
        return lines

    code, verdict, err = verify(change)
    assert (code, verdict["fault"]) == (2, "signature changed")
    assert "proves nothing" in err


def test_a_role_whose_key_was_noted_must_have_signed(vault, verify):
    key = supervisors_key(vault)

    def without(lines):
        return [line for line in lines if line.get("checkpoint", {}).get("role") != "supervisor"]

    assert verify(without)[0] == 0
    code, verdict, err = verify(without, "--key", f"supervisor:{key}")
    assert (code, verdict["fault"]) == (2, "nothing signed")
    assert "The supervisor, whose key was noted, signed nothing" in err


def test_without_signatures_it_says_that_nobody_signed(vault, log, verify):
    code, verdict, _ = verify(lambda lines: parts(lines)[0])
    assert (code, verdict["signatures"]) == (0, [])
    assert "Nobody signed it." in vault("audit", "verify", log)[1]
    assert verify(lambda lines: [lines[0] | {"format": "tfdesk audit 1"}, *lines[1:]])[0] == 0


def test_a_broken_chain_still_says_what_was_signed_before_the_break(vault, log, verify):
    def edit(lines):
        lines[6]["body"] += " "
        return lines

    code, verdict, err = verify(edit)
    assert (code, verdict["fault"], verdict["sequence"]) == (2, "edited", 6)
    assert covered(verdict)["supervisor"][0] == 5
    code, out, err = vault("audit", "verify", log)
    assert (code, err) == (2, "tfdesk: Entry 6 was edited after it was written.\n")
    assert "covers entries 1 to 5" in out


def impostor(lines):
    """The whole log anew, by somebody who gives the supervisor a key of their own."""
    signer = Signer("supervisor", crypto.new_key())
    entries = parts(lines)[0]
    body = json.loads(entries[3]["body"])
    assert body["role"] == "supervisor"
    entries[3]["body"] = json.dumps(body | {"key": signer.fingerprint})
    entries = anew(entries)
    made = Checkpoint(5, entries[5]["hash"], "supervisor", "model promoted", 1.0, signer.public)
    forged = {name: getattr(made, name) for name in Checkpoint.__slots__}
    return [*entries, {"checkpoint": forged | {"signature": signer.sign(made.statement)}}]


def test_a_log_written_anew_with_a_key_of_the_forgers_is_found_by_the_noted_key(vault, verify):
    key = supervisors_key(vault)
    code, verdict, _ = verify(impostor)
    assert (code, covered(verdict)["supervisor"][0]) == (0, 5)  # whole in itself
    code, verdict, err = verify(lambda lines: lines, "--key", f"supervisor:{key}")
    assert (code, verdict["fault"]) == (2, "another key")
    assert "another key than noted" in err


@pytest.mark.parametrize("key", ["", "supervisor", "owner:" + "-".join(["0000"] * 8), "supervisor:0000"])
def test_a_key_that_is_none_is_refused(verify, key):
    code, verdict, err = verify(lambda lines: lines, "--key", key)
    assert (code, verdict) == (2, None)
    assert "--key" in err


@pytest.mark.parametrize(
    "broken",
    [None, [], {}, {"sequence": "1"}, {"at": float("nan")}, {"at": -1}, {"role": 1}, {"role": "\u001b[2J"}],
)
def test_a_line_that_is_no_signature_is_named(verify, log, broken):
    def change(lines):
        whole = lines[-1]["checkpoint"]
        return [*lines[:-1], {"checkpoint": whole | broken if broken else broken}]

    code, verdict, err = verify(change)
    assert (code, verdict) == (2, None)
    assert f"line {len(log.read_text().splitlines())}" in err


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=130),
    st.sampled_from(["therapist", "supervisor", "0" * 64, "0" * 128]),
    st.lists(st.integers(), max_size=2),
)


@given(st.lists(st.dictionaries(st.sampled_from([*Checkpoint.__slots__, "body"]), VALUES), max_size=3))
@settings(max_examples=200)
def test_whatever_stands_where_a_signature_should_is_refused_or_covers_nothing(tmp_path_factory, made):
    entry = {"sequence": 1, "body": '{"key":"x","sequence":1}', "previous": "0" * 64}
    entry["hash"] = entry_hash(entry["previous"], entry["body"])
    header = {"format": "tfdesk audit 2", "entries": 1, "head": entry["hash"]}
    whole = dict(zip(Checkpoint.__slots__, (1, entry["hash"], "therapist", "lock", 1.0, "", ""), strict=True))
    lines = [header, entry, *({"checkpoint": whole | one} for one in made)]
    file = tmp_path_factory.mktemp("fuzz") / "log"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    try:
        verdict = verify_log(read_export(file))
    except InputRefused:
        return
    assert verdict.covered == ()
    assert verdict.whole == (not made)
    assert "\x1b" not in verdict.sentence

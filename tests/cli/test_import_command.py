"""``tfdesk import`` as a script sees it."""

import json

import pytest

from tfdesk.services.sessions import Sessions
from tfdesk.store import audit


def test_a_conversation_becomes_a_session_of_a_new_client(told, desk, talk, unlocked):
    talk.write_text("Transcript\n" + talk.read_text())
    done = told("import", talk, "--client", "Marta K.")
    assert done == {
        "client": "Marta K.",
        "created": True,
        "session": 1,
        "sessions": [1],
        "imported": 3,
        "skipped": [{"line": 1, "reason": "no speaker before it"}],
        "notes": [],
    }
    vault = unlocked()
    sessions = Sessions(vault)
    (client,) = sessions.clients()
    turns = sessions.turns(sessions.latest_session(client.id).id)
    assert [(turn.speaker, turn.text) for turn in turns] == [
        ("client", "I said yes again."),
        ("therapist", "You wanted to say no."),
        ("client", "I did."),
    ]
    assert client.awaiting
    assert [found.id for found in sessions.clients("wanted")] == [client.id]
    with vault.read() as db:
        assert audit.first_fault(db) is None
        assert '"kind":"imported"' in audit.entries(db)[-1].body


def test_a_second_file_goes_to_the_next_session_and_the_same_file_is_refused(told, desk, talk):
    told("import", talk, "--client", "Marta K.")
    code, out, err = desk("import", talk, "--client", "marta k.")
    assert (code, out) == (2, "")
    assert "session 1 of the client already" in err
    talk.write_text("Client: Hello again.\n")
    done = told("import", talk, "--client", "marta k.")
    assert (done["client"], done["created"], done["session"]) == ("Marta K.", False, 2)


def test_lines_for_people_name_what_was_left_out_but_not_its_words(desk, talk):
    talk.write_text("secret heading\nClient: hello\n")
    code, out, _ = desk("import", talk, "--client", "Marta K.")
    assert code == 0
    assert "line 1 was left out: no speaker before it" in out
    assert "secret" not in out


def test_a_map_says_who_is_who(told, desk, talk, tmp_path):
    talk.write_text("Anna: hello\nDr. Berg: hello Anna\n")
    code, out, err = desk("import", talk, "--client", "Anna B.")
    assert (code, out) == (2, "")
    assert "line 1: the speaker is neither client nor therapist; say who is who with --map" in err
    assert "Anna" not in err
    assert told("client", "list") == {"clients": []}
    names = tmp_path / "names.toml"
    names.write_text('[speakers]\n"Anna" = "client"\n"dr. berg" = "therapist"\n')
    assert told("import", talk, "--client", "Anna B.", "--map", names)["imported"] == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "No message was found"),
        ("only prose\n", "No message was found"),
        ("Client:\n", "no words"),
    ],
)
def test_a_file_without_a_message_imports_nothing(told, desk, talk, content, words):
    talk.write_text(content)
    code, out, err = desk("import", talk, "--client", "Marta K.")
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert words in err
    assert told("client", "list") == {"clients": []}


def test_without_a_passphrase_the_vault_stays_locked_and_a_wrong_one_opens_nothing(desk, talk):
    code, out, err = desk("import", talk, "--client", "Marta K.", opens=False)
    assert (code, out) == (3, "")
    assert "--passphrase-file" in err
    words = ("import", talk, "--client", "Marta K.", "--passphrase-file", "-")
    assert desk(*words, opens=False, typed="two horses")[0] == 3
    assert desk(*words, opens=False, typed="one horse\n")[0] == 0


def test_a_missing_file_is_bad_input(desk, tmp_path):
    code, _, err = desk("import", tmp_path / "no.txt", "--client", "Marta K.")
    assert (code, len(err.splitlines())) == (2, 1)


def test_every_dialogue_of_a_file_becomes_a_session(told, tmp_path):
    file = tmp_path / "talks.jsonl"
    turns = [[{"speaker": "client", "text": f"hello {number}", "emotion": "joy"}] for number in range(3)]
    lines = [{"id": str(number), "context": "work", "turns": one} for number, one in enumerate(turns)]
    file.write_text("\n".join(map(json.dumps, lines)))
    done = told("import", file, "--client", "Marta K.")
    assert (done["session"], done["sessions"], done["imported"]) == (1, [1, 2, 3], 3)
    assert done["notes"] == [
        "Emotions and strategies of 3 turns were not taken over.",
        "3 conversations became sessions 1 to 3.",
    ]

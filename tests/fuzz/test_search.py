"""Search: any characters find something or nothing."""

from __future__ import annotations

import pytest

from tests.fuzz.mutations import ODD_TEXT, check, inputs
from tfdesk.services.sessions import Sessions
from tfdesk.store.crypto import new_key
from tfdesk.store.vault import Vault

OPERATORS = (
    "NEAR(",
    "NEAR(a b, 3)",
    "AND",
    "OR",
    "NOT",
    "text:",
    "{text}",
    "--",
    "a",
    "harbour",
    "ä",
    "漢字",
)
WORDS = [*"\"'*^-+:();%_\\Äß ", *OPERATORS]
WORDS += ["|", "\n", "\x07", "\u0301", "\u200d", *ODD_TEXT]


@inputs
@pytest.mark.timeout(3600)
def test_any_search_finds_or_finds_not(tmp_path, inputs):
    vault = Vault.create(tmp_path / "vault.db", new_key())
    sessions = Sessions(vault)
    client = sessions.add_client("Marta K.", "Works at the harbour")
    where = sessions.latest_session(client.id)
    for text in ("The harbour was quiet.", "Ich weiß, Ähnliches", 'a "b" * NEAR(c d)', "漢字 and more"):
        sessions.add_client_turn(where.id, text)

    def law(chance):
        words = [
            chance.choice(WORDS) if chance.random() < 0.8 else chr(chance.randrange(0x110000))
            for _ in range(chance.randint(1, 12))
        ]
        found = sessions.clients("".join(words)[:2000])
        assert found in ([], [sessions.client(client.id)])

    check(law, inputs)
    assert [one.id for one in sessions.clients("harb quiet")] == [client.id]
    vault.close()

"""The vault beside plain sqlite3: the same tables, settings, queries and made-up messages in both.

Every message is a dozen words drawn from a made-up vocabulary by Zipf's law; sessions of 100, ten a client.
"""

from __future__ import annotations

import itertools
import os
import random
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.timing import RUNS, timed
from tfdesk.store import conversations, schema
from tfdesk.store.vault import Db, Vault

SIZES = (10_000, 100_000, 1_000_000)
SESSION, SESSIONS = 100, 10  # messages a session, sessions a client
WORDS, VOCABULARY = 12, 5000
FOUND = 30  # results asked for
INSERT, INSERTS = "insert one message, on disk", 25
RANKED = "SELECT rowid FROM turn_words WHERE turn_words MATCH ? ORDER BY rank LIMIT ?"
BLOCK = 10_000  # messages written in one transaction while filling
SECURE_DELETE = (3, 42)  # first SQLite whose word index knows that setting
SETTINGS = (
    "temp_store = MEMORY",
    "secure_delete = ON",
    "foreign_keys = ON",
    "cache_size = -16384",
    "journal_mode = WAL",
    "synchronous = FULL",
    "wal_autocheckpoint = 1",
)


class Plain:
    """The peer: Python's own sqlite3 with the vault's tables and settings, unencrypted."""

    def __init__(self, path: Path) -> None:
        fresh = not path.exists()
        self._connection = sqlite3.connect(path, isolation_level=None)
        for setting in SETTINGS:
            self._connection.execute(f"PRAGMA {setting}").fetchone()
        if fresh:
            for step in schema.STEPS:
                self._connection.executescript(
                    step if sqlite3.sqlite_version_info >= SECURE_DELETE else _older(step)
                )
        self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()

    @contextmanager
    def read(self) -> Iterator[Db]:
        yield Db(self._connection)

    @contextmanager
    def write(self) -> Iterator[Db]:
        self._connection.execute("BEGIN IMMEDIATE")
        yield Db(self._connection)
        self._connection.execute("COMMIT")

    def close(self) -> None:
        self._connection.close()


def _older(step: str) -> str:
    return step.replace("INSERT INTO turn_words (turn_words, rank) VALUES ('secure-delete', 1);", "")


Store = Plain | Vault


def measure(sizes: tuple[int, ...] = SIZES) -> dict[str, Any]:
    """Milliseconds by number of messages, work and store; ``ratio``: the vault's median by sqlite3's."""
    found: dict[str, Any] = {
        "sqlite3": sqlite3.sqlite_version,
        "sessions": f"{SESSION} messages, {SESSIONS} a client",
        "messages": {},
    }
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            found["messages"][size] = _compare(Path(folder), size)
    return found


def _compare(folder: Path, size: int) -> dict[str, Any]:
    key = os.urandom(32)
    file, plain = folder / "vault.db", folder / "plain.db"
    Vault.create(file, key).close()
    Plain(plain).close()
    openers: dict[str, Callable[[], Store]] = {
        "vault": lambda: Vault.open(file, key),
        "sqlite3": lambda: Plain(plain),
    }
    for opener in openers.values():
        store = opener()
        fill(store, size)
        store.close()
    works = {name: _works(opener, size) for name, opener in openers.items()}
    found: dict[str, Any] = {}
    for work in works["vault"]:
        runs = INSERTS if work == INSERT else RUNS
        both = timed({name: works[name][work] for name in openers}, runs)
        ratio = both["vault"].median / both["sqlite3"].median
        found[work] = {name: timing.json() for name, timing in both.items()} | {"ratio": round(ratio, 2)}
    return found | {"bytes": {"vault": file.stat().st_size, "sqlite3": plain.stat().st_size}}


def fill(store: Store, size: int) -> None:
    rng = random.Random(size)
    texts = _texts(rng)
    session = None
    for start in range(0, size, BLOCK):
        with store.write() as db:
            for number in range(start, min(start + BLOCK, size)):
                if number % (SESSION * SESSIONS) == 0:
                    client = conversations.add_client(
                        db, f"Client {number // (SESSION * SESSIONS)}", "", float(number)
                    )
                if number % SESSION == 0:
                    session = conversations.add_session(db, client, float(number))
                assert session is not None
                conversations.add_turn(
                    db, session, "therapist" if number % 2 else "client", next(texts), float(number)
                )


def word(rank: int) -> str:
    """A made-up word; the commonest are the shortest."""
    letters = "etaoinshrdlu"
    name = ""
    while rank >= 0:
        name += letters[rank % len(letters)]
        rank = rank // len(letters) - 1
    return f"w{name}"


def _texts(rng: random.Random) -> Iterator[str]:
    words = [word(rank) for rank in range(VOCABULARY)]
    weights = list(itertools.accumulate(1 / (rank + 1) for rank in range(VOCABULARY)))
    while True:
        yield " ".join(rng.choices(words, cum_weights=weights, k=WORDS))


def _works(opener: Callable[[], Store], size: int) -> dict[str, Callable[[], object]]:
    """What is timed, by name, over one open store."""
    store = opener()
    clients = max(1, size // (SESSION * SESSIONS))
    places = itertools.cycle(random.Random(1).sample(range(1, clients + 1), min(clients, 7)))
    rare, common = word(VOCABULARY - 1), word(3)

    def last_session() -> None:
        with store.read() as db:
            last = conversations.sessions(db, next(places))[-1]
            assert len(conversations.turns(db, last.id)) >= SESSION

    def search(words: str) -> Callable[[], None]:
        def work() -> None:
            with store.read() as db:
                assert conversations.turns_with(db, words, FOUND)

        return work

    def ranked(words: str) -> Callable[[], None]:
        def work() -> None:
            with store.read() as db:
                assert db.rows(RANKED, words, FOUND)

        return work

    def filtered() -> None:
        with store.read() as db:
            assert conversations.clients_who_said(db, common)

    def client_list() -> None:
        with store.read() as db:
            assert len(conversations.clients(db)) == clients

    def insert() -> None:
        with store.write() as db:
            last = conversations.sessions(db, next(places))[-1]
            conversations.add_turn(db, last, "client", "wt wa wo", 0.0)

    return {
        "open": lambda: opener().close(),
        "the last 100 messages of a client": last_session,
        "search as the desk does, a rare word": search(rare),
        "search as the desk does, a common word": search(common),
        "search as the desk does, both words": search(f"{rare} {common}"),
        "ranked search (bm25), a rare word": ranked(rare),
        "ranked search (bm25), a common word": ranked(common),
        "clients who used a common word": filtered,
        "list of all clients": client_list,
        INSERT: insert,
    }

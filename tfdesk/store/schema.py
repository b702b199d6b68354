"""The tables, as numbered steps. A step, once released, is never changed: a new one is added.

Times are UTC seconds; order comes from ids and positions. JSON columns hold values of trainer.events. Before
a vault of an older version takes its first step, ``keep_copy`` puts its file aside.
"""

from __future__ import annotations

from pathlib import Path

from tfdesk.core.errors import KnownError
from tfdesk.core.files import write_atomically

FIRST = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE clients (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    situation TEXT NOT NULL,
    created_at REAL NOT NULL
) STRICT;

CREATE TABLE sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    client_id INTEGER NOT NULL REFERENCES clients ON DELETE CASCADE,
    number INTEGER NOT NULL,
    started_at REAL NOT NULL,
    UNIQUE (client_id, number)
) STRICT;

CREATE TABLE turns (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    session_id INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
    client_id INTEGER NOT NULL REFERENCES clients ON DELETE CASCADE,
    position INTEGER NOT NULL,
    speaker TEXT NOT NULL CHECK (speaker IN ('client', 'therapist')),
    text TEXT NOT NULL,
    at REAL NOT NULL,
    origin TEXT NOT NULL CHECK (origin IN ('typed', 'drafted', 'edited', 'own')),
    strategy TEXT,
    approved INTEGER NOT NULL DEFAULT 0,
    emotion TEXT,
    corrected_emotion TEXT,
    risk_status TEXT,
    risk TEXT,
    disposition TEXT,
    UNIQUE (session_id, position)
) STRICT;
CREATE INDEX turns_of_client ON turns (client_id, id);
CREATE INDEX open_risks ON turns (client_id, id) WHERE risk_status = 'hit' AND disposition IS NULL;

CREATE VIRTUAL TABLE turn_words USING fts5 (
    text, content = 'turns', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
);
INSERT INTO turn_words (turn_words, rank) VALUES ('secure-delete', 1);
CREATE TRIGGER turns_added AFTER INSERT ON turns BEGIN
    INSERT INTO turn_words (rowid, text) VALUES (new.id, new.text);
END;
CREATE TRIGGER turns_removed AFTER DELETE ON turns BEGIN
    INSERT INTO turn_words (turn_words, rowid, text) VALUES ('delete', old.id, old.text);
END;
CREATE TRIGGER turns_changed AFTER UPDATE OF text ON turns BEGIN
    INSERT INTO turn_words (turn_words, rowid, text) VALUES ('delete', old.id, old.text);
    INSERT INTO turn_words (rowid, text) VALUES (new.id, new.text);
END;

-- One row per set of drafts: which model wrote it.
CREATE TABLE suggestions (
    turn_id INTEGER NOT NULL REFERENCES turns ON DELETE CASCADE,
    version INTEGER NOT NULL,
    at REAL NOT NULL,
    model TEXT NOT NULL,
    PRIMARY KEY (turn_id, version)
) STRICT;

CREATE TABLE drafts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    turn_id INTEGER NOT NULL REFERENCES turns ON DELETE CASCADE,
    version INTEGER NOT NULL,
    rank INTEGER NOT NULL,
    draft TEXT NOT NULL,
    state TEXT NOT NULL,
    UNIQUE (turn_id, version, rank)
) STRICT;

-- What a therapist decided. A decision counts while voided_at is null; undo and later edits void it.
CREATE TABLE decisions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    session_id INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
    turn_id INTEGER NOT NULL REFERENCES turns ON DELETE CASCADE,
    draft_id INTEGER REFERENCES drafts ON DELETE CASCADE,
    reply_id INTEGER REFERENCES turns ON DELETE SET NULL,
    kind TEXT NOT NULL,
    text_sha256 TEXT,
    reason TEXT,
    note TEXT NOT NULL,
    diff TEXT,
    at REAL NOT NULL,
    voided_at REAL
) STRICT;
CREATE INDEX standing_decisions ON decisions (session_id, id) WHERE voided_at IS NULL;
CREATE INDEX decisions_of_reply ON decisions (reply_id);
CREATE INDEX decisions_of_turn ON decisions (turn_id);
CREATE INDEX decisions_of_draft ON decisions (draft_id);

CREATE TABLE dispositions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    turn_id INTEGER NOT NULL REFERENCES turns ON DELETE CASCADE,
    risk TEXT NOT NULL,
    disposition TEXT NOT NULL,
    note TEXT NOT NULL,
    at REAL NOT NULL
) STRICT;
CREATE INDEX dispositions_of_turn ON dispositions (turn_id);

-- The log of decisions: a chain of hashes. Salts lie apart, so that erasing them makes the hashes mute.
CREATE TABLE audit (
    sequence INTEGER PRIMARY KEY,
    body TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;
CREATE TABLE audit_salts (sequence INTEGER PRIMARY KEY REFERENCES audit, salt BLOB NOT NULL) STRICT;
CREATE TRIGGER audit_is_append_only_update BEFORE UPDATE ON audit BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
CREATE TRIGGER audit_is_append_only_delete BEFORE DELETE ON audit BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
"""

CONSENTS = """
-- What a client agreed to: the newest row of a purpose holds. Rows leave only together with their client.
CREATE TABLE consents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    client_id INTEGER NOT NULL REFERENCES clients ON DELETE CASCADE,
    purpose TEXT NOT NULL CHECK (purpose IN ('care', 'training')),
    granted INTEGER NOT NULL CHECK (granted IN (0, 1)),
    role TEXT NOT NULL,
    at REAL NOT NULL
) STRICT;
CREATE INDEX consents_of_client ON consents (client_id, purpose, id);
CREATE TRIGGER consents_are_append_only_update BEFORE UPDATE ON consents BEGIN
    SELECT RAISE(ABORT, 'the consent ledger is append-only');
END;
CREATE TRIGGER consents_are_append_only_delete BEFORE DELETE ON consents
WHEN EXISTS (SELECT 1 FROM clients WHERE id = old.client_id) BEGIN
    SELECT RAISE(ABORT, 'the consent ledger is append-only');
END;
"""

SIGNATURES = """
-- Public halves of the roles' signing keys, the newest of a role last; the private ones are in the key file.
CREATE TABLE signing_keys (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    role TEXT NOT NULL,
    public TEXT NOT NULL UNIQUE,
    at REAL NOT NULL
) STRICT;
-- Signed statements about how far the audit log went and how it stood there.
CREATE TABLE checkpoints (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sequence INTEGER NOT NULL,
    hash TEXT NOT NULL,
    role TEXT NOT NULL,
    reason TEXT NOT NULL,
    at REAL NOT NULL,
    public TEXT NOT NULL,
    signature TEXT NOT NULL
) STRICT;
CREATE INDEX checkpoints_of_role ON checkpoints (role, sequence);
CREATE TRIGGER signing_keys_are_append_only_update BEFORE UPDATE ON signing_keys BEGIN
    SELECT RAISE(ABORT, 'signing keys are append-only');
END;
CREATE TRIGGER signing_keys_are_append_only_delete BEFORE DELETE ON signing_keys BEGIN
    SELECT RAISE(ABORT, 'signing keys are append-only');
END;
CREATE TRIGGER checkpoints_are_append_only_update BEFORE UPDATE ON checkpoints BEGIN
    SELECT RAISE(ABORT, 'checkpoints are append-only');
END;
CREATE TRIGGER checkpoints_are_append_only_delete BEFORE DELETE ON checkpoints BEGIN
    SELECT RAISE(ABORT, 'checkpoints are append-only');
END;
"""

LINEAGE = """
-- Which training run learned from which client: SHA-256(salt, id). Erasing a client takes the salt away.
CREATE TABLE lineage (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run INTEGER NOT NULL,
    client TEXT NOT NULL,
    salt BLOB,
    withdrawn_at REAL
) STRICT;
"""

BACKUPS = """
-- Where backups of this vault were written: erasing a client reaches them there.
CREATE TABLE backups (path TEXT PRIMARY KEY, made_at REAL NOT NULL) STRICT;
"""

UNSAVED = """
-- What was typed and not saved when the vault locked. Taken out when it is given back.
CREATE TABLE unsaved (
    client_id INTEGER PRIMARY KEY REFERENCES clients ON DELETE CASCADE,
    message TEXT NOT NULL,
    draft_id INTEGER REFERENCES drafts ON DELETE SET NULL,
    edit TEXT NOT NULL,
    own TEXT NOT NULL,
    note TEXT NOT NULL,
    at REAL NOT NULL
) STRICT;
"""

SEARCH = """
-- Search looks for beginnings of words, at every key. Without an index of the first letters it gathered every
-- message with such a word: 0.4 s at a million.
DROP TRIGGER turns_added;
DROP TRIGGER turns_removed;
DROP TRIGGER turns_changed;
DROP TABLE turn_words;
CREATE VIRTUAL TABLE turn_words USING fts5 (
    text, content = 'turns', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2',
    prefix = '1 2 3 4'
);
INSERT INTO turn_words (turn_words, rank) VALUES ('secure-delete', 1);
INSERT INTO turn_words (turn_words) VALUES ('rebuild');
CREATE TRIGGER turns_added AFTER INSERT ON turns BEGIN
    INSERT INTO turn_words (rowid, text) VALUES (new.id, new.text);
END;
CREATE TRIGGER turns_removed AFTER DELETE ON turns BEGIN
    INSERT INTO turn_words (turn_words, rowid, text) VALUES ('delete', old.id, old.text);
END;
CREATE TRIGGER turns_changed AFTER UPDATE OF text ON turns BEGIN
    INSERT INTO turn_words (turn_words, rowid, text) VALUES ('delete', old.id, old.text);
    INSERT INTO turn_words (rowid, text) VALUES (new.id, new.text);
END;
"""

STEPS: tuple[str, ...] = (FIRST, CONSENTS, SIGNATURES, LINEAGE, BACKUPS, UNSAVED, SEARCH)
VERSION = len(STEPS)


def keep_copy(vault_file: Path, version: int) -> None:
    """Put a vault of an older ``version`` aside, as it is, before its tables are changed.

    The write-ahead log must be folded in and nobody may write meanwhile. Raises KnownError (disk full).
    """
    try:
        data = vault_file.read_bytes()
    except OSError as error:
        raise KnownError(f"The vault file cannot be copied ({error.strerror}).") from None
    write_atomically(vault_file.with_name(f"{vault_file.name}.version-{version}"), data)


def kept_copies(vault_file: Path) -> list[Path]:
    """The copies that ``keep_copy`` made: as encrypted as the vault, and as old as their version."""
    return sorted(vault_file.parent.glob(f"{vault_file.name}.version-*"))

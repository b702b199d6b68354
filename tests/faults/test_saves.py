"""Saving while the program is killed, its log is lost, or another program saves too."""

from __future__ import annotations

import json
import os
import random
import shutil
from pathlib import Path

import pytest

from tests.faults.tools import (
    FORK,
    PASSPHRASE,
    flipped,
    killed_at,
    killed_while,
    told_by,
    tries,
)
from tests.faults.tools import texts as texts_of
from tfdesk.core.errors import KnownError, VaultDamaged
from tfdesk.core.locks import FolderUse
from tfdesk.core.settings import Settings, load_settings, save_settings
from tfdesk.services.access import Access
from tfdesk.services.sessions import Sessions
from tfdesk.store.vault import Vault


def write_for_ever(paths, session, tell, first=0):
    """Save message after message, some of many pages; tell each one when it is saved."""
    sessions = Sessions(Access(paths).unlock(PASSPHRASE))
    number = first
    while True:
        text = f"message {number}" + " and more" * (2000 if number % 7 == 0 else 1)
        turn = sessions.add_client_turn(session, "something else")
        sessions.edit_turn(turn.id, text)  # leaves an entry in the audit log as well
        tell(text.split(" and")[0])
        number += 1


def starts(texts):
    return {text.split(" and")[0] for text in texts}


@tries(quick=4, long=30)
def test_fault_01_kill_in_the_middle_of_saves_loses_no_acknowledged_row(paths, session, tell, tries):
    chance, acknowledged = random.Random(1), set()
    for _ in range(tries):
        first = len(acknowledged)
        said = killed_while(
            lambda say, first=first: write_for_ever(paths, session, say, first),
            0.01 * chance.random(),
            after=chance.randint(1, 25),
        )
        acknowledged |= set(said)
        access = Access(paths)
        kept = starts(texts_of(access.unlock(PASSPHRASE)))
        assert access.anchoring.state in ("ok", "none")
        access.lock()
        assert acknowledged <= kept
    tell(tries, f"{len(acknowledged)} rows acknowledged, all of them there; the vault whole every time")


SMALL_FILES = {
    "settings": lambda paths: save_settings(Settings(theme="dark"), paths.settings_file),
    "passphrase": lambda paths: _set_passphrase(paths, "new horse"),
    "anchor": lambda paths: _lock_again(paths),
}


def _set_passphrase(paths, passphrase):
    access = Access(paths)
    access.unlock(PASSPHRASE)
    access.set_passphrase(passphrase, "therapist")


def _lock_again(paths):
    access = Access(paths)
    access.unlock(PASSPHRASE)
    access.lock()


def half_written(paths):
    return [file.name for file in paths.root.iterdir() if file.name.endswith(".new")]


@pytest.mark.parametrize("what", SMALL_FILES)
def test_fault_05_kill_between_writing_beside_and_renaming_keeps_the_old_file(paths, session, tell, what):
    save_settings(Settings(theme="light"), paths.settings_file)
    before = paths.root.with_name("before")
    shutil.copytree(paths.root, before)
    kills = 0
    while killed_at(kills + 1, lambda: SMALL_FILES[what](paths), (os, "replace")):
        kills += 1
        assert half_written(paths)
        assert load_settings(paths.settings_file).theme == "light"
        access = Access(paths)
        # The counter of tries, the key file, its copy: once the key file has its name, the new one counts.
        access.unlock(PASSPHRASE if what != "passphrase" or kills <= 2 else "new horse")
        texts_of(access.vault)
        access.lock()
        assert half_written(paths) == (["settings.toml.new"] if what == "settings" else [])
        shutil.rmtree(paths.root)
        shutil.copytree(before, paths.root)
    assert kills
    tell(kills, "the old file loads; what lay beside it is swept when the vault is opened next")


@pytest.mark.parametrize("damage", ["deleted", "emptied", "one bit"])
def test_fault_20_a_log_lost_after_a_kill_takes_no_acknowledged_row_with_it(paths, session, tell, damage):
    said = killed_while(lambda say: write_for_ever(paths, session, say), 0.05)
    log = paths.root / "vault.db-wal"
    whole = log.read_bytes()
    chance = random.Random(3)
    kept_aside = paths.root.with_name("aside")
    shutil.copytree(paths.root, kept_aside)
    rounds = 20 if damage == "one bit" else 1
    half_folded = killed_while_folding_in(paths, kept_aside)
    told = 0
    for _ in range(rounds):
        shutil.rmtree(paths.root)
        shutil.copytree(kept_aside, paths.root)
        if damage == "deleted":
            log.unlink()
        else:
            log.write_bytes(b"" if damage == "emptied" else flipped(whole, chance))
        access = Access(paths)
        try:
            assert set(said) <= starts(texts_of(access.unlock(PASSPHRASE)))
        except VaultDamaged:  # two faults at once: what the kill left half done stood only in the log
            assert half_folded
            told += 1
        access.lock()
    outcome = "opens at the last checkpoint, which holds every acknowledged row"
    tell(rounds, f"{outcome}; {told} told to be damaged" if told else outcome)


def killed_while_folding_in(paths, kept_aside):
    """Whether the kill came while the log was folded into the vault, which is whole only with it then."""
    shutil.rmtree(paths.root)
    shutil.copytree(kept_aside, paths.root)
    (paths.root / "vault.db-wal").unlink()
    access = Access(paths)
    try:
        texts_of(access.unlock(PASSPHRASE))
    except VaultDamaged:
        return True
    finally:
        access.lock()
    return False


def test_fault_20_a_stale_log_put_back_is_refused_or_noticed(paths, session, tell):
    killed_while(lambda say: write_for_ever(paths, session, say), 0.05)
    log = paths.root / "vault.db-wal"
    stale = log.read_bytes()
    access = Access(paths)
    sessions = Sessions(access.unlock(PASSPHRASE))
    for number in range(40):
        sessions.edit_turn(sessions.add_client_turn(session, "x").id, f"later {number}")
    access.lock()
    log.write_bytes(stale)
    access = Access(paths)
    try:
        vault = access.unlock(PASSPHRASE)
        there, found = texts_of(vault), access.anchoring.state
    except KnownError as refusal:
        there, found = set(), type(refusal).__name__
    access.lock()
    assert found in ("older", "VaultDamaged", "ok")
    if found == "ok":  # the old log was seen as such and left out
        assert {f"later {number}" for number in range(40)} <= there
    tell(1, f"told: {found}")


def _twenty_messages(paths, session, name, tell):
    access = Access(paths)
    sessions = Sessions(access.unlock(PASSPHRASE))
    for number in range(20):
        tell(sessions.add_client_turn(session, f"{name} {number}").text)
    access.lock()


def test_fault_22_two_programs_save_into_one_vault(paths, session, tell):
    other = FORK.Process(target=_twenty_messages, args=(paths, session, "other", lambda _: None))
    other.start()
    said = told_by(lambda say: _twenty_messages(paths, session, "one", say))
    other.join()
    assert other.exitcode == 0
    access = Access(paths)
    there = texts_of(access.unlock(PASSPHRASE))
    access.lock()
    assert there == {*said, *(f"other {number}" for number in range(20))}
    assert len(said) == 20
    tell(40, "every row of both is there, one audit chain")


def _hold(paths, tell):
    with FolderUse(paths.use_file).alone():
        tell("alone")
        while True:
            pass


def test_fault_22_a_lock_left_by_a_killed_program_holds_nobody_up(paths, session, tell):
    """The lock is the system's, not a number in a file: no other process can be taken for its holder."""
    killed_while(lambda say: _hold(paths, say), 0.0)
    paths.use_file.write_text(json.dumps({"pid": os.getpid()}))
    access = Access(paths)
    access.unlock(PASSPHRASE)
    with access.alone():
        pass
    access.lock()
    tell(1, "opened at once")


def test_fault_20_what_was_saved_lies_in_the_vault_file_itself(paths, session):
    """Why a lost log loses nothing: every save is folded in before it counts."""
    access = Access(paths)
    vault = access.unlock(PASSPHRASE)
    Sessions(vault).add_client_turn(session, "folded in")
    copy = Path(shutil.copy(paths.vault_file, paths.root / "copy.db"))
    alone = Vault.open(copy, vault._key)
    assert texts_of(alone) == {"folded in"}
    alone.close()
    access.lock()

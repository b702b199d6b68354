from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
import torch

from trainer.checkpoint import NAMES, Checkpoints, prepare_out, random_state, require_space, set_random_state
from trainer.config import InputError
from trainer.sealed import Folder

KEY = bytes(range(32))


def state(value: float) -> dict[str, object]:
    return {"weights": torch.full((3,), value), "names": ["a"], "none": None}


@pytest.mark.parametrize("key", [None, KEY])
def test_the_newest_checkpoint_is_loaded(tmp_path: Path, key: bytes | None) -> None:
    folder = Folder(tmp_path, key)
    saved = Checkpoints(folder, "run")
    for step in (1, 2, 3):
        saved.save(step, state(step))
    found = Checkpoints(folder, "run").load()
    assert found is not None
    assert found[0] == 3
    assert torch.equal(found[1]["weights"], torch.full((3,), 3.0))
    assert len(list(tmp_path.iterdir())) == 2


def test_a_damaged_newest_checkpoint_falls_back_to_the_one_before(tmp_path: Path) -> None:
    saved = Checkpoints(Folder(tmp_path), "run")
    saved.save(1, state(1))
    saved.save(2, state(2))
    newest = tmp_path / NAMES[1]
    newest.write_bytes(newest.read_bytes()[:-100] + bytes(100))
    again = Checkpoints(Folder(tmp_path), "run")
    found = again.load()
    assert found is not None
    assert found[0] == 1
    again.save(5, state(5))  # overwrites the damaged one, not the whole one
    assert (tmp_path / NAMES[0]).read_bytes() != newest.read_bytes()
    assert Checkpoints(Folder(tmp_path), "run").load()[0] == 5  # type: ignore[index]


def test_a_full_disk_is_said_in_a_sentence_and_keeps_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = Checkpoints(Folder(tmp_path), "run")
    saved.save(1, state(1))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("trainer.sealed.os.fsync", full)
    with pytest.raises(InputError, match=r"step 2 cannot be written \(free \d+ MB\)"):
        saved.save(2, state(2))
    monkeypatch.undo()
    assert Checkpoints(Folder(tmp_path), "run").load()[0] == 1  # type: ignore[index]


def test_a_checkpoint_of_another_run_is_refused(tmp_path: Path) -> None:
    Checkpoints(Folder(tmp_path), "one").save(1, state(1))
    with pytest.raises(InputError, match="other settings"):
        Checkpoints(Folder(tmp_path), "two").load()


def test_another_key_is_refused_and_does_not_start_anew(tmp_path: Path) -> None:
    Checkpoints(Folder(tmp_path, KEY), "run").save(1, state(1))
    with pytest.raises(InputError, match="another key"):
        Checkpoints(Folder(tmp_path, bytes(32)), "run").load()


def test_random_states_come_back_exactly() -> None:
    before = random_state()
    drawn = (random.random(), np.random.random(), float(torch.rand(1)))
    set_random_state(before)
    assert (random.random(), np.random.random(), float(torch.rand(1))) == drawn


def test_an_output_folder_must_be_new_or_hold_the_unfinished_run(tmp_path: Path) -> None:
    prepare_out(Folder(tmp_path / "new"), resume=False)
    prepare_out(Folder(tmp_path), resume=True)
    Checkpoints(Folder(tmp_path), "run").save(1, state(1))
    (tmp_path / ".checkpoint-1.pt.abc.part").write_bytes(b"half")
    prepare_out(Folder(tmp_path), resume=True)
    assert [path.name for path in tmp_path.iterdir()] == [NAMES[0]]  # the half-written file is swept
    with pytest.raises(InputError, match="add --resume"):
        prepare_out(Folder(tmp_path), resume=False)
    (tmp_path / NAMES[0]).rename(tmp_path / "notes.txt")
    with pytest.raises(InputError, match="not empty"):
        prepare_out(Folder(tmp_path), resume=True)


def test_a_run_does_not_begin_where_it_will_not_fit(tmp_path: Path) -> None:
    require_space(Folder(tmp_path / "not" / "there" / "yet"), 1 << 10)
    with pytest.raises(InputError, match="need about 1099511627776 MB and"):
        require_space(Folder(tmp_path / "not" / "there" / "yet"), 1 << 60)

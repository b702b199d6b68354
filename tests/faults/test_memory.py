"""No memory left: the child says so or dies, the window lives on. The limit is set while the child works."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from transformers import GPT2Model

from tests.desk_model import MESSAGES, talk
from tests.faults.tools import ROOT
from tests.trainer.conftest import make_model
from tests.trainer.runs import Recorder, make_run, start, write_dialogues
from tfdesk.jobs.model_process import ModelProcess
from tfdesk.jobs.training_process import TrainingProcess
from tfdesk.services.model_client import model_command
from trainer.__main__ import MEMORY_MESSAGE
from trainer.config import SftConfig, is_out_of_memory
from trainer.sft import HALVED_NOTE, train

WAIT = 120_000
DROPOUTS = ("resid_pdrop", "embd_pdrop", "attn_pdrop")
# Every larger piece of memory is asked for anew, so that the limit is met at the next step.
FRESH = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536", "OMP_NUM_THREADS": "1"}


def address_space(pid: int) -> int:
    """Bytes of address space that a process has."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[0]) * resource.getpagesize()


def limit(pid: int, more: int) -> None:
    """Let a process have ``more`` bytes than it has now, and no further one."""
    size = address_space(pid) + more
    resource.prlimit(pid, resource.RLIMIT_AS, (size, resource.RLIM_INFINITY))


@pytest.fixture
def fresh(monkeypatch):
    for name, value in FRESH.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return make_model(tmp_path_factory.mktemp("base") / "model")


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_fault_08_training_without_memory_ends_cleanly_and_goes_on_later(tmp_path, model, fresh, tell):
    data = write_dialogues(tmp_path / "talks.jsonl")
    config = SftConfig(max_steps=3, batch=16, checkpoint_every=1, threads=1)
    options = [f"--set={name}={getattr(config, name)}" for name in ("max_steps", "batch", "checkpoint_every")]
    arguments = ["sft", "--data", str(data), "--model", str(model), "--out", str(tmp_path / "out")]
    child = start([*arguments, *options, "--set=threads=1", "--events"], tmp_path / "work")
    events = []
    for line in child.stdout:
        events.append(json.loads(line))
        if events[-1]["type"] == "checkpoint":
            limit(child.pid, 200_000)
    _, errors = child.communicate()
    assert (events[-1]["type"], events[-1].get("message")) == ("failed", MEMORY_MESSAGE), errors
    assert child.returncode == 2
    assert "Traceback" not in errors
    kept = max(event["step"] for event in events if event["type"] == "checkpoint")
    recorder = Recorder()
    assert train(config, make_run("sft", tmp_path / "out", data, model, recorder, resume=True))
    assert recorder.of("started")[0]["resumed_from"] == kept
    tell(1, f"one sentence that names the setting to change; went on from step {kept} later")


def refuse_more_than(rows: int, at_call: int, monkeypatch):
    """From one pass of training on, more than ``rows`` at once ask the allocator for more than there is."""
    calls, forward = [], GPT2Model.forward

    def called(self, *given, **named):
        ids = named["input_ids"] if "input_ids" in named else given[0]
        calls.append(len(ids))
        if self.training and len(ids) > rows and len(calls) >= at_call:
            torch.empty(1 << 50)
        return forward(self, *given, **named)

    monkeypatch.setattr(GPT2Model, "forward", called)
    return calls


@pytest.mark.parametrize("at_call", [1, 4], ids=["at once", "after a checkpoint"])
def test_fault_08_half_the_batch_is_tried_once_and_gives_the_same_curve(
    tmp_path, model, monkeypatch, tell, at_call
):
    plain = json.loads((model / "config.json").read_text())  # dropout draws anew for every piece of a batch
    base = shutil.copytree(model, tmp_path / "base")
    (base / "config.json").write_text(json.dumps(plain | dict.fromkeys(DROPOUTS, 0.0)))
    data = write_dialogues(tmp_path / "talks.jsonl")
    config = SftConfig(max_steps=5, batch=8, checkpoint_every=2, threads=1, learning_rate=1e-2)
    whole, told = Recorder(), Recorder()
    assert train(config, make_run("sft", tmp_path / "whole", data, base, whole))
    sizes = refuse_more_than(4, at_call, monkeypatch)
    assert train(config, make_run("sft", tmp_path / "out", data, base, told))
    assert max(sizes[:at_call]) == 8
    assert 4 in sizes[at_call:]
    assert [(event["resumed_from"], event["halved"]) for event in told.of("started")] == [
        (0, False),
        (2 if at_call == 4 else 0, True),
    ]
    assert told.of("started")[1]["notes"][0] == HALVED_NOTE
    for step, loss in whole.curve().items():
        assert told.curve()[step] == pytest.approx(loss, rel=1e-4)
    results = [recorder.of("done")[0]["metrics"]["held_out_loss"] for recorder in (whole, told)]
    assert results[1] == pytest.approx(results[0], rel=1e-3)
    tell(1, "goes on from the last checkpoint with half as much at once, on the same curve")


def test_fault_08_the_second_time_it_ends_and_the_checkpoint_stays(tmp_path, model, monkeypatch, tell):
    data = write_dialogues(tmp_path / "talks.jsonl")
    config = SftConfig(max_steps=5, batch=8, checkpoint_every=2, threads=1)
    refuse_more_than(0, 4, monkeypatch)
    told = Recorder()
    with pytest.raises(RuntimeError) as refused:
        train(config, make_run("sft", tmp_path / "out", data, model, told))
    assert is_out_of_memory(refused.value)
    assert [event["resumed_from"] for event in told.of("started")] == [0, 2]
    monkeypatch.undo()
    assert train(config, make_run("sft", tmp_path / "out", data, model, Recorder(), resume=True))
    tell(2, "one further try, then the end; goes on later from its checkpoint")


def test_fault_08_what_the_allocators_say_is_known(tell):
    for ask in (lambda: torch.empty(1 << 50), lambda: bytearray(1 << 60)):
        with pytest.raises((MemoryError, RuntimeError)) as refused:
            ask()
        assert is_out_of_memory(refused.value)
    assert not is_out_of_memory(RuntimeError("shapes do not fit"))
    tell(2, "known as what it is")


def test_fault_08_a_window_hears_of_it(qtbot, tmp_path, tell):
    """The child is killed as the kernel does when the whole computer has no memory left."""
    process = TrainingProcess()
    started = json.dumps({"type": "started", "total": 3, "resumed_from": 0})
    code = f"import sys, time; sys.stdin.readline(); print({started!r}, flush=True); time.sleep(600)"
    with qtbot.waitSignal(process.stage_started, timeout=WAIT):
        process.start([sys.executable, "-c", code], bytes(32))
    with qtbot.waitSignal(process.stage_failed, timeout=WAIT) as failed:
        os.kill(process._child.pid, signal.SIGKILL)
    assert failed.args == ["Training stopped unexpectedly; what was saved is kept."]
    assert not process.running
    tell(1, "one sentence; the window goes on")


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_fault_09_drafting_without_memory_leaves_the_window_alive(qtbot, desk_bundle, fresh, tell):
    process = ModelProcess(command=model_command, first_backoff_ms=1)
    process.start(desk_bundle)
    qtbot.waitUntil(lambda: process.ready is not None, timeout=WAIT)
    before = process.pid
    limit(before, 0)
    with qtbot.waitSignals([process.model_down, process.model_ready], timeout=WAIT, order="strict"):
        process.suggest(talk(" ".join(text for text, _ in MESSAGES) * 8), drafts=3, seed=1)
    assert process.pid not in (0, before)
    with qtbot.waitSignal(process.result_arrived, timeout=WAIT) as arrived:
        process.suggest(talk(MESSAGES[0][0]), drafts=1, seed=1)
    assert arrived.args[1].drafts
    process.shut_down()
    tell(1, "the model process ended, another one came up and drafted")


def test_fault_15_hostile_parameters_are_refused_before_memory_is_taken(tmp_path, tell):
    """In 400 MB of address space: 1 GiB is more than there is, 100 GiB must not even be asked for."""
    code = (
        "import resource; from tfdesk.store.crypto import *\n"
        "resource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20))\n"
        "for memory in (100 << 20, 2 << 20, 2**63, -1):\n"
        "    try: passphrase_key('x', bytes(16), Argon2Parameters(memory, 1, 1))\n"
        "    except ValueError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["Argon2 parameter memory_kib is out of range"] * 4
    tell(4, "refused before allocation")

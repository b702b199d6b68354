"""The judge against a real server on this computer."""

from __future__ import annotations

import base64
import io
import json
import socket
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.trainer.runs import ROOT, Recorder
from tests.trainer.servers import Reply, serving
from tests.trainer.test_judgements import SECRET, lines, row
from trainer.__main__ import main
from trainer.config import InputError, JudgeConfig, resources_dir
from trainer.judge import judge, read_scores
from trainer.judgements import CONSTANT, CRITERIA
from trainer.run import Progress, Run
from trainer.sealed import KEY_BYTES, Folder, seal

KEY = b"j" * KEY_BYTES


def completion(text: str) -> Reply:
    return 200, {}, {"choices": [{"message": {"role": "assistant", "content": text}}]}


def rating(reply: str) -> dict[str, int]:
    """An honest judge: professionals, then models, then floors."""
    value = 5 if reply.startswith("professional") else 4 if reply.startswith("model") else 2
    return dict.fromkeys(CRITERIA, 1 if reply == CONSTANT else value)


def honest(request: Any) -> Reply:
    shown = json.JSONDecoder().raw_decode(request["messages"][1]["content"])[0]
    scores = {place: rating(shown[place]) for place in ("first", "second")}
    return completion(f"Here it is:\n```json\n{json.dumps(scores)}\n```")


@pytest.fixture
def predictions(tmp_path: Path) -> Path:
    file = tmp_path / "predictions.jsonl"
    file.write_bytes(lines(*(row(number, reply=f"model {SECRET} {number}") for number in range(6))))
    return file


def run_it(
    out: Path, predictions: Path, url: str, *, resume: bool = False, key: bytes | None = None, **changes: Any
) -> tuple[bool, Recorder]:
    recorder = changes.pop("recorder", Recorder())
    progress = Progress("judge", recorder)
    run = Run("judge", Folder(out, key), (), None, None, resume, progress, recorder.stop)
    config = JudgeConfig(url=url, timeout=5, **changes)
    return judge(config, run, predictions), recorder


def written(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "judgements.jsonl").read_text().splitlines()]


def test_replies_are_judged_beside_the_professionals_and_the_floors(
    tmp_path: Path, predictions: Path
) -> None:
    with serving(honest) as server:
        done, recorder = run_it(tmp_path / "out", predictions, server.url)
    assert done
    assert set(server.paths) == {"/v1/chat/completions"}
    found = json.loads((tmp_path / "out" / "judge.json").read_text())
    means = {name: part["mean"]["value"] for name, part in (found["systems"] | found["floors"]).items()}
    assert means == {"reply": 4, "reference": 5, "sft": 2, "echo": 2, "constant": 1}
    assert {name: one["value"] for name, one in found["wins"].items()} == {
        "reference": 0,
        "sft": 1,
        "echo": 1,
        "constant": 1,
    }
    assert found["unanswered"] == 0
    assert len(written(tmp_path / "out")) == found["pairs"] == 24
    assert recorder.events[-1]["type"] == "done"


def test_the_request_holds_the_rubric_and_no_name_of_a_system(tmp_path: Path, predictions: Path) -> None:
    with serving(honest) as server:
        run_it(tmp_path / "out", predictions, f"{server.url}/v1", model="tiny", pairs=1)
    assert set(server.paths) == {"/v1/chat/completions"}
    rubric = (resources_dir() / "report" / "rubric.md").read_text()
    assert all(name in rubric for name in CRITERIA)
    for request in server.requests:
        assert (request["model"], request["temperature"]) == ("tiny", 0)
        assert request["messages"][0] == {"role": "system", "content": rubric}
        assert set(json.loads(request["messages"][1]["content"])) == {"conversation", "first", "second"}


MALFORMED = [
    "",
    "The first is better.",
    "{",
    json.dumps({"first": rating("model")}),
    json.dumps({"first": rating("model"), "second": rating("model") | {"empathy": 6}}),
    json.dumps({"first": rating("model"), "second": rating("model") | {"empathy": 0}}),
    json.dumps({"first": rating("model"), "second": rating("model") | {"empathy": "4"}}),
    json.dumps({"first": rating("model"), "second": rating("model") | {"empathy": 3.5}}),
    json.dumps({"first": rating("model"), "second": rating("model") | {"empathy": True}}),
    json.dumps({"first": rating("model"), "second": [4, 4, 4, 4]}),
    "[" * 5000 + "{" * 5000,
]


@pytest.mark.parametrize("text", MALFORMED)
def test_a_malformed_answer_is_no_answer(text: str) -> None:
    assert read_scores(completion(text)[2]) is None


@pytest.mark.parametrize("body", [None, [], {}, {"choices": []}, {"choices": [{"message": None}]}, "x", 5])
def test_a_body_of_another_protocol_is_no_answer(body: Any) -> None:
    assert read_scores(body) is None


def test_an_answer_is_asked_for_three_times_then_counted_as_unanswered(
    tmp_path: Path, predictions: Path
) -> None:
    answers = iter(MALFORMED * 100)
    with serving(lambda _: completion(next(answers))) as server:
        run_it(tmp_path / "out", predictions, server.url, pairs=1)
    found = json.loads((tmp_path / "out" / "judge.json").read_text())
    assert (found["pairs"], found["unanswered"], len(server.requests)) == (4, 4, 12)
    assert found["systems"]["reply"]["mean"]["value"] is None
    assert {one["scores"] is None for one in written(tmp_path / "out")} == {True}


def test_a_busy_server_is_asked_again(tmp_path: Path, predictions: Path) -> None:
    seen: Counter[str] = Counter()

    def busy(request: Any) -> Reply:
        seen[request["messages"][1]["content"]] += 1
        return (503, {}, {}) if seen[request["messages"][1]["content"]] < 3 else honest(request)

    with serving(busy) as server:
        run_it(tmp_path / "out", predictions, server.url, pairs=1)
    assert json.loads((tmp_path / "out" / "judge.json").read_text())["unanswered"] == 0


def test_what_is_judged_is_not_sent_again(tmp_path: Path, predictions: Path) -> None:
    with serving(honest) as server:
        done, recorder = run_it(tmp_path / "out", predictions, server.url, recorder=Recorder(stop_at=9))
        assert (done, len(server.requests)) == (False, 9)
        assert recorder.events[-1]["type"] == "cancelled"
        assert not (tmp_path / "out" / "judge.json").exists()
        first = written(tmp_path / "out")
        assert run_it(tmp_path / "out", predictions, server.url, resume=True)[0]
        assert len(server.requests) == 24
        assert written(tmp_path / "out")[:9] == first
        assert run_it(tmp_path / "out", predictions, server.url, resume=True)[0]
        assert len(server.requests) == 24
        run_it(tmp_path / "whole", predictions, server.url)
    whole, resumed = (json.loads((tmp_path / name / "judge.json").read_text()) for name in ("whole", "out"))
    assert whole == resumed


def test_what_got_no_answer_is_asked_again_by_a_later_run(tmp_path: Path, predictions: Path) -> None:
    with serving(lambda _: completion("?")) as server:
        run_it(tmp_path / "out", predictions, server.url, pairs=1)
    with serving(honest) as server:
        # another port is another address, but the same judge
        run_it(tmp_path / "out", predictions, server.url, pairs=1, resume=True)
    assert json.loads((tmp_path / "out" / "judge.json").read_text())["unanswered"] == 0


def test_judgements_of_other_settings_are_not_mixed(tmp_path: Path, predictions: Path) -> None:
    with serving(honest) as server:
        run_it(tmp_path / "out", predictions, server.url, pairs=1)
        with pytest.raises(InputError, match="--resume"):
            run_it(tmp_path / "out", predictions, server.url, pairs=1)
        with pytest.raises(InputError, match="other predictions or settings"):
            run_it(tmp_path / "out", predictions, server.url, pairs=1, model="other", resume=True)
        assert len(server.requests) == 4


def test_a_sealed_judgement_leaves_no_word_in_the_open(tmp_path: Path, predictions: Path) -> None:
    sealed = tmp_path / "in" / "predictions.jsonl.sealed"
    sealed.parent.mkdir()
    sealed.write_bytes(seal(predictions.read_bytes(), KEY, "predictions.jsonl"))
    with serving(honest) as server:
        run_it(tmp_path / "out", sealed, server.url, key=KEY)
    files = sorted((tmp_path / "out").iterdir())
    assert [file.name for file in files] == ["judge.json.sealed", "judgements.jsonl.sealed"]
    assert not any(word in file.read_bytes() for file in files for word in (b"relevance", b"reply"))
    assert json.loads(Folder(tmp_path / "out", KEY).read("judge.json"))["answered"] == 24


def refused(*arguments: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["judge", *arguments]) == 2
    captured = capsys.readouterr()
    said = captured.err.strip().splitlines()
    assert captured.out == ""
    assert len(said) == 1
    assert SECRET not in said[0]
    return said[0]


def test_a_judge_elsewhere_is_refused_in_a_sentence_before_anything_is_sent(
    tmp_path: Path, predictions: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[Any] = []
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: tried.append(address))
    out = tmp_path / "out"
    given = ["--predictions", str(predictions), "--out", str(out)]
    said = refused(*given, "--set", "url=http://judge.example.org/v1", capsys=capsys)
    assert "judge.example.org is not this computer" in said
    assert tried == []
    assert not out.exists()


def test_a_redirect_to_another_host_is_refused_in_a_sentence(
    tmp_path: Path, predictions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(lambda _: (307, {"Location": "http://judge.example.org/"}, {})) as server:
        given = ["--predictions", str(predictions), "--out", str(tmp_path / "out")]
        said = refused(*given, "--set", f"url={server.url}", capsys=capsys)
    assert "sends requests elsewhere" in said
    assert len(server.requests) == 1
    assert not (tmp_path / "out").exists()


def test_a_server_that_is_not_there_or_refuses_is_named(
    tmp_path: Path, predictions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--predictions", str(predictions), "--out", str(tmp_path / "out")]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert "no server answers" in refused(*given, "--set", f"url=http://127.0.0.1:{port}", capsys=capsys)
    with serving(lambda _: (404, {}, {})) as server:
        assert "status 404" in refused(*given, "--set", f"url={server.url}", capsys=capsys)
    assert "above 0" in refused(*given, "--set", "pairs=0", capsys=capsys)
    gone = ["--predictions", str(tmp_path / "gone.jsonl"), "--out", str(tmp_path / "out")]
    assert "gone.jsonl: cannot be read" in refused(*gone, capsys=capsys)


def test_the_command_ignores_a_proxy_reads_its_key_from_stdin_and_loads_no_torch(
    tmp_path: Path, predictions: Path
) -> None:
    sealed = tmp_path / "predictions.jsonl.sealed"
    sealed.write_bytes(seal(predictions.read_bytes(), KEY, "predictions.jsonl"))
    config = tmp_path / "judge.toml"
    code = (
        "import sys; from trainer.__main__ import main; "
        "code = main(sys.argv[1:]); sys.exit(code or 9 * ('torch' in sys.modules))"
    )
    given = ["--sealed", "--events", "--config", str(config), "--predictions", str(sealed)]
    with serving(lambda _: (500, {}, {})) as proxy, serving(honest) as server:
        config.write_text(f'[judge]\nurl = "{server.url}"\npairs = 2\nsystems = ["reply", "reference"]\n')
        made = subprocess.run(
            [sys.executable, "-c", code, "judge", *given, "--out", str(tmp_path / "out")],
            cwd=ROOT,
            env={"PATH": "", "http_proxy": proxy.url, "HTTP_PROXY": proxy.url, "ALL_PROXY": proxy.url},
            input=base64.b64encode(KEY).decode() + "\n",
            capture_output=True,
            text=True,
            check=False,
        )
    assert made.returncode == 0, made.stderr
    assert (len(server.requests), len(proxy.requests)) == (6, 0)
    events = [json.loads(line) for line in io.StringIO(made.stdout)]
    assert [events[0]["type"], events[-1]["type"]] == ["started", "done"]
    assert SECRET not in made.stdout + made.stderr


def test_a_killed_run_keeps_all_but_the_last_answers(tmp_path: Path, predictions: Path) -> None:
    """The server dies in the middle: what was answered before is on disk."""
    asked = threading.Event()

    def dying(request: Any) -> Reply:
        if len(server.requests) > 12:
            asked.set()
            return 401, {}, {}
        return honest(request)

    with serving(dying) as server, pytest.raises(InputError, match="status 401"):
        run_it(tmp_path / "out", predictions, server.url)
    assert asked.is_set()
    assert len(written(tmp_path / "out")) == 12

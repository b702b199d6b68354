"""The table of faults is about tests that exist, and leaves no fault without one."""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path

from tests.faults.rows import ROWS
from tests.faults.tools import ROOT

TESTS = ROOT / "tests"


def names_in(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def numbers_here() -> set[int]:
    names = {name for file in (TESTS / "faults").glob("test_*.py") for name in names_in(file)}
    return {int(match[1]) for name in names if (match := re.match(r"test_fault_(\d\d)_", name))}


def test_every_test_that_the_table_names_is_there():
    named = [test for row in ROWS for test in row.elsewhere]
    missing = [test for test in named if test.split("::")[1] not in names_in(TESTS / test.split("::")[0])]
    assert missing == []


def test_every_fault_has_a_test_or_says_why_it_has_none():
    here = numbers_here()
    assert [row.number for row in ROWS] == list(range(1, len(ROWS) + 1))
    assert here <= {row.number for row in ROWS}
    bare = [row for row in ROWS if not row.elsewhere and row.number not in here]
    assert [row.number for row in bare if not row.by_hand] == []


def test_the_published_table_has_every_fault():
    published = (ROOT / "docs" / "faults.md").read_text(encoding="utf8")
    for row in ROWS:
        assert f"| {row.number} | {row.fault} |" in published


def test_every_command_of_the_threat_model_finds_tests():
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf8")
    commands = re.findall(r"`\.venv/bin/pytest (.*?)`", text)
    assert len(commands) > 20
    for command in commands:
        words = shlex.split(command)
        chosen = words[words.index("-k") + 1].split(" or ") if "-k" in words else [""]
        for place in (ROOT / word for word in words if word.startswith("tests/")):
            names = {
                name
                for file in ([place] if place.is_file() else place.glob("test_*.py"))
                for name in names_in(file)
            }
            assert [name for name in names if any(part in name for part in chosen)], (command, place.name)

"""Imports go down only, and the contracts that say so can fail."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LINT = Path(sys.executable).with_name("lint-imports")


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(LINT), "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(folder)},
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for package in ("tfdesk", "trainer"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_contracts_hold(copy: Path) -> None:
    result = lint(copy)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("trainer/prompt.py", "import PySide6"),
        ("trainer/prompt.py", "import tfdesk.core"),
        ("tfdesk/core/paths.py", "import PySide6.QtCore"),
        ("tfdesk/core/paths.py", "import tfdesk.services"),
        ("tfdesk/services/sessions.py", "import torch"),
        ("tfdesk/services/sessions.py", "import trainer.prompt"),
        ("tfdesk/ui/theme.py", "import tfdesk.store.vault"),
        ("tfdesk/services/sessions.py", "import trainer.risk"),
        ("tfdesk/jobs/tasks.py", "import tfdesk.ui.theme"),
        ("trainer/rollout.py", "import trainer.judge"),
        ("trainer/optim.py", "import trainer.judgements"),
        ("trainer/rl.py", "import trainer.yardsticks"),
    ],
)
def test_a_planted_breach_is_found(copy: Path, module: str, line: str) -> None:
    file = copy / module
    file.write_text(file.read_text() + f"\n{line}\n")
    assert lint(copy).returncode == 1


def test_jobs_use_the_core_of_qt_only() -> None:
    for file in (ROOT / "tfdesk" / "jobs").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("PySide6"):
                assert node.module == "PySide6.QtCore", file.name


def test_the_window_does_not_load_the_model_stack() -> None:
    code = "import sys, tfdesk.app; print([m for m in ('torch', 'transformers', 'trl') if m in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert result.stdout.strip() == "[]"

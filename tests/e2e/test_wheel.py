"""The built wheel works without the source tree: its packages, its resources, its commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CPU_WHEELS = "https://download.pytorch.org/whl/cpu"  # as in packaging/dev.py
TALK = {
    "id": "wheel",
    "source": "test",
    "context": "work stress",
    "turns": [
        {
            "speaker": "client",
            "text": "I said yes to the extra shift again and my daughter put her swimming bag away.",
        }
    ],
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built wheel, alone in its folder."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True, timeout=240)
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bin folder of a fresh environment that holds the wheel and sees the dependencies, not the sources."""
    folder = tmp_path_factory.mktemp("seeing")
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    python = folder / "venv" / "bin" / "python"
    if not python.exists():
        pytest.skip("the layout of this environment is not POSIX")
    site = (
        folder / "venv" / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    )
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(python),
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
    ]
    subprocess.run([*pip, str(wheel)], check=True, capture_output=True, timeout=240)
    # A path named in a .pth file is searched, but .pth files inside it (the editable install) are not.
    (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return python.parent


def run(program: list[str], folder: Path, given: str | None = None) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        program, cwd=folder, input=given, capture_output=True, text=True, check=False, env=clean, timeout=120
    )


def test_the_wheel_does_not_reach_into_the_source_tree(installed: Path, tmp_path: Path) -> None:
    code = "import tfdesk, trainer.config as c; print(tfdesk.__file__, c.__file__, c.resources_dir())"
    printed = run([str(installed / "python"), "-c", code], tmp_path).stdout
    assert str(installed.parent) in printed
    assert str(ROOT) not in printed.replace(str(installed.parent), "")


def test_suggest_drafts_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    assert_drafts(installed / "tfdesk", tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_wheel_and_its_dependencies_install_into_an_empty_environment(
    wheel: Path, tmp_path: Path
) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    pip = [str(tmp_path / "venv" / "bin" / "python"), "-m", "pip", "install", "--quiet", "--retries", "1"]
    pinned = ["-c", str(ROOT / "packaging" / "constraints.txt"), "--extra-index-url", CPU_WHEELS]
    subprocess.run([*pip, *pinned, str(wheel)], check=True, capture_output=True, timeout=1000)
    assert_drafts(tmp_path / "venv" / "bin" / "tfdesk", tmp_path)
    freeze = run([str(tmp_path / "venv" / "bin" / "python"), "-m", "pip", "freeze"], tmp_path).stdout
    assert "nvidia" not in freeze
    assert "pytest-qt" not in freeze


def assert_drafts(program: Path, folder: Path) -> None:
    result = run([str(program), "suggest", "-", "--json"], folder, json.dumps(TALK))
    assert result.returncode == 0, result.stderr
    answer = json.loads(result.stdout)
    assert answer["model"]["name"] == "starter"
    assert answer["risk"]["status"] == "screened"
    assert answer["drafts"] or answer["withheld"] == "abstained"

#!/usr/bin/env python3
"""Makes the frozen program: one folder that needs no Python. Standard library only; uses .venv of dev.py.

    python3 packaging/build.py [--dist DIR] [--work DIR]

The program is DIR/tfdesk (default dist/tfdesk). packaging/smoke.py drives it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import dev

ROOT = Path(__file__).resolve().parent.parent
# Libraries whose makers left the linker's symbols in: nothing reads them, and they are a quarter of the file.
WITH_SYMBOLS = (
    "libpython*.so*",
    "cryptography/**/*.so",
    "kiwisolver/*.so",
    "pyarrow/*.so*",
    "sqlcipher3/*.so",
    "tokenizers/*.so",
    "torch/lib/*.so*",
)


def main() -> int:
    parser = argparse.ArgumentParser(description="Make the frozen program.")
    parser.add_argument("--dist", type=Path, default=ROOT / "dist", help="where the program's folder goes")
    parser.add_argument("--work", type=Path, default=ROOT / "build", help="PyInstaller's own files")
    given = parser.parse_args()
    dev.set_up()
    started = time.monotonic()
    freeze(given.dist, given.work)
    program = given.dist / "tfdesk"
    if sys.platform == "linux":
        strip_symbols(program / "_internal")
    seconds = time.monotonic() - started
    print(f"{program}: {size(program) / 1e6:.0f} MB on disk, made in {seconds / 60:.1f} minutes")
    return 0


def freeze(dist: Path, work: Path) -> None:
    """Run PyInstaller; its log is shown from warnings on. Ends the program when it fails."""
    folders = ["--distpath", str(dist), "--workpath", str(work)]
    spec = ROOT / "packaging" / "tfdesk.spec"
    command = [dev.python(), "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN", *folders, str(spec)]
    result = subprocess.run(command, cwd=ROOT, check=False)
    if result.returncode:
        print("PyInstaller failed; what it says above names the reason.", file=sys.stderr)
        sys.exit(result.returncode)


def strip_symbols(folder: Path) -> None:
    """Remove the linker's symbols from the large libraries."""
    strip = shutil.which("strip")
    if strip is None:
        print("strip (package binutils) is not installed: the program will be about 130 MB larger.")
        return
    for pattern in WITH_SYMBOLS:
        for library in folder.glob(pattern):
            if not library.is_symlink():
                subprocess.run([strip, "--strip-unneeded", str(library)], check=True)


def size(folder: Path) -> int:
    """Bytes of all files below a folder; a link counts nothing."""
    files = (Path(top, name) for top, _, names in os.walk(folder) for name in names)
    return sum(file.stat().st_size for file in files if not file.is_symlink())


if __name__ == "__main__":
    sys.exit(main())

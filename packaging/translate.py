"""Brings the catalogues of the window's languages up to date: what dev.py translate runs.

    python packaging/translate.py

Qt's lupdate reads every string from the sources into resources/translations/tfdesk_LANGUAGE.ts and drops
those that are gone; lrelease makes the .qm file that the window loads. What still needs a translation is
listed: write it into the .ts file (or open that with pyside6-linguist) and run this again. After a merge that
conflicts in these files, take either side of both and run this.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CATALOGUES = ROOT / "resources" / "translations"
LAYERS = ("core", "store", "services", "jobs", "ui")
# Contexts are class names, "" for the free functions tr and said. No places: they would change at every edit.
LUPDATE = ("-silent", "-no-obsolete", "-locations", "none", "-tr-function-alias", "tr+=said")


def main() -> int:
    """Update every catalogue. Returns 1 when something is left to translate."""
    left = 0
    for ts in sorted(CATALOGUES.glob("tfdesk_*.ts")):
        extract(ts)
        release(ts, compiled(ts))
        missing = unfinished(ts)
        print(f"{ts.name}: {len(missing)} to translate" + "".join(f"\n  {source}" for source in missing))
        left += len(missing)
    return 1 if left else 0


def compiled(ts: Path) -> Path:
    """The file that the window loads. It is kept in the repository: wheels and clones need no Qt tools."""
    return ts.with_suffix(".qm")


def extract(ts: Path) -> None:
    """Read the strings of the sources into ``ts``; translations that are there stay."""
    folders = [ROOT / "tfdesk" / layer for layer in LAYERS]
    sources = [
        ROOT / "tfdesk" / "app.py",
        *(file for folder in folders for file in sorted(folder.glob("*.py"))),
    ]
    language = ts.stem.rpartition("_")[2]
    _run("pyside6-lupdate", *LUPDATE, "-target-language", language, *map(str, sources), "-ts", str(ts))


def release(ts: Path, qm: Path) -> None:
    """Compile ``ts``."""
    _run("pyside6-lrelease", "-silent", str(ts), "-qm", str(qm))


def unfinished(ts: Path) -> list[str]:
    """Sources without a finished translation."""
    messages = ET.parse(ts).getroot().iter("message")
    return [m.findtext("source", "") for m in messages if m.find("translation[@type]") is not None]


def _run(tool: str, *arguments: str) -> None:
    subprocess.run([Path(sysconfig.get_path("scripts")) / tool, *arguments], cwd=ROOT, check=True)


if __name__ == "__main__":
    sys.exit(main())

"""The pictures of the user guide: every screen in three themes and two sizes.

    python packaging/guide.py [OUT] [--language de]

The guide's own pictures (light, 1280x800) go to OUT/pictures, all else as one contact sheet per theme and
size to OUT/sheets. OUT is docs/guide unless given; another language belongs into a folder of its own, and
its files end with its name.
"""

from __future__ import annotations

import argparse
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter
from screenshots import ending, few_colours

from tfdesk.core.settings import Settings
from tfdesk.ui.language import NAMES
from tfdesk.ui.theme import DARK, HIGH, LIGHT, Colours

ROOT = Path(__file__).resolve().parent.parent
THEMES: dict[str, Colours] = {"light": LIGHT, "dark": DARK, "high contrast": HIGH}
SIZES = ("1280x800", "1024x700")
SHOWN_IN_GUIDE = [
    *(
        "first-run",
        "first-run-key-ring",
        "first-run-clinic",
        "recovery-key",
        "guided",
        "drafts-ready",
        "editing",
    ),
    *("reject", "edit-shown", "risk-hit", "hand-overs", "log", "search", "help", "help-found"),
    *("workshop-empty", "workshop", "report", "sign-off", "locked"),
]
WIDTH, THUMB, COLUMNS, GAP = 960, 230, 5, 6  # pixels; pictures a line
MOST_BYTES = 200_000


def scaled(file: Path, width: int) -> QImage:
    """A picture, made narrower."""
    return QImage(str(file)).scaledToWidth(width, Qt.TransformationMode.SmoothTransformation)


def save(image: QImage, file: Path, theme: str) -> None:
    """Save in 256 colours; an error when it is larger than MOST_BYTES."""
    few_colours(image, THEMES[theme]).save(str(file), "PNG", 0)
    if file.stat().st_size > MOST_BYTES:
        raise RuntimeError(f"{file.name} has {file.stat().st_size:,} bytes, more than {MOST_BYTES:,}")


def contact_sheet(files: list[Path]) -> QImage:
    """All pictures small, in lines."""
    small = [scaled(file, THUMB) for file in files]
    height = max(image.height() for image in small)
    lines = math.ceil(len(small) / COLUMNS)
    sheet = QImage(COLUMNS * (THUMB + GAP), lines * (height + GAP), QImage.Format.Format_RGB32)
    sheet.fill(QColor("#888888"))
    painter = QPainter(sheet)
    for number, image in enumerate(small):
        left, top = (number % COLUMNS) * (THUMB + GAP), (number // COLUMNS) * (height + GAP)
        painter.drawImage(QRect(left, top, image.width(), image.height()), image)
    painter.end()
    return sheet


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, nargs="?", default=ROOT / "docs" / "guide")
    parser.add_argument("--language", default="en", choices=sorted(NAMES), help="of the window")
    given = parser.parse_args()
    application = QGuiApplication(["guide"])
    pictures, sheets = given.out / "pictures", given.out / "sheets"
    for folder in (pictures, sheets):
        folder.mkdir(parents=True, exist_ok=True)
    other = f"-{given.language}" if given.language != "en" else ""
    for theme in THEMES:
        look = ending(Settings(theme=theme, language=given.language))
        for size in SIZES:
            with tempfile.TemporaryDirectory() as folder:
                command = [sys.executable, str(ROOT / "packaging" / "screenshots.py"), folder]
                command += ["--themes", theme, "--size", size, "--language", given.language]
                environment = {k: v for k, v in os.environ.items() if k != "QT_QPA_PLATFORM"}
                subprocess.run(command, check=True, env=environment)
                files = sorted(Path(folder).glob("*.png"), key=lambda file: file.stat().st_mtime_ns)
                if (theme, size) == ("light", SIZES[0]):
                    for name in SHOWN_IN_GUIDE:
                        save(
                            scaled(Path(folder) / f"{name}-{look}.png", WIDTH),
                            pictures / f"{name}{other}.png",
                            theme,
                        )
                else:
                    sheet = f"{theme.replace(' ', '-')}-{size}{other}.png"
                    save(contact_sheet(files), sheets / sheet, theme)
    application.quit()
    return 0


if __name__ == "__main__":
    sys.exit(main())

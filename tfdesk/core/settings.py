"""What a person can set, in a small TOML file."""

from __future__ import annotations

import dataclasses
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfdesk.core.errors import InputRefused
from tfdesk.core.files import write_atomically

LANGUAGES = ("", "en", "de")
THEMES = ("system", "light", "dark", "high contrast")
_RANGES = {
    "scale": (80, 200),
    "idle_minutes": (1, 240),
    "clipboard_seconds": (5, 3600),
    "retention_days": (0, 36500),
    "left_width": (120, 2000),
    "right_width": (200, 4000),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Change with ``dataclasses.replace`` and ``save_settings``."""

    theme: str = "system"  # one of THEMES
    language: str = ""  # one of LANGUAGES; "" = the system's
    scale: int = 100  # text size in percent, 80 to 200
    idle_minutes: int = 15  # without mouse or keyboard before the vault locks
    clipboard_seconds: int = 120  # before a copied reply is taken off the clipboard
    backup_folder: str = ""  # where a backup is made when the window closes; "" = none is made
    retention_days: int = 0  # after a client's last message, before they are due to be erased; 0 = never
    left_width: int = 232  # of the client list, in pixels at 100 %
    right_width: int = 420  # of the draft column, in pixels at 100 %
    keys: str = ""  # changed ones, "usual=wanted, ...", see tfdesk.ui.keys
    first_session: str = ""  # steps of the guided first session that were done
    write_first: bool = False  # the therapist writes before the drafts are shown
    emotion_enabled: bool = True  # False: no emotion on screen, in the model's input or in the vault


def load_settings(file: Path) -> Settings:
    """Settings from the file; the defaults when there is none. Raises InputRefused naming file and key."""
    try:
        table = tomllib.loads(file.read_text(encoding="utf8"))
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        raise _refused(file, f"cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise _refused(file, "is not valid TOML") from None
    known = {field.name: type(field.default) for field in dataclasses.fields(Settings)}
    for key, value in table.items():
        if key not in known:
            raise _refused(file, f"has a setting {key!r} that this version does not know")
        if type(value) is not known[key]:
            raise _refused(file, f"has a value of the wrong type for {key!r}")
    return _checked(file, Settings(**table))


def save_settings(settings: Settings, file: Path) -> None:
    """Write the file atomically. Raises InputRefused for a value out of range, KnownError for a full disk."""
    _checked(file, settings)
    lines = [f"{key} = {_toml(value)}\n" for key, value in dataclasses.asdict(settings).items()]
    write_atomically(file, "".join(lines).encode("utf8"))


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(value)


def _checked(file: Path, settings: Settings) -> Settings:
    if settings.theme not in THEMES:
        raise _refused(file, f"has a theme that is none of {', '.join(THEMES)}")
    if settings.language not in LANGUAGES:
        raise _refused(file, f"has a language that is none of {', '.join(filter(None, LANGUAGES))}")
    for key, (low, high) in _RANGES.items():
        if not low <= getattr(settings, key) <= high:
            raise _refused(file, f"has a {key!r} that is not between {low} and {high}")
    if not settings.backup_folder.isprintable():
        raise _refused(file, "has a 'backup_folder' with characters that cannot be written down")
    if settings.backup_folder and not Path(settings.backup_folder).is_absolute():
        raise _refused(file, "has a 'backup_folder' that does not begin at the root of a disk")
    return settings


def _refused(file: Path, what: str) -> InputRefused:
    return InputRefused(f"The settings file {file.name} {what}.", "Correct that line or delete the file.")

"""The German catalogue holds every string of the window, and every string of the window goes through it."""

from __future__ import annotations

import ast
import importlib.util
import re
import shutil
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tfdesk.core.models import FLAGGED, ROLES, Disposition, DraftState, RejectReason
from tfdesk.core.settings import LANGUAGES
from tfdesk.services import intake_rows, intake_text
from tfdesk.ui import vocabulary
from tfdesk.ui.language import NAMES
from trainer.bundle import read_manifest
from trainer.config import resources_dir, starter_dir
from trainer.rewards import COMPONENTS
from trainer.sealed import Folder

ROOT = Path(__file__).parents[2]
GERMAN = ROOT / "resources" / "translations" / "tfdesk_de.ts"
SHOWN_BY = {  # calls whose words a person sees or hears
    "label", "button", "KeyButton", "ChoiceButton", "QCheckBox", "QRadioButton", "QMenu", "QAction",
    "setText", "setTitle", "setToolTip", "setPlaceholderText", "setAccessibleName",
    "setAccessibleDescription", "setWindowTitle", "setInformativeText", "addAction", "addItem", "showText",
    "announce", "Words", "Command", "Section", "Entry", "Heading", "placeholderText", "hint",
}  # fmt: skip
LOOKS = {"primary", "risk-title", "link", "search", "page", "header", "footer"}
OURS = {"tfdesk", "wordmark"}


@pytest.fixture(scope="module")
def translate() -> ModuleType:
    """packaging/translate.py, which is no part of any package."""
    spec = importlib.util.spec_from_file_location("translate", ROOT / "packaging" / "translate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def messages() -> Iterator[tuple[str, str, str, list[str]]]:
    """Context, source, comment and the forms of the translation, one message after another."""
    for context in ET.parse(GERMAN).getroot().iter("context"):
        for message in context.iter("message"):
            translation = message.find("translation")
            assert translation is not None
            forms = [form.text or "" for form in translation.iter("numerusform")]
            texts = forms or [translation.text or ""]
            source, comment = message.findtext("source", ""), message.findtext("comment", "")
            yield context.findtext("name", ""), source, comment, texts


def window_sources() -> list[Path]:
    folders = [ROOT / "tfdesk" / layer for layer in ("core", "store", "services", "jobs", "ui")]
    return [ROOT / "tfdesk" / "app.py", *(file for folder in folders for file in folder.glob("*.py"))]


def calls(file: Path) -> Iterator[tuple[str, ast.Call]]:
    """Name and node of every call in a file."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf8"))):
        if isinstance(node, ast.Call):
            yield getattr(node.func, "attr", getattr(node.func, "id", "")), node


def test_the_catalogue_is_what_dev_translate_makes_of_the_sources(
    translate: ModuleType, tmp_path: Path
) -> None:
    ts = tmp_path / GERMAN.name
    shutil.copy(GERMAN, ts)
    translate.extract(ts)
    translate.release(ts, translate.compiled(ts))
    assert translate.unfinished(ts) == []
    assert ts.read_text(encoding="utf8") == GERMAN.read_text(encoding="utf8")
    assert translate.compiled(ts).read_bytes() == translate.compiled(GERMAN).read_bytes()


def test_every_sentence_in_the_code_was_found() -> None:
    """Qt's tool overlooks a tr() inside an f-string, and takes a second literal for a comment."""
    known = {(source, comment) for _, source, comment, _ in messages()}
    overlooked = []
    for file in window_sources():
        for name, call in calls(file):
            first = call.args[0] if call.args else None
            if name in ("tr", "said") and isinstance(first, ast.Constant):
                second = call.args[1] if name == "tr" and len(call.args) > 1 else ast.Constant("")
                assert isinstance(second, ast.Constant)
                if (first.value, second.value) not in known:
                    overlooked.append((file.name, call.lineno, first.value))
                assert not call.keywords, f"{file.name}, line {call.lineno}: Qt's tool knows no keywords"
    assert overlooked == []


def test_only_one_place_translates_what_is_no_literal() -> None:
    places = {
        file.name
        for file in window_sources()
        for name, call in calls(file)
        if name in ("tr", "said") and not isinstance(call.args[0], ast.Constant)
    }
    assert places == {"text.py"}


def literals(node: ast.AST) -> Iterator[str]:
    """Text in an expression that is said as it stands: inside no other call, comparison or index."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            yield node.value
    elif isinstance(node, ast.JoinedStr | ast.BinOp | ast.IfExp | ast.BoolOp | ast.Tuple | ast.List):
        parts = ast.iter_child_nodes(node)
        skipped = node.test if isinstance(node, ast.IfExp) else None
        for part in parts:
            if part is not skipped:
                yield from literals(part)


def test_no_words_reach_a_widget_without_tr() -> None:
    found = []
    for file in (*sorted((ROOT / "tfdesk" / "ui").glob("*.py")), ROOT / "tfdesk" / "app.py"):
        for name, call in calls(file):
            given = [*(call.args if name in SHOWN_BY else [])]
            given += [keyword.value for keyword in call.keywords if keyword.arg in SHOWN_BY]
            for text in (text for argument in given for text in literals(argument)):
                words = re.search(r"[a-z]{3}", text) and not re.fullmatch(r"(Ctrl|Alt|Shift|[-+=\w])+", text)
                if words or (text.islower() and text not in LOOKS | OURS and len(text) > 8):
                    found.append((file.name, call.lineno, text))
    assert [entry for entry in found if entry[2] not in LOOKS | OURS] == []


def test_translations_have_the_places_of_their_sources() -> None:
    places = re.compile(r"\{[^}]*\}|%n")
    for _, source, _, forms in messages():
        wanted = sorted(places.findall(source))
        for form in forms:
            found = sorted(places.findall(form))
            singular = len(forms) > 1 and form is forms[0]  # "the last day" needs no number
            assert found == wanted or (singular and set(wanted) - set(found) == {"%n"}), source


def test_translations_keep_marks_and_edges() -> None:
    for _, source, _, forms in messages():
        for form in forms:
            assert form.strip(), source
            assert (source[0] == " ", source.endswith((".", ":"))) == (
                form[0] == " ",
                form.endswith((".", ":", "?")) if source.endswith(".") else form.endswith(":"),
            ), source
            assert '"' not in form, f"German quotation marks: {form}"


def test_one_english_word_is_one_german_word_in_one_context() -> None:
    seen: dict[tuple[str, str, str], list[str]] = {}
    for context, source, comment, forms in messages():
        assert seen.setdefault((context, source, comment), forms) == forms


def test_what_reaches_the_window_as_data_can_be_said() -> None:
    words = {word for group in vars(vocabulary).values() if isinstance(group, tuple) for word in group}
    lexicon = tomllib.loads((resources_dir() / "lexicons" / "risk.toml").read_text(encoding="utf8"))
    labels = read_manifest(Folder(starter_dir())).labels
    data = {
        *(reason.value for reason in RejectReason),
        *(choice.value for choice in Disposition),
        *(state.value for state in DraftState),
        *ROLES,
        FLAGGED,
        *COMPONENTS,
        *lexicon["categories"],
        *labels.emotions,
        *labels.strategies,
        read_manifest(Folder(starter_dir())).notice,
        intake_text.NO_SPEAKER,
    }
    assert data - words == set()
    assert not hasattr(intake_rows, "NO_SPEAKER")


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("trainer/engine.py", ["RISK_REASON", "SHORT_REASON", "PERSONAL_REASON", "POOR_REASON"]),
        ("trainer/serve.py", ["BUG"]),
        ("trainer/risk.py", ["UNREAD", "FOREIGN", "TOO_LONG"]),
        ("trainer/__main__.py", ["BUG_MESSAGE"]),
    ],
)
def test_what_the_processes_say_can_be_said(module: str, names: list[str]) -> None:
    tree = ast.parse((ROOT / module).read_text(encoding="utf8"))
    found = {
        target.id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id in names
    }
    assert sorted(found) == sorted(names)
    assert set(found.values()) - set(vocabulary.PROCESSES) == set()


def test_settings_and_window_know_the_same_languages() -> None:
    assert sorted(NAMES) == sorted(filter(None, LANGUAGES))
    catalogues = {file.stem.rpartition("_")[2] for file in GERMAN.parent.glob("tfdesk_*.ts")}
    assert catalogues == set(NAMES) - {"en"}

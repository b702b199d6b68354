"""The log never holds what a person typed."""

import logging

import pytest

from tfdesk.core.errors import KnownError
from tfdesk.core.log import Public, setup_logging
from tfdesk.core.paths import Paths

SECRET = "my brother does not know"


@pytest.fixture
def log_text(tmp_path):
    """A function that returns what the log file holds; the handlers are taken off afterwards."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    paths = Paths.default(tmp_path)
    setup_logging(paths)
    yield lambda: paths.log_file.read_text(encoding="utf8")
    for handler in [h for h in root.handlers if h not in before]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)
    logging.getLogger("tfdesk").setLevel(logging.NOTSET)


def test_text_arguments_become_their_length(log_text):
    logging.getLogger("tfdesk.x").info("saved %s for turn %d", SECRET, 7)
    assert f"saved ({len(SECRET)} characters) for turn 7" in log_text()
    assert SECRET not in log_text()


def test_texts_marked_public_are_shown(log_text):
    logging.getLogger("tfdesk.x").info("state %s", Public("locked"))
    assert "state locked" in log_text()


def test_containers_and_objects_are_not_printed(log_text):
    logging.getLogger("tfdesk.x").info("got %s and %s", [SECRET], {"a": SECRET})
    assert SECRET not in log_text()
    logging.getLogger("tfdesk.x").info("got %(a)s", {"a": SECRET})
    assert SECRET not in log_text()


def test_a_traceback_shows_places_but_no_message(log_text):
    try:
        try:
            int(SECRET)
        except ValueError as error:
            raise RuntimeError(SECRET) from error
    except RuntimeError:
        logging.getLogger("tfdesk.x").exception("failed")
    written = log_text()
    assert "RuntimeError" in written
    assert "ValueError" in written
    assert "test_log.py" in written
    assert SECRET not in written


def test_our_own_errors_keep_their_sentence(log_text):
    logging.getLogger("tfdesk.x").warning("%s", KnownError("The disk is full."))
    assert "The disk is full." in log_text()


def test_what_libraries_say_is_withheld(log_text):
    logging.getLogger("somelib").warning(f"cannot parse {SECRET}")
    assert SECRET not in log_text()
    assert "somelib" in log_text()


def test_setting_up_twice_does_not_write_lines_twice(log_text, tmp_path):
    setup_logging(Paths.default(tmp_path))
    logging.getLogger("tfdesk.x").info("once %d", 41)
    assert log_text().count("once 41") == 1

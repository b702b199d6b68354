"""Nothing that a person typed lies in the clear on the disk, while the vault is open or after."""

import logging

import pytest

from tests.services.conftest import HIT, SCREENED, suggestion
from tfdesk.core.errors import KnownError
from tfdesk.core.log import setup_logging
from tfdesk.core.models import Disposition, RejectReason
from tfdesk.core.paths import Paths
from tfdesk.core.settings import Settings, save_settings
from tfdesk.services.access import Access
from tfdesk.services.review import Review
from tfdesk.services.sessions import Sessions
from trainer.events import Emotion

# One word each, so that a search index split into words cannot hide them.
SENTINELS = {
    what: f"zq{what}sentinelé"
    for what in (
        "name",
        "situation",
        "message",
        "draft",
        "edit",
        "note",
        "own",
        "reason",
        "passphrase",
        "search",
    )
}


def _leaks(folder):
    found = []
    for file in folder.rglob("*"):
        data = file.read_bytes() if file.is_file() else b""
        for word in SENTINELS.values():
            for encoding in ("utf8", "utf-16-le", "utf-16-be"):
                for form in (word, word.upper(), word.replace("é", "e")):
                    if form.encode(encoding) in data or word in file.name:
                        found.append((file.name, word, encoding))
    return found


@pytest.fixture
def paths(tmp_path):
    paths = Paths.default(tmp_path / "data")
    root, before = logging.getLogger(), list(logging.getLogger().handlers)
    setup_logging(paths)
    yield paths
    for handler in [h for h in root.handlers if h not in before]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(logging.WARNING)


def test_no_file_below_the_data_folder_holds_a_word_that_was_typed(paths):
    says = SENTINELS
    access = Access(paths)
    access.create(says["passphrase"])
    sessions, review = Sessions(access.vault), Review(access.vault)
    client = sessions.add_client(says["name"], says["situation"])
    session = sessions.latest_session(client.id)
    turn = sessions.add_client_turn(session.id, says["message"] + " " * 3 + "word " * 5000)
    sessions.record_screening(turn.id, SCREENED, Emotion("shame", 0.5, {"shame": 0.5}, False))
    rows = review.save_drafts(turn.id, suggestion(says["draft"], says["draft"] + " two"))
    review.reject(rows[1].id, RejectReason.UNSAFE, says["note"])
    review.approve_edited(rows[0].id, says["edit"])
    review.undo_last(session.id)
    sessions.record_screening(turn.id, HIT, None)
    review.dispose(turn.id, Disposition.NOT_A_RISK, says["reason"])
    review.write_own(turn.id, says["own"])
    sessions.clients(says["search"])
    with pytest.raises(KnownError) as refused:
        sessions.add_client(says["name"])
    logging.getLogger("tfdesk.test").exception("refused %s", says["message"], exc_info=refused.value)
    save_settings(Settings(theme="dark"), paths.settings_file)
    assert (paths.root / "vault.db-wal").stat().st_size > 0
    assert _leaks(paths.root) == []
    access.lock()
    assert {f.name for f in paths.root.rglob("*")} >= {
        "vault.db",
        "vault.keys.json",
        "tfdesk.log",
        "settings.toml",
    }
    assert _leaks(paths.root) == []


def test_the_search_itself_finds_words_in_a_plain_file(tmp_path):
    (tmp_path / "x").write_bytes(b"..." + SENTINELS["draft"].encode("utf-16-le"))
    assert _leaks(tmp_path) == [("x", SENTINELS["draft"], "utf-16-le")]

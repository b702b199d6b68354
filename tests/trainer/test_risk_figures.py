from __future__ import annotations

import pytest

from trainer.config import InputError
from trainer.dialogue import Dialogue, Turn
from trainer.risk import RiskScreen, load_screen
from trainer.risk_figures import check_labels, risk_figures


@pytest.fixture(scope="module")
def screen() -> RiskScreen | None:
    return load_screen()


def talk(*turns: tuple[str, tuple[str, ...] | None]) -> Dialogue:
    return Dialogue("d", "test", None, tuple(Turn("client", text, risk=risk) for text, risk in turns))


def test_recall_and_precision_count_messages_by_category(screen: RiskScreen | None) -> None:
    talks = [
        talk(("I want to kill myself.", ("suicide",))),
        talk(("I made soup for everybody today.", ("suicide",))),  # marked, nothing in it to find
        talk(("I want to kill myself tonight.", ())),  # found, not marked
        talk(("The soup was good and we went for a walk.", ())),
    ]
    found = risk_figures(talks, screen)
    assert found["messages"] == 4
    counts = {key: found["categories"]["suicide"][key] for key in ("marked", "found", "flagged", "right")}
    assert counts == {"marked": 2, "found": 1, "flagged": 2, "right": 1}
    for part in (found, found["categories"]["suicide"]):
        assert part["recall"]["value"] == 0.5
        assert part["recall"]["low"] < 0.5 < part["recall"]["high"]


def test_a_danger_that_is_still_open_is_no_false_alarm(screen: RiskScreen | None) -> None:
    found = risk_figures([talk(("I want to kill myself.", ("suicide",)), ("I made soup today.", ()))], screen)
    one = found["categories"]["suicide"]
    assert (one["flagged"], one["right"]) == (2, 2)
    assert one["marked"] == 1


def test_without_a_screen_every_message_is_unscreened_and_nothing_is_found() -> None:
    found = risk_figures([talk(("I want to kill myself.", ("suicide",)))], None)
    assert found["unscreened"] == 1
    assert found["recall"]["value"] == 0
    assert found["precision"]["value"] is None


def test_data_without_labels_gives_a_reason(screen: RiskScreen | None) -> None:
    found = risk_figures([talk(("hello", None))], screen)
    assert found["recall"]["value"] is None
    assert found["precision"]["reason"] == "the data has no risk labels"


def test_a_category_that_the_screen_does_not_know_is_refused(screen: RiskScreen | None) -> None:
    with pytest.raises(InputError, match=r"1 client turns whose field 'risk'.*suicide"):
        check_labels([talk(("hello there", ("boredom",)))], screen)
    check_labels([talk(("hello there", ("suicide",)), ("hello", ()), ("hi", None))], screen)

"""The shipped sample clinic."""

from collections import defaultdict

from tfdesk.services.samples import read_sample_clinic
from trainer.dialogue import Dialogue
from trainer.prompt import AUTHORED_LABELS
from trainer.risk import load_screen


def test_labels_are_those_the_model_knows():
    for part in read_sample_clinic():
        for _, turn in part.turns:
            if turn.speaker == "client":
                assert turn.emotion in AUTHORED_LABELS.emotions
            else:
                assert turn.strategy in AUTHORED_LABELS.strategies


def test_exactly_the_last_message_of_one_client_is_a_risk_hit():
    screen, said, hits = load_screen(), defaultdict(list), []
    for part in read_sample_clinic():
        for _, turn in part.turns:
            said[part.client].append(turn)
            if turn.speaker == "client":
                found = screen.read(Dialogue("x", "x", None, tuple(said[part.client]))).risk
                assert found.status in ("hit", "screened")
                if found.status == "hit":
                    hits.append((part.client, len(said[part.client]), found.categories))
    ((client, at, categories),) = hits
    assert at == len(said[client])
    assert categories == ("suicide",)

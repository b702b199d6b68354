"""Which exchanges are put to the models: checked first, and unseen wherever there are any."""

from __future__ import annotations

import random
from collections.abc import Sequence, Set

from trainer.bundle import LanguageModel
from trainer.config import EvaluateConfig, InputError
from trainer.data import held_out
from trainer.dialogue import Dialogue, exchanges
from trainer.labels import require_known
from trainer.memorisation import CANARY, check_canaries
from trainer.prompt import LabelSets
from trainer.risk import RiskScreen
from trainer.risk_figures import check_labels
from trainer.run import DataFile, Run
from trainer.yardsticks import Test, make_test


def check_data(run: Run, training: Sequence[DataFile], labels: LabelSets, screen: RiskScreen | None) -> None:
    """Refuse data that cannot be measured before anything is written by a model. Raises InputError."""
    under_test, learned = run.dialogues(), [d for file in training for d in file.dialogues]
    check_canaries([*under_test, *learned])
    if not exchanges([d for d in under_test if d.source != CANARY]):
        raise InputError(f"The data {_lacks(under_test)}; there is nothing to measure.")
    if training and not exchanges([d for d in learned if not held_out(d.id)]):
        raise InputError(f"--train {_lacks([d for d in learned if not held_out(d.id)])}; floors need some.")
    require_known(under_test, labels.emotions, labels.strategies)
    check_labels(under_test, screen)


def _lacks(dialogues: Sequence[Dialogue]) -> str:
    """What dialogues lack in which no client is answered."""
    if not dialogues:
        return "holds no dialogue (the validation tenth apart)"
    speakers = {turn.speaker for dialogue in dialogues for turn in dialogue.turns}
    if len(speakers) == 1:
        return f"holds turns of one speaker only ('{speakers.pop()}'): no therapist turn answers a client"
    return "holds no therapist turn that answers a client"


def unseen_ids(run: Run, models: Sequence[LanguageModel], training: Sequence[DataFile]) -> set[str]:
    """Dialogues under test that the models surely did not learn from.

    Of files that went into training, and of dialogues written for this project, only the validation tenth is
    unseen.
    """
    learned = {file.sha256 for file in training}
    for lm in models:
        learned |= {str(source.get("sha256")) for source in lm.sources}
    return {
        d.id
        for file in run.data
        for d in file.dialogues
        if held_out(d.id) or not (d.source == "authored" or file.sha256 in learned)
    }


def choose_test(config: EvaluateConfig, run: Run, unseen: Set[str], seed: int) -> tuple[Test, bool]:
    """The exchanges to answer, and whether all are unseen; others are used only when there is none."""
    by_id = {dialogue.id: dialogue for dialogue in run.dialogues()}
    everything = exchanges([d for d in by_id.values() if d.source != CANARY])
    fresh = [exchange for exchange in everything if exchange[0].id in unseen]
    chosen = fresh or everything
    if len(chosen) > config.max_prompts:
        kept = sorted(random.Random(seed).sample(range(len(chosen)), config.max_prompts))
        chosen = [chosen[index] for index in kept]
    return make_test(chosen, by_id), bool(fresh)

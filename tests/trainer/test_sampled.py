from __future__ import annotations

from tests.trainer.test_critic import dialogues
from trainer.bundle import LanguageModel
from trainer.dialogue import exchanges
from trainer.sampled import sampled_replies, some


def test_made_up_replies_are_the_same_for_the_same_seed_and_hold_no_slot(tiny_lm: LanguageModel) -> None:
    contexts = some([context for context, _ in exchanges(dialogues(8))], 5, seed=1)
    assert len(contexts) == 5
    made = sampled_replies(tiny_lm, contexts, seed=1)
    assert len(made) == 5
    assert made == sampled_replies(tiny_lm, contexts, seed=1)
    assert made != sampled_replies(tiny_lm, contexts, seed=2)
    assert not any("<|" in text or "\ufffd" in text for text in made)


def test_one_context_and_none_are_no_special_case(tiny_lm: LanguageModel) -> None:
    contexts = [context for context, _ in exchanges(dialogues(8))]
    assert sampled_replies(tiny_lm, [], seed=1) == []
    assert len(sampled_replies(tiny_lm, contexts[:1], seed=1)) == 1

from __future__ import annotations

import pytest
import torch

from trainer.bundle import LanguageModel
from trainer.config import RlConfig
from trainer.dialogue import Dialogue, Turn
from trainer.policy import _completion_logits, choice_mask, write_completions
from trainer.prompt import Prompt

CONFIG = RlConfig(max_reply=10)


def prompts(lm: LanguageModel) -> list[Prompt]:
    texts = ("i can't sleep again, the same thoughts all night", "no", "<|reply|> he says <|endoftext|>")
    dialogues = [Dialogue(text, "test", None, (Turn("client", text),)) for text in texts]
    return [lm.encoder.prompt(dialogue, 64) for dialogue in dialogues]


def padded(lm: LanguageModel, rows: list[tuple[Prompt, list[int]]]) -> tuple[torch.Tensor, torch.Tensor, int]:
    """Prompts padded on the left, completions on the right, as the library hands them over."""
    before = max(prompt.tokens for prompt, _ in rows)
    after = max(len(ids) for _, ids in rows)
    ids, mask = [], []
    for prompt, written in rows:
        left, right = before - prompt.tokens, after - len(written)
        ids.append([lm.encoder.end] * left + [*prompt.ids, *written] + [lm.encoder.end] * right)
        mask.append([0] * left + [1] * (prompt.tokens + len(written)) + [0] * right)
    return torch.tensor(ids), torch.tensor(mask), before


def test_logits_do_not_depend_on_padding_or_on_who_shares_the_prompt(tiny_lm: LanguageModel) -> None:
    first, second, third = prompts(tiny_lm)
    rows = [
        (prompt, list(made.ids))
        for prompt, made in zip(
            (first, first, second, third),
            write_completions(tiny_lm, [first, first, second, third], CONFIG, seed=1),
            strict=True,
        )
    ]
    rows.append((first, [5]))
    ids, mask, split = padded(tiny_lm, rows)
    together = _completion_logits(tiny_lm.model, ids, mask, split)
    for row, (prompt, written) in enumerate(rows):
        alone = tiny_lm.model(torch.tensor([[*prompt.ids, *written]])).logits[0, prompt.tokens - 1 : -1]
        assert torch.allclose(together[row, : len(written)], alone, atol=1e-5)


def test_gradients_reach_the_prompt_through_every_completion_that_shares_it(tiny_lm: LanguageModel) -> None:
    prompt = prompts(tiny_lm)[0]
    rows = [(prompt, [5, 6, 7]), (prompt, [8, 9, 7])]
    ids, mask, split = padded(tiny_lm, rows)
    picked = ids[:, split:, None]

    def gradient(loss: torch.Tensor) -> torch.Tensor:
        return torch.autograd.grad(loss, tiny_lm.model.transformer.h[0].attn.c_attn.weight)[0]

    shared = _completion_logits(tiny_lm.model, ids, mask, split).log_softmax(-1).gather(-1, picked)
    apart = [
        _completion_logits(tiny_lm.model, ids[row : row + 1], mask[row : row + 1], split)
        .log_softmax(-1)
        .gather(-1, picked[row : row + 1])
        for row in (0, 1)
    ]
    assert torch.allclose(gradient(shared.sum()), gradient(torch.cat(apart).sum()), atol=1e-5)


def test_completions_are_drawn_by_seed_and_leave_the_random_state_alone(tiny_lm: LanguageModel) -> None:
    several = prompts(tiny_lm)[:1] * 8
    before = torch.get_rng_state()
    first = write_completions(tiny_lm, several, CONFIG, seed=1)
    assert torch.equal(torch.get_rng_state(), before)
    assert write_completions(tiny_lm, several, CONFIG, seed=1) == first
    assert write_completions(tiny_lm, several, CONFIG, seed=2) != first
    assert len({made.emotion for made in first}) > 1  # the emotion is the policy's choice too


def test_only_the_opened_slots_are_no_choice_of_the_policy() -> None:
    assert choice_mask(6) == [1, 0, 1, 0, 1, 1]


@pytest.mark.parametrize("training", [True, False])
def test_writing_leaves_the_model_in_its_mode(tiny_lm: LanguageModel, training: bool) -> None:
    tiny_lm.model.train(training)
    write_completions(tiny_lm, prompts(tiny_lm)[:1], CONFIG, seed=1)
    assert tiny_lm.model.training is training
    tiny_lm.model.eval()

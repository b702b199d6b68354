"""TRL's GRPO trainer, told what a GPT-2 with slots needs; RLOO is the same with other advantages.

What differs from the library's own: prompts are numbers of tasks whose token ids are ours (a slot's name
typed by a client stays text); replies are written by ``trainer.generate``; log-probabilities count a prompt's
positions without its padding (for GPT-2 the library counts it in) and read a prompt that several completions
share only once; and the reference model is given in memory, so that a sealed run leaves no weights on disk.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from trl import GRPOTrainer

from trainer.bundle import LanguageModel
from trainer.checkpoint import Diverged
from trainer.config import RlConfig
from trainer.generate import SLOTS_WRITTEN, Generated, generate_replies
from trainer.prompt import Prompt

SPREAD_FLOOR = 1e-4  # as in the library's GRPO: equal rewards are not blown up
FORCED = (1, 3)  # places in a completion that are no choice of the policy: the strategy and reply slots


class Policy(GRPOTrainer):
    """GRPO on prompts that lie outside the library's data set."""

    def __init__(self, *, reference: torch.nn.Module, beta: float, **given: Any) -> None:
        """``reference``: the model from which the policy must not drift; ``beta``: the weight of that."""
        super().__init__(**given)  # with beta 0: the library would read the reference from a folder
        self.beta = beta
        self.ref_model = self.accelerator.prepare_model(reference, evaluation_mode=True)

    def _get_per_token_logps_and_entropies(
        self,
        model: torch.nn.Module,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        logits_to_keep: int,
        compute_entropy: bool = False,
        **_: Any,
    ) -> tuple[torch.Tensor, torch.Tensor | None, None]:
        """(B, C) log-probabilities of the last ``logits_to_keep`` tokens, and their entropies if wanted.

        ``input_ids``: (B, P + C), prompts padded on the left, completions on the right.
        """
        split = input_ids.shape[1] - logits_to_keep
        with self.accelerator.autocast():
            logits = _completion_logits(model, input_ids, attention_mask, split)
        scores = torch.log_softmax(logits.float() / self.temperature, dim=-1)  # (B, C, V)
        chosen = scores.gather(-1, input_ids[:, split:, None])[..., 0]
        entropies = -(scores.exp() * scores).sum(dim=-1).detach() if compute_entropy else None
        return chosen, entropies, None


class LeaveOneOut(Policy):
    """RLOO: a completion is compared with the mean of the *others* written for its prompt.

    The library's RLOO trainer takes no completions of ours, cannot leave out forced tokens, and weighs the
    components before it compares; so its rule stands here, component by component, on GRPO's machinery.
    Source: A. Ahmadian et al., "Back to Basics: Revisiting REINFORCE-Style Optimization for Learning from
    Human Feedback in LLMs" (2024). The divergence stays in the loss, as in GRPO, not in the reward.
    """

    def _calculate_rewards(self, *given: Any) -> torch.Tensor:
        rewards: torch.Tensor = super()._calculate_rewards(*given)
        return leave_one_out(rewards, self.num_generations)


def leave_one_out(rewards: torch.Tensor, group: int) -> torch.Tensor:
    """(B, K) components to what each completion has over its siblings, in spreads of its group; (B, K).

    ``group`` completions in a row answer one prompt. NaN is unknown, stays so, and counts for nobody. The
    values known in a group sum to 0, so that no mean has to be taken off afterwards; a component that is
    known of one completion alone compares nothing and is 0.
    """
    grouped = rewards.view(-1, group, rewards.shape[1])
    known = ~grouped.isnan()
    count = known.sum(dim=1, keepdim=True)
    others = (grouped.nansum(dim=1, keepdim=True) - grouped) / (count - 1).clamp(min=1)
    mean = grouped.nanmean(dim=1, keepdim=True)
    variance = (grouped - mean).square().nansum(dim=1, keepdim=True) / (count - 1).clamp(min=1)
    advantage = (grouped - others) / (variance.sqrt() + SPREAD_FLOOR)
    return torch.where(known & (count < 2), 0.0, advantage).view_as(rewards)


def _completion_logits(
    model: torch.nn.Module, ids: torch.Tensor, mask: torch.Tensor, split: int
) -> torch.Tensor:
    """(B, C, V) logits for the tokens from ``split`` on; equal prompts are read once."""
    prompts, which = torch.unique(
        torch.stack([ids[:, :split], mask[:, :split]], dim=1), dim=0, return_inverse=True
    )  # (U, 2, P), (B,)
    positions = (mask.cumsum(dim=1) - 1).clamp(min=0)
    read = model(
        input_ids=prompts[:, 0],
        attention_mask=prompts[:, 1],
        position_ids=(prompts[:, 1].cumsum(dim=1) - 1).clamp(min=0),
        use_cache=True,
        logits_to_keep=1,
    )
    first = read.logits[which]  # (B, 1, V)
    read.past_key_values.batch_select_indices(which)
    written = model(
        input_ids=ids[:, split:-1],
        attention_mask=mask[:, :-1],
        position_ids=positions[:, split:-1],
        past_key_values=read.past_key_values,
        use_cache=True,
    )
    return torch.cat([first, written.logits], dim=1)


def write_completions(
    lm: LanguageModel, prompts: Sequence[Prompt], config: RlConfig, seed: int
) -> list[Generated]:
    """One completion per prompt; the emotion is sampled like everything else, since it is rewarded too.

    Raises Diverged when the weights make no numbers any more.
    """
    rng = random.Random(seed)

    def sampled(chances: Mapping[str, float]) -> str:
        if not math.isfinite(sum(chances.values())):
            raise Diverged("what the model would write is not a number")
        return rng.choices(list(chances), weights=list(chances.values()))[0]

    was_training = lm.model.training
    lm.model.eval()
    try:
        return generate_replies(
            lm,
            prompts,
            max_new=config.max_reply,
            temperature=config.temperature,
            top_p=config.top_p,
            seed=seed,
            emotion=sampled,
            batch=config.prompts * config.completions,
        )
    finally:
        lm.model.train(was_training)


def choice_mask(length: int) -> list[int]:
    """1 for tokens that the policy chose, 0 for the slots it was made to open."""
    return [int(place not in FORCED) for place in range(length)]


def longest_prompt(lm: LanguageModel, config: RlConfig) -> int:
    """Most tokens a prompt may have so that the reply fits the model's window."""
    return min(config.max_prompt, lm.positions - SLOTS_WRITTEN - config.max_reply)

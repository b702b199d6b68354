"""Writing candidates as it is done at the desk, and how sure the model is of each.

Sample and rank: of many replies sampled for one message, those whose words the model itself finds likeliest
make the most sense (D. Adiwardana et al., "Towards a human-like open-domain chatbot", 2020, by the same mean
log-likelihood per token). What is likely depends on the model and its tokenizer, so the measure is the
model's own candidates for messages that it never saw.
"""

from __future__ import annotations

import copy
import math
import random
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from transformers import GPT2LMHeadModel

from trainer.attention import SHARED
from trainer.bundle import LanguageModel
from trainer.config import RlConfig
from trainer.data import calibration
from trainer.dialogue import Dialogue, exchanges
from trainer.generate import SLOTS_WRITTEN, Generated, generate_replies
from trainer.prompt import Prompt
from trainer.quantise import can_quantise, quantise

CANDIDATES = 32  # written in one batch; with eight, half as many of the best make sense
SPREAD = 5  # likeliest strategies that the candidates take in turn
MAX_REPLY = 64  # tokens
MAX_PROMPT = RlConfig().max_prompt  # the length the model was rewarded on
TEMPERATURE, TOP_P = 0.4, 0.9  # of the starter's drafts a quarter make sense, at 0.7 a seventh
MOMENTS = 40  # messages whose candidates show what is likely for a model
FEWEST = 5  # of them, for a figure
SOFTNESS = 0.3  # nats per token over which a model gets surer
LEAST_SENSE = 1e-3  # a reader is never surer than this


def make_ready(model: GPT2LMHeadModel) -> None:
    """Change a model on the processor, in place, to write as fast as it can; it is not trained afterwards."""
    model.set_attn_implementation(SHARED)
    if can_quantise():
        quantise(model)


def desk_prompt(lm: LanguageModel, dialogue: Dialogue) -> Prompt:
    """The dialogue as it is read at the desk, with room for a reply."""
    room = lm.positions - SLOTS_WRITTEN - MAX_REPLY
    return lm.encoder.prompt(dialogue, min(MAX_PROMPT, room))


def write_candidates(
    lm: LanguageModel,
    prompt: Prompt,
    seed: int,
    *,
    emotion: str | Callable[[Mapping[str, float]], str] | None = None,
    strategy: str | None = None,
    on_step: Callable[[int, int], None] | None = None,
) -> list[Generated]:
    """``CANDIDATES`` replies to one message; see ``generate_replies``."""
    return generate_replies(
        lm,
        [prompt] * CANDIDATES,
        max_new=MAX_REPLY,
        temperature=TEMPERATURE,
        top_p=TOP_P,
        seed=seed,
        emotion=emotion,
        strategy=strategy,
        spread=SPREAD,
        batch=CANDIDATES,
        on_step=on_step,
    )


def usual_likelihood(lm: LanguageModel, dialogues: Sequence[Dialogue], seed: int = 1) -> float | None:
    """Likelihood (mean nats per token, below 0) of a message's likeliest candidate; the median over messages.

    They answer messages of the calibration tenth and are written as at the desk, in eight bits where the
    processor can; with too few messages the model's earlier figure is kept.
    """
    moments = [moment for moment, _ in exchanges([d for d in dialogues if calibration(d.id)])]
    if len(moments) < FEWEST:
        return lm.likelihood
    moments = random.Random(seed).sample(moments, min(MOMENTS, len(moments)))
    ready = replace(lm, model=_twin(lm.model))
    make_ready(ready.model)
    made = (write_candidates(ready, desk_prompt(lm, moment), seed) for moment in moments)
    best = [max(found) for some in made if (found := [one.likelihood for one in some if one.ended])]
    return round(statistics.median(best), 4) if best else lm.likelihood


def _twin(model: GPT2LMHeadModel) -> GPT2LMHeadModel:
    """The same weights on the processor, without what a training has wrapped around the model's methods."""
    twin = GPT2LMHeadModel(copy.deepcopy(model.config))
    twin.load_state_dict(model.state_dict())
    return twin.float().eval()


def assurance(likelihood: float, usual: float | None, sense: float | None = None) -> float:
    """How sure one may be of a reply, in [0, 1]: a half at ``usual``; 1 where that was never measured.

    ``sense``: what a reader of sense makes of it (``trainer.sense``), in [0, 1]; its log-odds are added.
    """
    if usual is None:
        return 1.0 if sense is None else sense
    odds = math.exp((likelihood - usual) / SOFTNESS)
    if sense is not None:
        sense = min(max(sense, LEAST_SENSE), 1 - LEAST_SENSE)
        odds *= sense / (1 - sense)
    return odds / (1 + odds)

"""Follows a run of reinforcement learning: figures of each step, when to stop, which weights to keep.

The weights are chosen by replies to messages that the policy does not learn from: the best mean reward among
the candidates that are about as varied as the starting model, which is a candidate itself.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from trainer.bundle import LanguageModel
from trainer.callbacks import Training, own_state
from trainer.config import RlConfig
from trainer.data import calibration, held_out
from trainer.dialogue import Dialogue
from trainer.generate import SLOTS_WRITTEN, Generated
from trainer.rollout import Components, Task, Writer, make_tasks
from trainer.stops import KL_STEPS, RECENT, Spread, distinct2, drifted, health, spoiled, spreads

SAMPLE_EVERY = 10  # steps between two "sample" events
KEPT_VARIETY = 0.9  # of the starting model's distinct-2 that the kept weights must have


def validation_tasks(
    dialogues: Sequence[Dialogue], lm: LanguageModel, config: RlConfig
) -> tuple[list[Task], str]:
    """Messages by whose replies the weights are chosen, and where they are from.

    They are of the calibration tenth; without one, of the dialogues that are learned from. Never held out.
    """
    for origin, wanted in (("calibration", calibration), ("training", lambda name: not held_out(name))):
        if tasks := make_tasks([d for d in dialogues if wanted(d.id)], lm, config):
            count = min(config.validation_prompts, len(tasks))
            return random.Random(config.seed).sample(tasks, count), origin
    return [], "nothing"


class Watch:
    """Figures, stop rules and the best weights of one run.

    What it remembers lies in ``training.extra``, so that a resumed run decides as an unbroken one would.
    """

    def __init__(
        self, config: RlConfig, training: Training, writer: Writer, shown: Task, validation: Sequence[Task]
    ) -> None:
        """Measures the starting model unless an earlier part of the run did. Raises Diverged."""
        self._config, self._training, self._writer = config, training, writer
        self._shown, self._validation = shown, validation
        self._names = [name for name, weight in config.weights.items() if weight > 0]
        self._figures: dict[str, float] = {}
        self._memory = training.extra
        if not self._memory:
            self._memory |= {"recent": [], "components": [], "kl": [], "began": {}, "looks": []}
            self._memory["best"] = self._look(0) | {"model": None}

    def write(self, tasks: Sequence[Task]) -> tuple[list[Generated], list[Components]]:
        """Write and score one reply per task; draws depend on the seed and the step alone."""
        written, components = self._writer(tasks, self._config.seed * 1_000_003 + self._training.step)
        memory = self._memory
        memory["recent"] = [*memory["recent"], *(made.reply for made in written)][-RECENT:]
        memory["components"] = [*memory["components"], *components][-RECENT:]
        if len(memory["recent"]) == RECENT and not memory["began"]:
            memory["began"] = {name: spread.mean for name, spread in self._spreads().items()}
        self._figures = self._means(components) | {
            "length": sum(len(made.ids) - SLOTS_WRITTEN for made in written) / len(written),
            "ended": sum(made.ended for made in written) / len(written),
        }
        self._figures |= health(memory["recent"], memory["began"], self._spreads())
        return written, components

    def metrics(self, logs: Mapping[str, float]) -> dict[str, float]:
        """Figures of the step for the event: rewards, health, the library's own, now and then validation."""
        figures = self._figures | {name: logs[name] for name in ("kl", "entropy", "loss", "learning_rate")}
        step = self._training.step
        if step % self._config.checkpoint_every == 0 or step == self._training.total:
            look = self._look(step)
            figures |= {f"validation_{name}": value for name, value in look.items() if name != "step"}
        return figures

    def after_step(self, step: int, metrics: dict[str, float]) -> str | None:
        """Note the best, show a sample now and then; why to stop, or None."""
        self._memory["kl"] = [*self._memory["kl"], metrics["kl"]][-KL_STEPS:]
        if step % SAMPLE_EVERY == 0 or step == 1:
            self._show(step)
        reason = drifted(self._memory["kl"], self._config)
        if reason is None and len(self._memory["recent"]) == RECENT:
            reason = spoiled(self._memory["recent"], self._memory["began"], self._spreads(), self._config)
        if reason is None and self._memory["looks"][-1]["step"] == step:
            self._note_best(self._memory["looks"][-1])
        return reason

    @property
    def best(self) -> dict[str, Any]:
        """Figures of the weights to keep, and under "model" the weights; None: those of the beginning."""
        found: dict[str, Any] = self._memory["best"]
        return found

    @property
    def looks(self) -> list[dict[str, float]]:
        """Every validation so far, the starting model's first: step, reward, components, distinct2."""
        found: list[dict[str, float]] = self._memory["looks"]
        return found

    def _spreads(self) -> dict[str, Spread]:
        return spreads(self._memory["components"], self._names)

    def _means(self, components: Sequence[Components]) -> dict[str, float]:
        """Mean total reward and mean of each weighted component that is known."""
        totals = [self._writer.total(parts) for parts in components]
        means = {name: spread.mean for name, spread in spreads(components, self._names).items()}
        return {"reward": sum(totals) / len(totals)} | means

    def _look(self, step: int) -> dict[str, float]:
        """Answer the validation messages, always with the same draws, and remember how well."""
        rows = self._config.prompts * self._config.completions
        replies: list[str] = []
        components: list[Components] = []
        for start in range(0, len(self._validation), rows):
            written, found = self._writer(self._validation[start : start + rows], self._config.seed + start)
            replies += [made.reply for made in written]
            components += found
        look = {"step": step, "distinct2": distinct2(replies)} | self._means(components)
        self._memory["looks"] = [*self._memory["looks"], look]
        return look

    def _note_best(self, look: Mapping[str, float]) -> None:
        """Keep these weights if their replies earned more than any before, and are varied enough."""
        varied = look["distinct2"] >= KEPT_VARIETY * self._memory["looks"][0]["distinct2"]
        if varied and look["reward"] > self._memory["best"]["reward"]:
            model = {name: t.cpu().clone() for name, t in own_state(self._training.model).items()}
            self._memory["best"] = {**look, "model": model}

    def _show(self, step: int) -> None:
        written, components = self._writer([self._shown], self._config.seed)
        self._training.run.progress(
            "sample",
            step=step,
            prompt=self._shown.dialogue.turns[-1].text,
            reply=written[0].reply,
            reward=self._writer.total(components[0]),
        )

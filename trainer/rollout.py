"""Moments to reply to, replies written by the policy, and what each is rewarded with."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trainer.bundle import LanguageModel
from trainer.checkpoint import Diverged
from trainer.config import RlConfig
from trainer.critic import Critic
from trainer.dialogue import Dialogue
from trainer.generate import Generated
from trainer.policy import longest_prompt, write_completions
from trainer.prompt import Prompt, client_emotion
from trainer.rewards import Case, ngram_set, reward, total
from trainer.sense import SenseReader

QUOTED_TURNS = 6  # the client's words among so many latest turns count as quotable

Components = dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Task:
    """A moment to reply to."""

    dialogue: Dialogue  # up to the client's turn
    prompt: Prompt
    emotion: str | None  # annotated
    reference: str  # what the professional wrote


def make_tasks(dialogues: Sequence[Dialogue], lm: LanguageModel, config: RlConfig) -> list[Task]:
    """One task per client turn that a therapist answers."""
    limit = longest_prompt(lm, config)
    return [
        Task(
            cut := dialogue.cut_at(index),
            lm.encoder.prompt(cut, limit),
            client_emotion(cut.turns),
            turn.text,
        )
        for dialogue in dialogues
        for index, turn in enumerate(dialogue.turns)
        if turn.speaker == "therapist" and index > 0 and dialogue.turns[index - 1].speaker == "client"
    ]


def task_order(count: int, config: RlConfig) -> list[int]:
    """Which task each prompt of each step is: every task once before any comes again."""
    rng = random.Random(config.seed)
    order: list[int] = []
    while len(order) < config.max_steps * config.prompts:
        order += rng.sample(range(count), count)
    return order[: config.max_steps * config.prompts]


class Scorer:
    """Reward components of replies, by the critic and the rules of ``trainer.rewards``."""

    def __init__(
        self,
        critic: Critic,
        weights: Mapping[str, float],
        learned: Sequence[Dialogue],
        sense: SenseReader | None = None,
    ) -> None:
        """``learned``: dialogues whose replies must not be recited."""
        self._critic = critic
        self._sense = sense
        self.weights = weights
        replies = (turn.text for d in learned for turn in d.turns if turn.speaker == "therapist")
        self._training = ngram_set(replies)

    def __call__(self, tasks: Sequence[Task], written: Sequence[Generated]) -> list[Components]:
        """Components of each reply to its task; replies to one task are compared with each other."""
        items = [(task.dialogue, made.reply) for task, made in zip(tasks, written, strict=True)]
        scores = self._critic.score(items)
        by_task: dict[int, list[str]] = {}
        for task, made in zip(tasks, written, strict=True):
            by_task.setdefault(id(task), []).append(made.reply)
        sense = self._senses(tasks, by_task)
        found = []
        for task, made, score in zip(tasks, written, scores, strict=True):
            others = list(by_task[id(task)])
            others.remove(made.reply)
            sure = sense.get((id(task), made.reply), 1.0)
            found.append(reward(self._case(task, made, sure), score, others))
        return found

    def _senses(
        self, tasks: Sequence[Task], by_task: Mapping[int, list[str]]
    ) -> dict[tuple[int, str], float]:
        """How much sense every reply makes, by task and reply; {} without a reader."""
        if self._sense is None:
            return {}
        dialogues = {id(task): task.dialogue for task in tasks}
        return {
            (task, reply): sense
            for task, replies in by_task.items()
            for reply, sense in zip(replies, self._sense.read(dialogues[task], replies), strict=True)
        }

    def _case(self, task: Task, made: Generated, assurance: float) -> Case:
        said = [t.text for t in task.dialogue.turns[-QUOTED_TURNS:] if t.speaker == "client"]
        return Case(
            client=" ".join(said),
            reply=made.reply,
            ended=made.ended,
            assurance=assurance,
            emotion_true=task.emotion,
            emotion_said=made.emotion,
            reference=task.reference,
            training=self._training,
        )


class Writer:
    """The policy as a writer of scored replies."""

    def __init__(self, lm: LanguageModel, scorer: Scorer, config: RlConfig) -> None:
        # Without manifest and meta: the policy samples its own emotions, not calibrated ones.
        self._lm = LanguageModel(lm.model, lm.encoder, {}, None, "")
        self._scorer = scorer
        self._config = config

    def __call__(self, tasks: Sequence[Task], seed: int) -> tuple[list[Generated], list[Components]]:
        """One reply per task and its components. Raises Diverged when a reward cannot be computed."""
        written = write_completions(self._lm, [task.prompt for task in tasks], self._config, seed)
        try:
            components = self._scorer(tasks, written)
        except Exception as error:  # its text may quote a client
            raise Diverged(f"the reward could not be computed ({type(error).__name__})") from None
        for parts in components:
            for name, value in parts.items():
                if value is not None and not math.isfinite(value):
                    raise Diverged(f"the reward component {name!r} is not a number")
        return written, components

    def total(self, components: Components) -> float:
        return total(components, self._scorer.weights)

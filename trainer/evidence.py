"""Which words of a draft moved its reward: groups of words are taken out and the rest is scored again."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from trainer.critic import Critic
from trainer.dialogue import Dialogue
from trainer.events import Component, Reward, Span
from trainer.phrases import faults
from trainer.rewards import Case, CriticScores, emotion, empathy, professional, relevance, total

EXPLAINED = {"emotion": emotion, "relevance": relevance, "professional": professional, "empathy": empathy}
GROUP = 4  # words that are taken out together, at most; a clause is never crossed
MOST_GROUPS = 10  # of one reply: a long one gets longer groups, not more of them
KEPT = 3  # strongest spans of a component
LEAST = 0.02  # weaker changes are noise
_CLAUSE = re.compile(r"[^\s,;:.?!…—–()]+(?:\s+[^\s,;:.?!…—–()]+)*")
_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Scored:
    """A reply with what is known of it."""

    case: Case
    scores: CriticScores
    components: Mapping[str, float | None]


def groups(reply: str) -> list[tuple[int, int]]:
    """Places (code points) of runs of words within clauses, and of every fault of wording."""
    size = max(GROUP, -(-len(reply.split()) // MOST_GROUPS))
    found = {(fault.start, fault.end) for fault in faults(reply)}
    for clause in _CLAUSE.finditer(reply):
        places = [
            (clause.start() + m.start(), clause.start() + m.end()) for m in _WORD.finditer(clause.group())
        ]
        parts = -(-len(places) // size)  # as even as they can be: no group of one word left over
        for part in range(parts):
            run = places[part * len(places) // parts : (part + 1) * len(places) // parts]
            found.add((run[0][0], run[-1][1]))
    return sorted(found)


def explain(
    critic: Critic, dialogue: Dialogue, replies: Sequence[Scored], weights: Mapping[str, float]
) -> list[Reward]:
    """Rewards with evidence for ``replies`` to the dialogue's last message; one batch for all of them.

    A span's ``delta`` is what the component loses when the words are taken out; negative for words that harm.
    How well a shortened reply fits other messages is taken from the whole one.
    """
    cut = [(number, place) for number, one in enumerate(replies) for place in groups(one.case.reply)]
    shortened = [_without(replies[number].case.reply, place) for number, place in cut]
    again = critic.score([(dialogue, text) for text in shortened], elsewhere=False)
    evidence: list[dict[str, list[Span]]] = [{name: [] for name in EXPLAINED} for _ in replies]
    for (number, (start, end)), text, scores in zip(cut, shortened, again, strict=True):
        one = replies[number]
        case = replace(one.case, reply=text)
        scores = replace(scores, elsewhere=one.scores.elsewhere)
        for name, component in EXPLAINED.items():
            before, after = component(one.case, one.scores), component(case, scores)
            if before is not None and after is not None and abs(before - after) >= LEAST:
                evidence[number][name].append(Span("reply", start, end, round(before - after, 4)))
    return [_reward(one, found, weights) for one, found in zip(replies, evidence, strict=True)]


def _without(reply: str, place: tuple[int, int]) -> str:
    return f"{reply[: place[0]].rstrip()} {reply[place[1] :].lstrip()}".strip()


def _reward(one: Scored, evidence: Mapping[str, list[Span]], weights: Mapping[str, float]) -> Reward:
    known = {name: value for name, value in one.components.items() if value is not None and name in weights}
    parts = {
        name: Component(value, weights[name], _strongest(evidence.get(name, [])))
        for name, value in known.items()
    }
    return Reward(total(known, weights), parts)


def _strongest(spans: Sequence[Span]) -> tuple[Span, ...]:
    """The few that moved most, in reading order, none inside another."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda s: -abs(s.delta or 0.0)):
        if len(kept) < KEPT and all(span.end <= other.start or other.end <= span.start for other in kept):
            kept.append(span)
    return tuple(sorted(kept, key=lambda s: s.start))

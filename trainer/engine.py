"""One request at the desk: screen, read, write candidates unseen, score them, show the best or say why none.

The order is the safety: the risk screen comes first and a hit or a failure ends the request without drafts.
Everything shown is sampled from the language model; there is no template to fall back on.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trainer.bundle import CRITIC_CONFIG, SENSE_WEIGHTS, BundleError, LanguageModel, load_model
from trainer.candidates import SHORTENED, Candidate, choose, finish, unusable
from trainer.config import STARTER_SHA256, InputError, starter_dir
from trainer.critic import Critic
from trainer.desk import CANDIDATES, assurance, desk_prompt, make_ready, write_candidates
from trainer.dialogue import Dialogue
from trainer.events import (
    WITHHELD_ABSTAINED,
    WITHHELD_RISK,
    WITHHELD_UNSCREENED,
    ContextUsed,
    Draft,
    Emotion,
    ModelName,
    Suggestion,
    context_json,
    draft_json,
    emotion_json,
    risk_json,
)
from trainer.evidence import Scored
from trainer.generate import Generated, emotion_distribution
from trainer.phrases import asks_about_the_therapist, rejoices
from trainer.prompt import UNKNOWN, Prompt
from trainer.rewards import words
from trainer.risk import RiskScreen, Screening, screened
from trainer.scoring import Scorer, fault_names, is_unsafe
from trainer.sealed import SUFFIX
from trainer.sense import SenseReader

AUTO, OFF = "auto", "off"
MAX_DRAFTS = 5
SCORED = 12  # of a batch, the surest, then the likeliest; the critic reads no more
ROUNDS = 2  # a second batch is written when the first does not fill the request
POOR = 0.25  # a reward below this is not shown, unless the bundle names its own limit (from rated drafts)
CONVERSATION_TURNS = 20  # replies are compared with this many latest turns

RISK_REASON = "The client's words may point to danger, so nothing was drafted; follow the clinic's protocol."
SHORT_REASON = "There is too little to go on; nothing was drafted."
PERSONAL_REASON = "The client asks about you; only you can answer that, so nothing was drafted."
POOR_REASON = "None of the candidates was good enough to show; try again or write your own."

JOY = "joy"
GLAD = 0.15  # chance of joy from which a draft may share it

OnEvent = Callable[..., None]


class Stopped(Exception):
    """The person stopped the request; nothing of it is kept."""


@dataclass(frozen=True, slots=True)
class Request:
    """What the desk asks for. ``emotion``: "auto", "off" or a label of the bundle; ``strategy``: a label.

    ``cleared`` are the turns whose risk hit a person has disposed of. Labels are checked by the engine.
    """

    dialogue: Dialogue
    drafts: int = 3
    emotion: str = AUTO
    strategy: str | None = None
    seed: int = 0
    cleared: frozenset[int] = frozenset()


@dataclass(slots=True)
class _Clock:
    """Milliseconds since a request began, by name."""

    load_ms: float
    started: float = field(default_factory=time.monotonic)
    marks: dict[str, float] = field(default_factory=dict)

    def mark(self, name: str) -> None:
        self.marks.setdefault(name, round((time.monotonic() - self.started) * 1000, 1))

    def timing(self) -> dict[str, float | None]:
        names = ("first_token", "first_draft", "all_drafts")
        return {"load": self.load_ms, **{name: self.marks.get(name) for name in names}}


def _silent(kind: str, **fields: Any) -> None:
    """No one listens."""


def _never() -> bool:
    return False


class Engine:
    """A loaded model that answers requests, one at a time."""

    def __init__(
        self,
        lm: LanguageModel,
        scorer: Scorer,
        screen: RiskScreen | None,
        name: ModelName,
        load_ms: float = 0.0,
        sense: SenseReader | None = None,
    ) -> None:
        """``screen``: None when the lexicon cannot be used; then nothing is ever drafted.

        ``sense``: reads how much sense a candidate makes; without one only its likelihood counts.
        """
        self.lm, self.scorer, self.screen, self.name, self.load_ms = lm, scorer, screen, name, load_ms
        self.sense = sense

    def check(self, request: Request) -> None:
        """Refuse labels that the model does not know. Raises InputError."""
        labels = self.lm.encoder.labels
        if request.emotion not in (AUTO, OFF, *labels.emotions):
            raise InputError(
                f"--emotion: the model knows {AUTO}, {OFF}, {', '.join(labels.emotions)}; choose one of them."
            )
        if request.strategy is not None and request.strategy not in labels.strategies:
            raise InputError(
                f"--strategy: the model knows {', '.join(labels.strategies)}; choose one of them."
            )
        if not 0 <= request.drafts <= MAX_DRAFTS:
            raise InputError(f"--drafts: ask for 0 to {MAX_DRAFTS}.")

    def suggest(
        self,
        request: Request,
        on_event: OnEvent = _silent,
        should_stop: Callable[[], bool] = _never,
    ) -> Suggestion:
        """Answer one request; the same request gets the same answer.

        Args:
            on_event: told risk, context, emotion, progress and draft, as in trainer.events.
            should_stop: asked between tokens.

        Raises InputError for labels the model does not know, Stopped when asked to stop.
        """
        self.check(request)
        clock = _Clock(self.load_ms)
        screening = screened(self.screen, request.dialogue, request.cleared)
        on_event("risk", value=risk_json(screening.risk))
        prompt = desk_prompt(self.lm, request.dialogue)
        context = ContextUsed(
            situation=prompt.situation or None,
            turns_used=prompt.turns_used,
            turns_total=prompt.turns_total,
            tokens=prompt.tokens,
            truncated=prompt.truncated,
            prompt=prompt.text,
        )
        on_event("context", value=context_json(context))
        withheld, reason = _withheld(screening, request)
        drafts: tuple[Draft, ...] = ()
        heard = _Heard(request, self.lm.emotion_threshold, on_event)
        if withheld or not request.drafts:
            if request.emotion != OFF and screening.risk.status != "unscreened":
                heard.slot(emotion_distribution(self.lm, prompt))
        else:
            drafts = self._drafts(request, prompt, heard, clock, on_event, should_stop)
            if not drafts:
                withheld, reason = WITHHELD_ABSTAINED, POOR_REASON
        return Suggestion(
            self.name, screening.risk, heard.emotion, context, drafts, withheld, reason, clock.timing()
        )

    def _drafts(
        self,
        request: Request,
        prompt: Prompt,
        heard: _Heard,
        clock: _Clock,
        on_event: OnEvent,
        should_stop: Callable[[], bool],
    ) -> tuple[Draft, ...]:
        """Write, check, score and choose; the best first, () when none may be shown."""

        def progress(step: int, finished: int) -> None:
            if should_stop():
                raise Stopped
            clock.mark("first_token")
            if step % 8 == 1 or finished == CANDIDATES:
                on_event("progress", done=done + finished, total=total)

        with_emotion = request.emotion != OFF
        least = POOR if self.lm.least_reward is None else self.lm.least_reward
        pool: list[Candidate] = []
        scored: list[Scored] = []
        chosen: list[int] = []
        done, total = 0, CANDIDATES
        for number in range(ROUNDS):
            made = write_candidates(
                self.lm,
                prompt,
                _seed(request, number),
                emotion=heard.slot,
                strategy=request.strategy,
                on_step=progress,
            )
            fresh = usable(request.dialogue, made, pool, glad=heard.glad)
            sure = self._assurances(request.dialogue, fresh)
            best = sorted(range(len(fresh)), key=lambda i: (-sure[i], -fresh[i].likelihood))[:SCORED]
            fresh, sure = [fresh[index] for index in best], [sure[index] for index in best]
            pool += fresh
            scored += self.scorer.score(request.dialogue, [candidate.text for candidate in fresh], sure)
            totals = [self.scorer.total(one, with_emotion) for one in scored]
            order = sorted(
                (index for index, total in enumerate(totals) if total >= least),
                key=lambda index: (-totals[index], pool[index].text),
            )
            picked = choose([pool[index] for index in order], request.drafts, request.strategy is not None)
            chosen = [order[index] for index in picked]
            done, total = done + CANDIDATES, total + CANDIDATES
            if len(chosen) == request.drafts:
                break
        if should_stop():
            raise Stopped
        rewards = self.scorer.explain(request.dialogue, [scored[index] for index in chosen], with_emotion)
        drafts: list[Draft] = []
        for index, reward in zip(chosen, rewards, strict=True):
            candidate = pool[index]
            drafts.append(Draft(candidate.text, candidate.strategy, reward, candidate.flags))
            clock.mark("first_draft")
            on_event("draft", index=len(drafts) - 1, value=draft_json(drafts[-1]))
        clock.mark("all_drafts")
        return tuple(drafts)

    def _assurances(self, dialogue: Dialogue, fresh: Sequence[Candidate]) -> list[float]:
        """How sure it is that each candidate makes sense, in [0, 1]."""
        senses: Sequence[float | None] = [None] * len(fresh)
        if self.sense is not None:
            senses = self.sense.read(dialogue, [one.text for one in fresh])
        return [
            assurance(one.likelihood, self.lm.likelihood, sense)
            for one, sense in zip(fresh, senses, strict=True)
        ]


class _Heard:
    """The client's emotion: heard once, when the prompt has been read, and told at once."""

    def __init__(self, request: Request, unsure_below: float, on_event: OnEvent) -> None:
        self._wanted, self._unsure_below, self._on_event = request.emotion, unsure_below, on_event
        self.emotion: Emotion | None = None

    @property
    def label(self) -> str | None:
        """The emotion that drafts answer, None when it is off or unsure."""
        return None if self.emotion is None or self.emotion.abstained else self.emotion.label

    @property
    def glad(self) -> bool:
        """Whether the client may be glad, as the therapist says or the model reads; True if nobody reads."""
        if self.emotion is None or JOY not in self.emotion.distribution:
            return True
        return self._wanted == JOY or (self._wanted == AUTO and self.emotion.distribution[JOY] >= GLAD)

    def slot(self, distribution: Mapping[str, float]) -> str:
        """The label for the prompt's emotion slot."""
        if self._wanted == OFF:
            return UNKNOWN
        if self.emotion is None:
            given = self._wanted != AUTO
            label = self._wanted if given else max(distribution, key=distribution.__getitem__)
            rounded = {name: round(chance, 6) for name, chance in distribution.items()}
            unsure = not given and distribution[label] < self._unsure_below
            self.emotion = Emotion(label, rounded[label], rounded, unsure)
            self._on_event("emotion", value=emotion_json(self.emotion))
        return self.label or UNKNOWN


def usable(
    dialogue: Dialogue, written: Sequence[Generated], known: Sequence[Candidate], *, glad: bool = True
) -> list[Candidate]:
    """The replies that may be scored: whole, fresh, safe, each only once, and none that shares a joy that the
    client does not seem to feel (``glad``).
    """
    conversation = [turn.text[-4000:] for turn in dialogue.turns[-CONVERSATION_TURNS:]]
    seen = {candidate.text for candidate in known}
    fresh: list[Candidate] = []
    for made in written:
        whole = finish(made.reply, made.ended)
        if whole is None or whole[0] in seen or unusable(whole[0], conversation) or is_unsafe(whole[0]):
            continue
        if not glad and rejoices(whole[0]):
            continue
        text, shortened = whole
        seen.add(text)
        flags = (*fault_names(text), *([SHORTENED] if shortened else []))
        fresh.append(Candidate(text, made.strategy, flags, made.likelihood))
    return fresh


def _withheld(screening: Screening, request: Request) -> tuple[str | None, str | None]:
    """Why nothing may be drafted for this conversation, if so: the code and the sentence."""
    if screening.risk.status == "hit":
        return WITHHELD_RISK, RISK_REASON
    if screening.risk.status == "unscreened":
        return WITHHELD_UNSCREENED, screening.reason
    if request.drafts and _too_little(request.dialogue):
        return WITHHELD_ABSTAINED, SHORT_REASON
    if request.drafts and asks_about_the_therapist(request.dialogue.turns[-1].text[-4000:]):
        return WITHHELD_ABSTAINED, PERSONAL_REASON
    return None, None


def _too_little(dialogue: Dialogue) -> bool:
    """Whether there is hardly a word to answer: "k", "." or a lone greeting without anything before it."""
    latest = words(dialogue.turns[-1].text[-4000:])
    if sum(len(word) for word in latest) < 2:
        return True
    return len(latest) < 2 and sum(len(words(turn.text[-4000:])) for turn in dialogue.turns[-6:]) < 4


def _seed(request: Request, number: int) -> int:
    """A seed that depends on the dialogue, not on its place in a file."""
    name = f"{request.seed}\0{number}\0{request.dialogue.id}".encode("utf8", "surrogatepass")
    return int.from_bytes(hashlib.sha256(name).digest()[:8], "big")


def load_engine(
    path: Path, key: bytes | None, screen: RiskScreen | None, since_start: Callable[[], float]
) -> tuple[Engine, str | None]:
    """Load a model and the critic that ranks its drafts; the notice to show beside it, if any.

    A bundle brings its critic. A model folder without one, a training result, is ranked by the starter's.
    ``since_start``: milliseconds since the process began. Raises InputError.
    """
    lm = load_model(path, key)
    if path.resolve() == starter_dir().resolve() and lm.sha256 != STARTER_SHA256:
        raise BundleError("The starter model is not the one this program shipped with; install it again.")
    own = any((path / name).is_file() for name in (CRITIC_CONFIG, CRITIC_CONFIG + SUFFIX))
    if not own and (lm.manifest is not None or not (starter_dir() / CRITIC_CONFIG).is_file()):
        raise BundleError(
            f"{path.name}: there is no critic in this folder to rank drafts; make a bundle of the model and "
            "a critic with tfdesk-trainer bundle."
        )
    sense = None
    if lm.manifest is not None and SENSE_WEIGHTS in lm.manifest.files:
        sense = SenseReader.load(path, lm, key)
        sense.model.merge()
    make_ready(lm.model)
    critic = Critic.load(path, key) if own else Critic.load(starter_dir())
    manifest = lm.manifest
    name, version = (manifest.name, manifest.version) if manifest is not None else (path.name, "")
    engine = Engine(lm, Scorer(critic), screen, ModelName(name, version, lm.sha256), since_start(), sense)
    return engine, manifest.notice if manifest is not None else None

"""The critic as it is used: loaded and checked, it scores replies for rewards, ranking and the reward card.

Many replies to one message read it once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from tokenizers import Tokenizer
from transformers import DynamicCache

from trainer.bundle import (
    CRITIC_CONFIG,
    CRITIC_WEIGHTS,
    BundleError,
    config_from,
    digest,
    labels_from,
    labels_json,
    read_json,
    read_tensors,
    read_tokenizer,
)
from trainer.calibration import Calibration
from trainer.critic_model import CONTEXT_HEADS, MIXED_HEADS, PAIR_HEADS, CriticModel
from trainer.dialogue import Dialogue, Turn
from trainer.empathy import LEVELS, MECHANISMS
from trainer.prompt import Encoder
from trainer.rewards import CriticScores, words
from trainer.sealed import Folder
from trainer.words import context_parts, reply_parts

# Messages that no reply under test was written for: what fits them all is said everywhere. Our own words.
ELSEWHERE = (
    "I shouted at my son again this morning over nothing, and then he wouldn't look at me.",
    "The results come on Thursday. I keep refreshing the hospital page as if that would help.",
    "My landlord gave us notice after eleven years and I don't know where we would go.",
)
Ids = tuple[int, ...]
ROWS = 64  # replies that are read at once: bounds memory
MESSAGE = 4000  # characters of the latest message whose words are counted: bounds time
FORMAT = 2  # of critic.json; 1 knew fewer heads and no word readers
NEW_IN_2 = ("context_words.", "reply_words.", *(f"heads.{name}." for name in (*MECHANISMS, "fluent")))
UNCALIBRATED = Calibration(temperature=1.0, threshold=0.0)


@dataclass(frozen=True, slots=True)
class Critic:
    """A loaded critic. ``trained`` names the heads that saw labels; the others stay silent.

    Heads that choose a label, and quality, answer with a mixture of the network's logits and those of the
    word readers, of which ``words_share`` (0 to 1) gives the readers' part. Below the threshold of
    ``calibration`` it names no emotion.
    """

    model: CriticModel
    encoder: Encoder
    trained: frozenset[str]
    calibration: Calibration  # of the emotion head
    report: dict[str, Any]  # per head: held-out figures and their floors
    words_share: Mapping[str, float] = field(default_factory=dict)
    sha256: str = ""  # of the weights as they were loaded

    @classmethod
    def load(cls, path: Path, key: bytes | None = None) -> Critic:
        """Load and check ``critic.json`` and ``critic.safetensors`` of a critic's folder or a bundle.

        With a run key, a folder without a plain ``critic.json`` is read sealed. Raises InputError.
        """
        folder = critic_folder(path, key)
        if not folder.exists(CRITIC_CONFIG):
            raise BundleError(f"{path.name}: there is no critic in this folder ({CRITIC_CONFIG} is missing).")
        value = read_json(folder, CRITIC_CONFIG)
        where = f"{path.name}: {CRITIC_CONFIG}"
        labels = labels_from(value.get("labels"), where)
        encoder = Encoder(_tokenizer(folder, value.get("tokenizer"), where), labels)
        if value.get("format") not in (1, FORMAT):
            raise BundleError(f"{where} has a format that this version cannot read; train the critic anew.")
        shape, trained = value.get("shape"), value.get("trained")
        if not isinstance(shape, dict) or not isinstance(trained, list):
            raise BundleError(f"{where} lacks fields; copy the model again.")
        config = config_from(shape, where)
        if encoder.size > config.vocab_size:
            raise BundleError(f"{where} does not fit its tokenizer; copy the model again.")
        model = CriticModel(config, labels)
        tensors = read_tensors(folder, CRITIC_WEIGHTS)
        if value["format"] == 1:  # heads that it lacks stay as they were made, and silent
            tensors = {k: v for k, v in model.state_dict().items() if k.startswith(NEW_IN_2)} | tensors
        expected = {name: tensor.shape for name, tensor in model.state_dict().items()}
        if {name: tensor.shape for name, tensor in tensors.items()} != expected:
            raise BundleError(f"{path.name}: {CRITIC_WEIGHTS} does not fit its {CRITIC_CONFIG}.")
        model.load_state_dict(tensors)
        heads = frozenset(str(name) for name in trained) & {*CONTEXT_HEADS, *PAIR_HEADS}
        report = value.get("report") or {}
        return cls(
            model.eval(),
            encoder,
            heads,
            _calibration(value, where),
            report,
            _shares(value, where),
            digest(folder.read(CRITIC_WEIGHTS)),
        )

    def save(self, folder: Folder, meta: dict[str, Any]) -> None:
        """Write weights in float16 and ``critic.json`` with its tokenizer, so that it fits any model."""
        config = self.model.backbone.config
        keys = ("n_layer", "n_embd", "n_head", "vocab_size", "n_positions", "n_inner", "activation_function")
        value = {
            "format": FORMAT,
            "shape": {key: getattr(config, key) for key in keys},
            "labels": labels_json(self.encoder.labels),
            "trained": sorted(self.trained),
            "emotion_temperature": self.calibration.temperature,
            "emotion_threshold": self.calibration.threshold,
            "words_share": dict(self.words_share),
            "report": self.report,
            "meta": meta,
            "tokenizer": json.loads(self.encoder.tokenizer.to_str()),
        }
        state = {
            name: t.detach().to("cpu", torch.float16).contiguous()
            for name, t in self.model.state_dict().items()
        }
        folder.write(CRITIC_WEIGHTS, safetensors.torch.save(state, metadata={"format": "pt"}))
        folder.write(CRITIC_CONFIG, json.dumps(value, ensure_ascii=False).encode())

    def context_ids(self, dialogue: Dialogue) -> Ids:
        """What is read of the dialogue before a reply, at most half the window; ends with the reply slot."""
        limit = self.model.backbone.config.n_positions // 2
        return (*self.encoder.prompt(dialogue, limit).ids[:-1], self.encoder.reply_slot)

    def reply_ids(self, reply: str) -> Ids:
        """The reply's beginning, at most half of the window, and the end token."""
        limit = self.model.backbone.config.n_positions // 2
        return (*self.encoder.encode(reply.strip()[: limit * 16])[: limit - 1], self.encoder.end)

    def score(self, items: Sequence[tuple[Dialogue, str]], *, elsewhere: bool = True) -> list[CriticScores]:
        """Scores of each reply after its dialogue, in order.

        Without ``elsewhere`` the comparison with other messages is left out (0.0), at a quarter of the cost.
        """
        if not items:
            return []
        pairs = [(self.context_ids(dialogue), self.reply_ids(reply)) for dialogue, reply in items]
        own = self.mixed(pairs)
        strangers = torch.zeros(len(items))
        if elsewhere:
            probes = [self.context_ids(_message(text)) for text in ELSEWHERE]
            unlike = self.logits([(probe, reply) for probe in probes for _, reply in pairs])
            strangers = unlike["belongs"][:, 0].sigmoid().reshape(len(probes), -1).mean(dim=0)
        told = [len(words(dialogue.turns[-1].text[:MESSAGE])) for dialogue, _ in items]
        return [self._scores(own, row, float(strangers[row]), told[row]) for row in range(len(items))]

    def _scores(self, logits: dict[str, torch.Tensor], row: int, elsewhere: float, told: int) -> CriticScores:
        def shares(head: str, names: Sequence[str], softness: float = 1.0) -> dict[str, float]:
            if head not in self.trained:
                return {}
            return dict(zip(names, torch.softmax(logits[head][row] / softness, dim=-1).tolist(), strict=True))

        def level(head: str) -> float:
            shares = torch.softmax(logits[head][row], dim=-1)
            return float(shares @ torch.arange(LEVELS).to(shares)) / (LEVELS - 1)

        def chance(head: str) -> float | None:
            return float(logits[head][row, 0].sigmoid()) if head in self.trained else None

        labels = self.encoder.labels
        emotion = shares("emotion", labels.emotions, self.calibration.temperature)
        sure = max(emotion.values(), default=0.0) >= self.calibration.threshold
        return CriticScores(
            emotion=emotion if sure else {},
            wanted=shares("wanted", labels.strategies),
            strategy=shares("strategy", labels.strategies),
            belongs=float(logits["belongs"][row, 0].sigmoid()),
            elsewhere=elsewhere,
            quality=chance("quality"),
            tone=chance("tone"),
            fluent=chance("fluent"),
            message=told,
            empathy={name: level(name) for name in MECHANISMS if name in self.trained},
        )

    def mixed(self, pairs: Sequence[tuple[Ids, Ids]]) -> dict[str, torch.Tensor]:
        """Like ``logits``, the network's, with the word readers' part mixed in."""
        made = self.logits(pairs)
        used = {name: share for name, share in self.words_share.items() if share > 0}
        if not used:
            return made
        read = self.read_words(pairs)
        return made | {name: (1 - share) * made[name] + share * read[name] for name, share in used.items()}

    @torch.inference_mode()
    def read_words(self, pairs: Sequence[tuple[Ids, Ids]]) -> dict[str, torch.Tensor]:
        """(N, outputs) of the word readers of every head that they answer too."""
        contexts = {context: number for number, context in enumerate(dict.fromkeys(c for c, _ in pairs))}
        rows = torch.tensor([contexts[context] for context, _ in pairs])
        told: dict[str, torch.Tensor] = self.model.context_words(
            [context_parts(ids, self.encoder) for ids in contexts]
        )
        made: dict[str, torch.Tensor] = self.model.reply_words(
            [reply_parts(reply, self.encoder) for _, reply in pairs]
        )
        poor_good = made["quality"]  # one logit as the network's, from those of its two labels
        made["quality"] = poor_good[:, 1:] - poor_good[:, :1]
        return {name: logits[rows] for name, logits in told.items()} | made

    @torch.inference_mode()
    def logits(self, pairs: Sequence[tuple[Ids, Ids]]) -> dict[str, torch.Tensor]:
        """(N, outputs) of every head for N pairs of context and reply; a block reads each context once."""
        blocks = [self._block(pairs[start : start + ROWS]) for start in range(0, len(pairs), ROWS)]
        return {name: torch.cat([block[name] for block in blocks]) for name in blocks[0]}

    def _block(self, pairs: Sequence[tuple[Ids, Ids]]) -> dict[str, torch.Tensor]:
        contexts = list(dict.fromkeys(context for context, _ in pairs))
        number = {context: index for index, context in enumerate(contexts)}
        rows = torch.tensor([number[context] for context, _ in pairs])
        longest = max(map(len, contexts))
        ids = torch.tensor([[self.encoder.end] * (longest - len(c)) + list(c) for c in contexts])
        mask = torch.tensor([[0] * (longest - len(c)) + [1] * len(c) for c in contexts])
        cache = DynamicCache(config=self.model.backbone.config)
        positions = (mask.cumsum(dim=1) - 1).clamp(min=0)
        slot = self.model.backbone(
            ids, attention_mask=mask, position_ids=positions, past_key_values=cache, use_cache=True
        ).last_hidden_state[:, -1]
        fading = self.model.faded(torch.arange(longest - 1, -1, -1))
        context = self.model.bags(ids, (mask * fading)[..., None])[:, 0]
        cache.batch_select_indices(rows)
        width = max(len(reply) for _, reply in pairs)
        replies = torch.tensor([[*reply, *[self.encoder.end] * (width - len(reply))] for _, reply in pairs])
        seen = torch.cat([mask[rows], torch.ones_like(replies)], dim=1)
        positions = mask.sum(dim=1)[rows][:, None] + torch.arange(width)
        hidden = self.model.backbone(
            replies, attention_mask=seen, position_ids=positions, past_key_values=cache, use_cache=True
        ).last_hidden_state
        end = torch.tensor([len(reply) - 1 for _, reply in pairs])
        state = hidden[torch.arange(len(pairs)), end]
        written = (torch.arange(width) <= end[:, None]).float()
        bag = self.model.bags(replies, written[..., None])[:, 0]
        return self.model.read_context(slot[rows], context[rows]) | self.model.read_pair(
            state, context[rows], bag
        )


def critic_folder(path: Path, key: bytes | None) -> Folder:
    """A critic's folder or a bundle; with a run key it is sealed unless its ``critic.json`` is plain."""
    return Folder(path, None if (path / CRITIC_CONFIG).is_file() else key)


def _calibration(value: dict[str, Any], where: str) -> Calibration:
    temperature, threshold = value.get("emotion_temperature"), value.get("emotion_threshold", 0.0)
    if not isinstance(temperature, float) or not isinstance(threshold, float) or not 0 < temperature < 1000:
        raise BundleError(f"{where} lacks fields; copy the model again.")
    return Calibration(temperature, threshold)


def _shares(value: dict[str, Any], where: str) -> dict[str, float]:
    shares = value.get("words_share", {})
    known = isinstance(shares, dict) and set(shares) <= set(MIXED_HEADS)
    if not known or not all(isinstance(share, float) and 0 <= share <= 1 for share in shares.values()):
        raise BundleError(f"{where}: its shares are damaged; copy the model again.")
    return dict(shares)


def _message(text: str) -> Dialogue:
    return Dialogue("elsewhere", "tfdesk", None, (Turn("client", text),))


def _tokenizer(folder: Folder, value: Any, where: str) -> Tokenizer:
    """The critic's own tokenizer, or the folder's when it shares the model's (null)."""
    if value is None:
        return read_tokenizer(folder)
    try:
        return Tokenizer.from_str(json.dumps(value))
    except Exception:  # the library raises bare Exception for a damaged tokenizer
        raise BundleError(f"{where}: its tokenizer is damaged; copy the model again.") from None

"""Figures of the risk screen: recall and precision of each half and of both, with Wilson intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from trainer.metrics import wilson

RATES = (0.0025, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05)


@dataclass(frozen=True, slots=True)
class Judged:
    """A message's true categories and what each half found; ``score``: the model's, for any danger."""

    labels: frozenset[str]
    kind: str
    lexicon: frozenset[str]
    model: frozenset[str]
    score: float

    @property
    def both(self) -> frozenset[str]:
        return self.lexicon | self.model


HALVES: dict[str, Callable[[Judged], frozenset[str]]] = {
    "lexicon": lambda m: m.lexicon,
    "model": lambda m: m.model,
    "both": lambda m: m.both,
}


def share(hits: int, n: int) -> str:
    """``13/19 .68 [.46, .85]``."""
    if not n:
        return "0/0 -"
    found = wilson(hits, n, "")
    return f"{hits}/{n} {hits / n:.3f} [{found.low:.2f}, {found.high:.2f}]"


def table(title: str, messages: Sequence[Judged], categories: Sequence[str]) -> str:
    """Hits by kind of message, precision over the risk messages, and each category."""
    lines = [f"{title}: {len(messages)} messages"]
    for name, half in HALVES.items():
        for kind in ("direct", "indirect", "none", "ordinary", "question"):
            chosen = [m for m in messages if m.kind == kind]
            lines.append(f"{name:8} {kind:14} {share(sum(bool(half(m)) for m in chosen), len(chosen))}")
        turns = [m for m in messages if m.kind == "dialogue" and m.labels]
        lines.append(f"{name:8} {'risk turns':14} {share(sum(bool(half(m)) for m in turns), len(turns))}")
        flagged = [m for m in messages if half(m) and m.kind in ("direct", "indirect", "none")]
        right = sum(bool(m.labels) for m in flagged)
        lines.append(f"{name:8} {'precision':14} {share(right, len(flagged))}")
        lines += [f"{name:8} {_category(messages, half, category)}" for category in categories]
    return "\n".join(lines)


def _category(messages: Sequence[Judged], half: Callable[[Judged], frozenset[str]], name: str) -> str:
    rows = [m for m in messages if m.kind in ("direct", "indirect", "none")]
    true = [m for m in rows if name in m.labels]
    said = [m for m in rows if name in half(m)]
    right = sum(name in m.labels for m in said)
    return f"{name:14} recall {share(right, len(true))}  precision {share(right, len(said))}"


def trade_off(messages: Sequence[Judged]) -> str:
    """Model alone and with the lexicon at several shares of unlabelled messages that the model adds."""
    clean = sorted(
        (m.score for m in messages if m.kind in ("ordinary", "question") and not m.lexicon), reverse=True
    )
    lines = ["trade-off (threshold by share of unlabelled messages that the model adds)"]
    for rate in RATES if clean else ():
        cut = clean[int(rate * len(clean))]
        parts = []
        for kind in ("direct", "indirect", "none", "ordinary", "question"):
            chosen = [m for m in messages if m.kind == kind]
            alone = sum(m.score > cut for m in chosen)
            both = sum(m.score > cut or bool(m.lexicon) for m in chosen)
            parts.append(f"{kind} {alone / max(1, len(chosen)):.3f}/{both / max(1, len(chosen)):.3f}")
        lines.append(f"+{rate:.4f} (> {cut:+.2f}): " + ", ".join(parts) + "  (model alone/both)")
    return "\n".join(lines)

"""Why a draft stands where it stands, in one sentence: what its reward gains and loses beside another's."""

from __future__ import annotations

from collections.abc import Sequence

from tfdesk.core.models import DraftRow
from tfdesk.ui.text import in_words, tr
from trainer.events import Reward

NAMED = 2  # components named as gains
LEAST = 0.005  # of the total: smaller differences decide nothing


def why(row: DraftRow, rows: Sequence[DraftRow]) -> str:
    """A sentence about ``row`` among the drafts of its set: the first beside the second, others beside it."""
    if len(rows) < 2:
        return tr("The only one that passed the checks.")
    first = row.rank == min(other.rank for other in rows)
    other = next(o for o in rows if o.id != row.id) if first else min(rows, key=lambda o: o.rank)
    gains, losses = _differences(row.draft.reward, other.draft.reward)
    better, worse = _listed(gains[:NAMED]), _listed(losses[:1])
    if first:
        if better and worse:
            words = tr("Best of {0}: higher in {1} than the next one, lower in {2}.")
            return words.format(len(rows), better, worse)
        if better:
            return tr("Best of {0}: higher in {1} than the next one.").format(len(rows), better)
        return tr("Best of {0}, by very little.").format(len(rows))
    if better and worse:
        return tr("Lower in {0} than the best one, higher in {1}.").format(worse, better)
    return (
        tr("Lower in {0} than the best one.").format(worse)
        if worse
        else tr("Almost as good as the best one.")
    )


def _differences(one: Reward, other: Reward) -> tuple[list[str], list[str]]:
    """Components by which ``one`` gains or loses in the total, the most telling first."""
    whole = sum(part.weight for part in one.components.values()) or 1.0
    moved = {
        name: part.weight / whole * (part.value - other.components[name].value)
        for name, part in one.components.items()
        if name in other.components
    }
    ranked = sorted(moved, key=lambda name: -abs(moved[name]))
    return [n for n in ranked if moved[n] >= LEAST], [n for n in ranked if moved[n] <= -LEAST]


def _listed(names: Sequence[str]) -> str:
    shown = [in_words(name) for name in names]
    return tr("{0} and {1}").format(*shown) if len(shown) > 1 else "".join(shown)

"""Words in the desk's editors that are not saved yet: read out before locking, given back after it."""

from __future__ import annotations

from tfdesk.core.models import Disposition, Unsaved
from tfdesk.jobs.desk import Desk
from tfdesk.jobs.desk_state import Phase
from tfdesk.ui.desk_page import DeskPage


def unsaved_words(page: DeskPage, desk: Desk) -> Unsaved | None:
    """What stands in the editors; None when that is nothing."""
    client, decisions = desk.state.client, page.decisions
    if client is None:
        return None
    card = next((made for made in decisions.drafts.cards if made.editing), None)
    words = Unsaved(
        client.id,
        message=page.composer.box.toPlainText(),
        draft_id=card.row.id if card is not None else None,
        edit=card.editor.toPlainText() if card is not None else "",
        own=decisions.own.text.toPlainText(),
        note=decisions.risk.note.text() if desk.state.phase is Phase.RISK else "",
    )
    typed = (words.message, words.edit, words.own, words.note)
    return words if any(text.strip() for text in typed) else None


def give_back(words: Unsaved, page: DeskPage, desk: Desk) -> None:
    """Open the client and put the words back where they were.

    An edit whose draft is no longer offered goes into the box for an own reply: it is never dropped.
    """
    desk.open_client(words.client_id)
    page.show_clients()
    decisions = page.decisions
    page.composer.box.setPlainText(words.message)
    open_cards = (made for made in decisions.drafts.cards if made.open)
    card = next((made for made in open_cards if made.row.id == words.draft_id), None)
    own = words.own
    if card is not None and words.edit:
        card.selected.emit()
        card.start_editing()
        card.editor.setPlainText(words.edit)
    elif words.edit.strip():
        own = "\n\n".join(text for text in (own, words.edit) if text)
    if own.strip():
        decisions.own.text.setPlainText(own)
        decisions.open_own_reply()
    if words.note and desk.state.phase is Phase.RISK:
        decisions.risk.choices[Disposition.NOT_A_RISK].click()
        decisions.risk.note.setText(words.note)

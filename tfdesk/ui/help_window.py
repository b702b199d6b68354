"""Help: topics on the left, found as one types; the topic on the right, with what was found marked."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QRegularExpression, Qt, QUrl, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QWhatsThisClickedEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QPushButton,
    QTextBrowser,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

from tfdesk.services.help_topics import Topic, beginning, find_topics, load_topics, terms_of
from tfdesk.ui.controls import LINE_HEIGHT_PERCENT, KeyButton, button, label, row, surface
from tfdesk.ui.language import spoken
from tfdesk.ui.search_box import ENTRY_ROLE, MOVES, Entry, EntryDelegate, EntryModel, Section
from tfdesk.ui.theme import Theme

ANY_CASE_ANY_LETTER = (
    QRegularExpression.PatternOption.CaseInsensitiveOption
    | QRegularExpression.PatternOption.UseUnicodePropertiesOption  # "ü" is a letter of a word, too
)


def help_link(text: str, topic: str) -> QPushButton:
    """A quiet link to a topic; the window that it stands in is asked to open it."""
    made = button(text, "link")
    made.clicked.connect(partial(_ask, made, topic))
    return made


def _ask(link: QPushButton, topic: str) -> None:
    QApplication.sendEvent(link, QWhatsThisClickedEvent(topic))  # it rises to the window


class HelpWindow(QDialog):
    """Beside the program, never in its way; Esc closes it.

    Signals:
        keys_requested: the sheet of keys
    """

    keys_requested = Signal()

    def __init__(self, parent: QWidget, theme: Theme) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Help"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._theme = theme
        self._topics = {topic.name: topic for topic in load_topics(spoken())}
        self.topic: Topic = next(iter(self._topics.values()))
        self.words = QLineEdit(placeholderText=self.tr("Search in Help"))
        self.words.setAccessibleName(self.tr("Search in Help"))
        self.words.textChanged.connect(self._find)
        self._model = EntryModel()
        self.list = QListView()
        self.list.setAccessibleName(self.tr("Topics"))
        self.list.setModel(self._model)
        self.list.setItemDelegate(EntryDelegate(theme, self.list))
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.selectionModel().currentChanged.connect(self._on_current_changed)
        self.nothing = label(self.tr("Nothing found. Try the beginning of a word."), "muted", wrap=True)
        self.nothing.setContentsMargins(16, 12, 16, 12)
        self.browser = QTextBrowser(openLinks=False)
        self.browser.setProperty("look", "help")
        self.browser.setAccessibleName(self.tr("Topic"))
        self.browser.anchorClicked.connect(self._on_link)
        theme.changed.connect(self._show)
        self.resize(
            min(theme.px(920), parent.width() - 40),
            min(theme.px(600), parent.height() - 60),
        )
        self.setLayout(self._columns())
        self._find("")

    def _columns(self) -> QHBoxLayout:
        side = surface("side")
        side.setFixedWidth(min(self._theme.px(320), self.width() * 2 // 5))
        left = QVBoxLayout(side)
        left.setContentsMargins(0, 14, 0, 8)
        field = row(self.words)
        field.setContentsMargins(14, 0, 14, 4)
        left.addLayout(field)
        left.addWidget(self.nothing)
        left.addWidget(self.list, 1)
        keys, close = KeyButton(self.tr("All keys"), "F1"), button(self.tr("Close"))
        keys.clicked.connect(self.keys_requested)
        close.clicked.connect(self.close)
        for made in (keys, close):
            made.setAutoDefault(False)  # Enter in the field must not press one of them
        right = QVBoxLayout()
        right.setContentsMargins(0, 0, 0, 14)
        right.addWidget(self.browser, 1)
        foot = row(keys, None, close)
        foot.setContentsMargins(24, 0, 20, 0)
        right.addLayout(foot)
        whole = QHBoxLayout()
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(side)
        whole.addLayout(right, 1)
        return whole

    def open_topic(self, name: str) -> None:
        """Show a topic among all of them; the present one for ""."""
        if name:
            self.topic = self._topics[name]
            self.words.clear()
            self._find("")
        self.show()
        self.raise_()
        self.activateWindow()
        self.words.setFocus()

    def _find(self, words: str) -> None:
        """List what is found, and stay at the topic if it is among that."""
        found = find_topics(list(self._topics.values()), words)
        entries = [
            Entry(hit.topic.title, partial(self._read, hit.topic), detail=hit.excerpt if words else "")
            for hit in found
        ]
        heading = self.tr("FOUND") if words.strip() else self.tr("TOPICS")
        self._model.show([Section(heading, entries)])
        self.nothing.setVisible(not found)
        self.list.setVisible(bool(found))
        if found:
            names = [hit.topic.name for hit in found]
            at = names.index(self.topic.name) if self.topic.name in names and not words else 0
            self._choose(1 + at)  # below the heading
        self._show()

    def _choose(self, number: int) -> None:
        index = self._model.index(number)
        self.list.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self.list.scrollTo(index)

    def _on_current_changed(self, index: QModelIndex, _before: QModelIndex) -> None:
        entry = index.data(ENTRY_ROLE)
        if entry is not None:
            entry.run()

    def _read(self, topic: Topic) -> None:
        self.topic = topic
        self._show()

    def _on_link(self, url: QUrl) -> None:
        if url.toString() in self._topics:  # nothing else is ever opened
            self.open_topic(url.toString())

    def _show(self) -> None:
        """The topic in the present colours, its hits marked, the first in sight."""
        self.browser.setMarkdown(self.topic.markdown)
        document = self.browser.document()
        document.setDocumentMargin(self._theme.px(20))
        self._space_out()
        marks = []
        for term in terms_of(self.words.text()):
            pattern = QRegularExpression(beginning(term), ANY_CASE_ANY_LETTER)
            hit = document.find(pattern)
            while not hit.isNull():
                mark, look = QTextEdit.ExtraSelection(), QTextCharFormat()
                look.setBackground(QColor(self._theme.colours.accent))
                look.setForeground(QColor(self._theme.colours.on_accent))
                mark.cursor, mark.format = hit, look
                marks.append(mark)
                hit = document.find(pattern, hit)
        self.browser.setExtraSelections(marks)
        start = min((m.cursor.selectionStart() for m in marks), default=0)
        place = QTextCursor(document)
        place.setPosition(start)
        self.browser.setTextCursor(place)

    def _space_out(self) -> None:
        """Wide lines, room between paragraphs, and a title no larger than the window's own titles."""
        block = self.browser.document().begin()
        while block.isValid():
            cursor, made = QTextCursor(block), QTextBlockFormat()
            made.setLineHeight(LINE_HEIGHT_PERCENT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
            made.setBottomMargin(self._theme.px(4 if block.textList() else 10))
            cursor.mergeBlockFormat(made)
            if block.blockFormat().headingLevel():
                title = QTextCharFormat()
                title.setFont(self._theme.font(20, strong=True))
                cursor.select(QTextCursor.SelectionType.BlockUnderCursor)
                cursor.setCharFormat(title)
            block = block.next()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = MOVES.get(Qt.Key(event.key()))
        if step is not None and self.words.hasFocus() and self._model.rowCount():
            at = max(0, min(self._model.rowCount() - 1, self.list.currentIndex().row() + step))
            self._choose(max(1, at))
        else:
            super().keyPressEvent(event)

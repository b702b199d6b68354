"""What can go wrong, as types. Texts are for people and never hold client words;
``said`` lets the window show them in its own language.

::

    TfdeskError
    ├── KnownError            bad input or circumstances: a title, a sentence, what to do next
    │   ├── InputRefused      what was typed or given cannot be used                      exit code 2
    │   ├── Locked            the vault must be opened first                              exit code 3
    │   ├── WrongPassphrase   and how many seconds to wait before the next try            exit code 3
    │   ├── VaultMissing, VaultExists, VaultDamaged, VaultNewer, RoleMissing
    │   ├── KeyRingUnavailable
    │   ├── ModelUnavailable
    │   └── AlreadyDecided, NothingToUndo, RiskOpen
    └── BugError              ours: shown with the whole report
"""

from __future__ import annotations

from tfdesk.core.said import Said, joined, said


class TfdeskError(Exception):
    """Base of everything tfdesk raises on purpose."""


class BugError(TfdeskError):
    """Something that must not happen; the message is for us and holds no client words."""


class KnownError(TfdeskError):
    """Something a person can act on: ``title``, one ``sentence``, and the ``next_step`` ("" if obvious)."""

    title: str = said("This did not work")
    exit_code = 2

    def __init__(self, sentence: str, next_step: str = "", title: str | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.next_step = next_step
        if title is not None:
            self.title = title

    def line(self) -> Said:
        """Sentence and next step as one line."""
        return joined(self.sentence, self.next_step)


class InputRefused(KnownError):
    """What was typed or given cannot be used; nothing was changed."""

    title = said("This cannot be used")


class Locked(KnownError):
    """The vault is locked."""

    title = said("The vault is locked")
    exit_code = 3

    def __init__(
        self, sentence: str = said("The vault is locked."), next_step: str = said("Unlock it first.")
    ) -> None:
        super().__init__(sentence, next_step)


class WrongPassphrase(KnownError):
    """No slot of the role opens with it. ``wait_seconds``: until then further tries are refused untested."""

    title = said("Not opened")
    exit_code = 3

    def __init__(self, sentence: str, wait_seconds: float = 0.0) -> None:
        super().__init__(sentence)
        self.wait_seconds = wait_seconds


class VaultMissing(KnownError):
    """There is no vault in the data folder."""

    title = said("There is no vault yet")
    exit_code = 3


class VaultExists(KnownError):
    """There is a vault, or such a role in it, already; it is never overwritten."""

    title = said("There is a vault already")


class RoleMissing(KnownError):
    """The vault has no passphrase for that role."""

    title = said("No passphrase for this role")


class VaultDamaged(KnownError):
    """The vault or its key file cannot be read; nothing was changed."""

    title = said("The vault cannot be read")


class VaultNewer(KnownError):
    """A newer version of the program wrote the vault; nothing was changed."""

    title = said("The vault is from a newer version")


class KeyRingUnavailable(KnownError):
    """The computer's key ring cannot be used; the passphrase still opens the vault."""

    title = said("The key ring cannot be used")


class ModelUnavailable(KnownError):
    """A model folder that is missing or must not be loaded."""

    title = said("The model cannot be used")


class AlreadyDecided(KnownError):
    """The draft was decided before (a double click), or its text is no longer the one shown."""

    title = said("Already decided")


class NothingToUndo(KnownError):
    """No decision of the session can be taken back."""

    title = said("Nothing to undo")


class RiskOpen(KnownError):
    """A risk hit waits for a person to record what was done."""

    title = said("Please look at the risk first")

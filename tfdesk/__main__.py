"""The one entry point: training, model and key-ring children, the command line, or the window."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Sequence

from trainer.hardening import harden


def main(argv: Sequence[str] | None = None) -> int:
    """Hand over by the first argument. In the frozen program every child process starts here too."""
    multiprocessing.freeze_support()
    harden()
    given = list(sys.argv[1:] if argv is None else argv)
    if given[:1] == ["trainer"]:
        from trainer.__main__ import main as trainer_main

        return int(trainer_main(given[1:]))
    if given[:1] == ["keyring-child"]:
        from tfdesk.services.keyring_child import main as keyring_main

        return keyring_main()
    from tfdesk.cli import chosen_command

    if chosen_command(given) is not None or {"-h", "--help"} & set(given):
        from tfdesk.cli import main as cli_main

        return cli_main(given)
    from tfdesk.app import main as window_main

    return int(window_main(given))


if __name__ == "__main__":
    sys.exit(main())

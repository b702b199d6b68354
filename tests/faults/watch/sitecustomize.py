"""Python runs this first in every process whose PYTHONPATH begins here: no network, all tries noted.

Any use of an internet address is written to the file that TFDESK_WATCH names, and refused.
"""

import os
import socket
import sys
from typing import Any

_WATCHED = ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg")
_LOOKUPS = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo")


def _watch(event: str, args: tuple[Any, ...]) -> None:
    if not event.startswith("socket."):
        return
    internet = event == "socket.__new__" and args[1] in (socket.AF_INET, socket.AF_INET6)
    internet = internet or (event in _WATCHED and isinstance(args[1], tuple))
    if internet or event in _LOOKUPS:
        with open(os.environ["TFDESK_WATCH"], "a", encoding="utf8") as file:
            file.write(f"{event} {sys.argv[:3]}\n")
        raise OSError(event)


if "TFDESK_WATCH" in os.environ:
    sys.addaudithook(_watch)

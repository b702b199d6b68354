"""A real HTTP server on a free loopback port, for tests of what speaks to one."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = tuple[int, dict[str, str], Any]  # status, headers, body: bytes as they are, else JSON


@dataclass
class Served:
    url: str
    paths: list[str] = field(default_factory=list)
    requests: list[Any] = field(default_factory=list)


@contextlib.contextmanager
def serving(answer: Callable[[Any], Reply]) -> Iterator[Served]:
    """Answers every POST with ``answer`` of its decoded JSON."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            served.paths.append(self.path)
            served.requests.append(request)
            status, headers, body = answer(request)
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(data))}).items():
                self.send_header(name, value)
            self.end_headers()
            with contextlib.suppress(OSError):  # the other side may have read enough
                self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served = Served(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

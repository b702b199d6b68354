"""HTTP to a server on this very computer and to nothing else. Torch-free, standard library only.

``http.client`` reads no proxy settings and follows no redirect; the address is checked before a byte is sent,
and the connection is made to the address that was checked, so that no name can point elsewhere later.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import socket
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from trainer.config import InputError

MAX_BYTES = 1_000_000  # of an answer; a judge writes a few hundred
REDIRECTS = range(300, 400)


@dataclass(frozen=True, slots=True)
class Answer:
    """``body`` is the decoded JSON, None when it is none."""

    status: int
    body: Any


class Loopback:
    """A server at a loopback address."""

    def __init__(self, url: str, timeout: float) -> None:
        """Check the address without sending anything.

        Args:
            url: ``http://`` and a loopback address or "localhost", with port and path if need be.
            timeout: seconds to wait for an answer.

        Raises InputError for every other address. A name but "localhost" is refused without looking it up:
        asking a name server would already be a connection.
        """
        self.url, self._timeout = url, timeout
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port or 80
        except ValueError:
            raise InputError("url: not an address; write it as http://127.0.0.1:8080.") from None
        if parts.scheme != "http" or not host or parts.username is not None or parts.query or parts.fragment:
            raise InputError("url: write it as http://127.0.0.1:8080, without user name, query or fragment.")
        self._address, self._port = _loopback_address(host, port), port
        self._path = parts.path.rstrip("/")

    def post(self, path: str, payload: Any) -> Answer:
        """POST ``payload`` as JSON below the server's path.

        Raises InputError when the server sends the request elsewhere, and OSError or
        ``http.client.HTTPException`` when none answers in time.
        """
        connection = http.client.HTTPConnection(self._address, self._port, timeout=self._timeout)
        try:
            data = json.dumps(payload).encode()
            connection.request("POST", self._path + path, data, {"Content-Type": "application/json"})
            response = connection.getresponse()
            if response.status in REDIRECTS:
                raise InputError(f"{self.url}: the server sends requests elsewhere; nothing was sent there.")
            data = response.read(MAX_BYTES + 1)
            return Answer(response.status, _decoded(data))
        finally:
            connection.close()


def _loopback_address(host: str, port: int) -> str:
    """The address to connect to. Raises InputError unless it is this computer's own."""
    refused = InputError(f"url: {host} is not this computer; only 127.0.0.1, [::1] or localhost is allowed.")
    if host == "localhost":
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError:
            raise refused from None
        addresses = [str(entry[4][0]) for entry in found]
    else:
        addresses = [host]
    try:
        own = all(ipaddress.ip_address(address).is_loopback for address in addresses)
    except ValueError:
        own = False
    if not own or not addresses:
        raise refused
    return addresses[0]


def _decoded(data: bytes) -> Any:
    if len(data) > MAX_BYTES:
        return None
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None

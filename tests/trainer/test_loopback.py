"""Only this computer's own server is spoken to, whatever the settings say."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from tests.trainer.servers import serving
from trainer.config import InputError
from trainer.loopback import Loopback


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every look-up and connection that is tried."""
    tried: list[Any] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *given, **_: tried.append(given) or [])
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: tried.append(address))
    return tried


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org",
        "http://192.168.1.7:8080",
        "http://0.0.0.0:8080",
        "http://127.0.0.1@example.org/",
        "http://me:secret@127.0.0.1",
        "http://127.0.0.1.example.org",
        "http://localhost.example.org",
        "http://2130706433",
        "http://127.1",
        "http://[::ffff:8.8.8.8]",
        "http://[fe80::1]",
        "https://127.0.0.1",
        "ftp://127.0.0.1",
        "127.0.0.1:8080",
        "http://",
        "http://127.0.0.1:99999",
        "http://127.0.0.1/?to=http://example.org",
        "file:///etc/passwd",
    ],
)
def test_other_addresses_are_refused_before_anything_is_looked_up_or_sent(
    url: str, no_network: list[Any]
) -> None:
    with pytest.raises(InputError) as refusal:
        Loopback(url, 1)
    assert "\n" not in str(refusal.value)
    assert "secret" not in str(refusal.value)
    assert no_network == []


def test_localhost_that_points_elsewhere_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def pointed(*_: object, **__: object) -> list[Any]:
        return [(0, 0, 0, "", ("127.0.0.1", 80)), (0, 0, 0, "", ("93.184.216.34", 80))]

    monkeypatch.setattr(socket, "getaddrinfo", pointed)
    with pytest.raises(InputError, match="localhost is not this computer"):
        Loopback("http://localhost", 1)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "[::1]", "localhost", "LOCALHOST"])
def test_this_computers_addresses_are_allowed(host: str) -> None:
    Loopback(f"http://{host}:8080/v1/", 1)


def test_an_answer_is_read_below_the_servers_path() -> None:
    with serving(lambda request: (200, {}, {"got": request})) as server:
        answer = Loopback(f"{server.url}/some/where/", 5).post("/v1/x", {"a": "ü"})
    assert (answer.status, answer.body) == (200, {"got": {"a": "ü"}})
    assert server.paths == ["/some/where/v1/x"]


def test_a_proxy_of_the_environment_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(lambda _: (200, {}, "proxy")) as proxy, serving(lambda _: (200, {}, "server")) as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        assert Loopback(server.url, 5).post("/", {}).body == "server"
    assert proxy.paths == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_refused_and_not_followed(status: int) -> None:
    with serving(lambda _: (200, {}, "there")) as other:
        with (
            serving(lambda _: (status, {"Location": other.url}, None)) as server,
            pytest.raises(InputError, match="sends requests elsewhere"),
        ):
            Loopback(server.url, 5).post("/", {})
        assert other.paths == []


def test_what_is_no_json_or_too_long_is_no_body() -> None:
    for body in (b"not json", b"", b'"' + b"x" * 1_100_000 + b'"', b"[" * 100_000):
        with serving(lambda _, body=body: (200, {}, body)) as server:  # type: ignore[misc]
            assert Loopback(server.url, 5).post("/", {}).body is None


def test_a_silent_server_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        server = Loopback(f"http://127.0.0.1:{deaf.getsockname()[1]}", 0.1)
        with pytest.raises(TimeoutError):
            server.post("/", {})

"""A published key set that is slow, broken or gone."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from fermata.api.key_set import AGAIN, LIFESPAN, SOON, STALE, KeySet, fetched
from fermata.domain.errors import Unauthenticated, Unavailable


class Web:
    """What the URL has, how often it was asked for, and a time that stands still."""

    def __init__(self, **keys: str) -> None:
        self.keys: Mapping[str, str] | None = keys
        self.asked = 0
        self.time = 1_000.0
        self.set = KeySet("https://id.example/jwks", self.fetch, lambda: self.time)

    def fetch(self, url: str) -> Mapping[str, str]:
        self.asked += 1
        if self.keys is None:
            raise Unavailable("it is down")
        return self.keys


def test_a_set_is_read_once_for_as_long_as_it_is_good() -> None:
    web = Web(a="key")
    assert [web.set.find("a") for _ in range(5)] == ["key"] * 5
    assert web.asked == 1
    web.time += LIFESPAN
    web.set.find("a")
    assert web.asked == 2


def test_a_key_that_is_not_known_makes_the_set_be_read_again_now_and_then() -> None:
    web = Web(a="key")
    web.set.find("a")
    web.keys = {"a": "key", "b": "new"}
    with pytest.raises(Unauthenticated):
        web.set.find("b")
    web.time += AGAIN
    assert web.set.find("b") == "new"
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            web.set.find("c")
    assert web.asked == 2


def test_a_set_that_cannot_be_read_any_more_stays_good_for_a_day() -> None:
    web = Web(a="key")
    web.set.find("a")
    web.keys = None
    web.time += LIFESPAN
    assert web.set.find("a") == "key"
    web.time += STALE
    with pytest.raises(Unavailable):
        web.set.find("a")


def test_without_a_set_nobody_is_told_that_the_token_is_bad() -> None:
    web = Web()
    web.keys = None
    for _ in range(5):
        with pytest.raises(Unavailable):
            web.set.find("a")
    assert web.asked == 1
    web.keys, web.time = {"a": "key"}, web.time + SOON
    assert web.set.find("a") == "key"


def test_while_one_caller_reads_the_others_go_on_with_what_there_is() -> None:
    web = Web(a="key")
    web.set.find("a")
    reading, go_on = threading.Event(), threading.Event()

    def slow(url: str) -> Mapping[str, str]:
        reading.set()
        go_on.wait(10)
        return {"a": "newer"}

    web.set.fetch = slow
    web.time += LIFESPAN
    one = threading.Thread(target=web.set.find, args=("a",))
    one.start()
    assert reading.wait(10)
    assert web.set.find("a") == "key"
    go_on.set()
    one.join()
    assert web.set.find("a") == "newer"


@pytest.fixture
def url() -> Iterator[Any]:
    """Serves what it is told to, with a status."""
    served: dict[str, Any] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(served["status"])
            self.end_headers()
            self.wfile.write(served["body"])

        def log_message(self, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()

    def serve(status: int, body: bytes) -> str:
        served.update(status=status, body=body)
        return f"http://127.0.0.1:{server.server_port}/jwks"

    yield serve
    server.shutdown()
    server.server_close()


HERE = frozenset({"127.0.0.1"})
BROKEN = [
    (200, b"<html>"),
    (200, b""),
    (200, b"[]"),
    (200, b"null"),
    (200, b"{}"),
    (200, b'{"keys": []}'),
    (200, b'{"keys": "x"}'),
    (200, b'{"keys": [{"kty": "RSA", "kid": "a"}]}'),
    (200, b"\xff"),
    (404, b"{}"),
    (500, b""),
]


@pytest.mark.parametrize(("status", "body"), BROKEN, ids=range(len(BROKEN)))
def test_a_broken_set_is_no_fault_of_the_caller(url: Any, status: int, body: bytes) -> None:
    with pytest.raises(Unavailable, match="can't be read"):
        fetched(url(status, body), HERE)


def test_keys_for_encryption_and_keys_without_an_id_are_passed_over(url: Any) -> None:
    key = {"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA", "alg": "HS256"}
    keys = [key | {"kid": "a"}, key | {"kid": "b", "use": "enc"}, key]
    assert set(fetched(url(200, json.dumps({"keys": keys}).encode()), HERE)) == {"a"}


def test_a_set_of_a_private_host_that_nobody_trusts_is_not_read(url: Any) -> None:
    with pytest.raises(Unavailable, match="private"):
        fetched(url(200, b"{}"))

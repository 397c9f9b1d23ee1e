"""HTTP as one caller, and answers that say how they differ from what was wanted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import httpx
from fermata_client import ConnectionFailed, Retry, Transport

from fermata_conformance.check import Mismatch, Skipped, is_equal, is_one_of, is_true, shown

TIMEOUT = 60.0
BUSY = Retry(attempts=6, longest=5.0)
"""A server that is busy is asked again, whatever was asked of it."""

ABSENT: Any = object()
"""No body at all."""

DETAIL, ERROR, ENVELOPE = "detail", "error", "envelope"
"""The shapes in which errors are told."""

OWN = tuple(
    f"/api/v1/{family}"
    for family in ("jobs", "kinds", "schedules", "webhooks", "keys", "audit", "search", "records", "session")
)
"""Paths that no document binds: an error has its code and facts there, too."""


@dataclass(frozen=True)
class Answer:
    """What the server answered to a request.

    Attributes:
        asked: the request's method and path, for messages.
        json: the body, or ABSENT if it is no JSON.
    """

    asked: str
    status: int
    headers: Mapping[str, str]
    text: str
    json: Any

    def body(self, status: int = 200) -> Any:
        """The JSON of an answer that has this status. Raises Mismatch."""
        if self.status != status:
            raise Mismatch(f"{self.asked} answers {self.status} {shown(self.text)}, not {status}")
        if self.json is ABSENT:
            raise Mismatch(f"{self.asked} answers no JSON: {shown(self.text)}")
        return self.json

    def says(self, status: int, wanted: Any) -> None:
        """It is exactly this. Raises Mismatch."""
        is_equal(f"the answer to {self.asked}", self.body(status), wanted)

    def refuses(self, *statuses: int, shape: str = DETAIL, text: str | None = None) -> str:
        """It is an error with one of these statuses, in this shape; its text. Raises Mismatch."""
        is_one_of(f"the status of {self.asked} ({shown(self.text)})", self.status, statuses)
        body = self.body(self.status)
        key = "message" if shape == ENVELOPE else shape
        said = body.get(key) if isinstance(body, dict) else None
        is_true(isinstance(said, str) and said, f"{self.asked} answers {shown(body)}, with no text as {key}")
        wanted = {"code": self.status, "message": said, "data": None} if shape == ENVELOPE else {key: said}
        path = self.asked.partition(" ")[2].partition("?")[0]
        if isinstance(body, dict) and (path.startswith(OWN) or path == "/api/v1/stream"):
            is_true(isinstance(body.get("code"), str), f"{self.asked} answers {shown(body)}, with no code")
            wanted = {**body, key: said}
        is_equal(f"the error of {self.asked}", body, wanted)
        if text is not None:
            is_equal(f"the text of {self.asked}", said, text)
        return str(said)


class Client:
    """One caller of the API; as many threads as like may use it."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self.transport = Transport(url, lambda: headers, timeout=TIMEOUT, retry=BUSY)

    def get(self, path: str, headers: Mapping[str, str] | None = None, **query: Any) -> Answer:
        return self.ask("GET", path, headers=headers, params=query or None)

    def post(self, path: str, body: Any = ABSENT, headers: Mapping[str, str] | None = None) -> Answer:
        return self.ask("POST", path, headers=headers, **({} if body is ABSENT else {"json": body}))

    def patch(self, path: str, body: Any) -> Answer:
        return self.ask("PATCH", path, json=body)

    def send(self, path: str, content: bytes, content_type: str = "application/json") -> Answer:
        """Post these bytes as they are."""
        return self.ask("POST", path, content=content, headers={"Content-Type": content_type})

    def delete(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        return self.ask("DELETE", path, headers=headers)

    def ask(self, method: str, path: str, **options: Any) -> Answer:
        """A server that is busy is asked again. Raises Mismatch when it can't be reached."""
        try:
            response = self.transport.request(method, path, repeatable=True, check=False, **options)
        except ConnectionFailed as error:
            raise Mismatch(f"{method} {path}: {error}") from None
        return Answer(f"{method} {path}", response.status_code, response.headers, response.text, _json(response))


class Callers:
    """Who calls.

    Attributes:
        main: all scopes.
        reader: of the same tenant, may only read.
        other: of another tenant, all scopes.
        nobody: without credentials.
    """

    def __init__(
        self,
        url: str,
        *,
        key: str,
        readonly_key: str | None = None,
        other_key: str | None = None,
        token: Callable[[str, str], str] | None = None,
    ) -> None:
        self._url, self._token = url, token
        self._clients: list[Client] = []
        self._readonly_key, self._other_key = readonly_key, other_key
        self.main = self.with_key(key)
        self.nobody = self.client()

    @cached_property
    def reader(self) -> Client:
        return self._keyed(self._readonly_key, "a key that may only read", "--readonly-key")

    @cached_property
    def other(self) -> Client:
        return self._keyed(self._other_key, "a key of another tenant", "--other-key")

    def user(self, name: str, scopes: str = "read control") -> Client:
        """A person of the main tenant, by a token. Raises Skipped when none can be made."""
        return self.client(Authorization=f"Bearer {self.token(name, scopes)}")

    def token(self, name: str, scopes: str = "read control") -> str:
        """Raises Skipped."""
        if self._token is None:
            raise Skipped("needs tokens of users: give the secret they are signed with (--jwt-secret)")
        return self._token(name, scopes)

    def with_key(self, key: str) -> Client:
        return self.client(**{"X-API-Key": key})

    def client(self, **headers: str) -> Client:
        client = Client(self._url, headers)
        self._clients.append(client)
        return client

    def close(self) -> None:
        for client in self._clients:
            client.transport.close()

    def _keyed(self, key: str | None, what: str, flag: str) -> Client:
        if key is None:
            raise Skipped(f"needs {what} ({flag})")
        return self.with_key(key)


def _json(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return ABSENT

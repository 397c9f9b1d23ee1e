"""Calls to the API, with its refusals in its own words."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any, Self

import httpx

from fermata.cli.errors import CommandError, Rejected, Unreachable

TIMEOUT = 30.0
"""Seconds; the gateway gives up then."""

READS = 4
"""Times that a read is tried while the server is busy or out of reach."""

BUSY = frozenset({429, 502, 503, 504})
LONGEST_WAIT = 10.0


class Api:
    """The API at a URL, called as one caller; a context manager, which ends its connections."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self.url = url.rstrip("/")
        try:
            self._client = httpx.Client(base_url=self.url, headers=dict(headers), timeout=TIMEOUT, trust_env=False)
        except (httpx.InvalidURL, ValueError) as error:
            raise CommandError(f"{url}: {error}") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._client.close()

    def get(self, path: str, **parameters: str | int | None) -> Any:
        """The JSON at a path, tried again while the server is busy. Raises Rejected and Unreachable."""
        return _json(self._read(path, parameters))

    def post(self, path: str, body: Any = None) -> Any:
        """Ask for something. Never tried again by itself. Raises Rejected and Unreachable."""
        return _json(_accepted(self._send("POST", path, json=body)))

    def download(self, path: str, **parameters: str | int | None) -> Iterator[bytes]:
        """The bytes of a file that the API answers with, page for page, or sends us to."""
        while True:
            response = self._read(path, parameters)
            if response.is_redirect:  # the place is open to whoever knows it; our credentials are none of its business
                yield from self._elsewhere(response.headers["location"])
                return
            yield response.content
            following = response.links.get("next", {}).get("url")
            if following is None or not response.content:
                return
            path, parameters = str(httpx.URL(response.url).join(following)), {}

    def _read(self, path: str, parameters: Mapping[str, str | int | None]) -> httpx.Response:
        given = {name: value for name, value in parameters.items() if value is not None}
        for attempt in range(READS):
            last = attempt == READS - 1
            try:
                response = self._send("GET", path, params=given or None)
            except Unreachable:
                if last:
                    raise
                time.sleep(0.2 * 2**attempt)
                continue
            if last or response.status_code not in BUSY:
                break
            time.sleep(_wait(response, attempt))
        return _accepted(response)

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            return self._client.request(method, path, **options)
        except httpx.UnsupportedProtocol:
            raise CommandError(f"{self.url}: a URL begins with http:// or https://") from None
        except httpx.ConnectError:
            message = f"Nothing answers at {self.url}. Is it the right address? `fermata up` starts the local stack."
            raise Unreachable(message) from None
        except httpx.TransportError as error:
            raise Unreachable(f"{self.url} broke off: {error or type(error).__name__}") from None

    def _elsewhere(self, url: str) -> Iterator[bytes]:
        with httpx.stream("GET", url, timeout=TIMEOUT, trust_env=False) as response:
            if response.is_error:
                raise Rejected(response.status_code, f"the file can't be read (HTTP {response.status_code})")
            yield from response.iter_bytes()


def message_of(response: httpx.Response) -> str:
    """What the server says is wrong, in any of its three shapes."""
    try:
        body = response.json()
    except ValueError:
        body = None
    if isinstance(body, dict):
        for name in ("detail", "error", "message"):
            if isinstance(body.get(name), str):
                return str(body[name])
    return response.reason_phrase or "no reason given"


def _accepted(response: httpx.Response) -> httpx.Response:
    if response.is_error:
        raise Rejected(response.status_code, f"{message_of(response)} (HTTP {response.status_code})")
    return response


def _json(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        raise CommandError(f"{response.url} does not answer as Fermata does; is the URL right?") from None


def _wait(response: httpx.Response, attempt: int) -> float:
    asked = response.headers.get("retry-after", "")
    return min(float(asked) if asked.isdigit() else 0.2 * 2**attempt, LONGEST_WAIT)

"""Requests over http and https: redirects, statuses and the ways a server can fail, in words."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from fermata.domain.kind import UnitError, UnitRetry
from fermata.toolkit.fetch.decoding import decoded
from fermata.toolkit.fetch.limits import Limits, bounded
from fermata.toolkit.fetch.urls import join, parse_url, show_url

AGENT = "Fermata/1.0"
MAX_RETRY_AFTER = 300.0
"""Seconds; a server that asks for more is asked again nevertheless."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_FOR_NOW = frozenset({408, 425, 429})
_LISTS = frozenset({"content-encoding", "link", "x-robots-tag"})
"""Headers that say the same on several lines as on one, between commas."""


@dataclass(frozen=True)
class Response:
    """An answer whose body has not been read.

    Attributes:
        url: where it came from, after redirects.
        headers: by lower-case name; of several the last one counts, but for lists.
        chunks: the decompressed body, bounded by the request's limits.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    chunks: Iterator[bytes]


@contextmanager
def get(
    url: str, allowed_hosts: frozenset[str], limits: Limits, headers: Mapping[str, str] | None = None
) -> Iterator[Response]:
    """The answer to a GET after redirects, each of which is checked like the first; any status but 2xx raises."""
    with follow(url, allowed_hosts, limits, headers=headers) as response:
        check_status(response)
        yield response


@contextmanager
def follow(
    url: str,
    allowed_hosts: frozenset[str],
    limits: Limits,
    *,
    headers: Mapping[str, str] | None = None,
    step: Callable[[str], str] = lambda url: url,
    method: str = "GET",
) -> Iterator[Response]:
    """The answer to a GET, or to a HEAD, after redirects, whatever its status.

    ``step`` is told each URL before it is asked for; it gives the one to use instead, or raises. What it waits for its turn is
    not the server's time.
    """
    deadline = time.monotonic() + limits.total
    for _ in range(limits.redirects + 1):
        url = step(url)
        deadline = max(deadline, time.monotonic() + limits.read)
        with request(method, url, allowed_hosts, limits, headers=headers, deadline=deadline) as response:
            if response.status in _REDIRECTS and "location" in response.headers:
                url = join(url, response.headers["location"])
                continue
            yield response
            return
    raise UnitError(f"redirected more than {limits.redirects} times, at last to {show_url(url)}")


@contextmanager
def request(
    method: str,
    url: str,
    allowed_hosts: frozenset[str],
    limits: Limits,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    deadline: float | None = None,
) -> Iterator[Response]:
    """The answer to one request, whatever its status; redirects are not followed."""
    import httpcore

    from fermata.toolkit.fetch import network

    target = parse_url(url)
    deadline = time.monotonic() + limits.total if deadline is None else deadline
    timeouts = {"connect": limits.connect, "read": limits.read, "write": limits.read, "pool": limits.total}
    sent = {"Host": target.authority, "User-Agent": AGENT, "Accept": "*/*", "Accept-Encoding": "gzip"}
    token = network.DEADLINE.set(deadline)
    try:
        with network.pool(allowed_hosts).stream(
            method,
            httpcore.URL(
                scheme=target.scheme.encode(),
                host=target.host.encode(),
                port=target.port,
                target=target.path.encode(),
            ),
            headers=list((sent | dict(headers or {})).items()),
            content=body,
            extensions={"timeout": timeouts},
        ) as answer:
            received = _headers(answer.headers)
            chunks = decoded(answer.iter_stream(), received.get("content-encoding", ""))
            yield Response(url, answer.status, received, bounded(chunks, limits, deadline))
    except network.OverDeadline:
        raise UnitError(f"the server took longer than {limits.total:.3g} seconds: {show_url(url)}") from None
    except httpcore.ConnectTimeout:
        raise UnitRetry(f"the server could not be reached in {limits.connect:g} seconds: {show_url(url)}") from None
    except httpcore.TimeoutException:
        raise UnitRetry(f"the server did not answer in {limits.read:g} seconds: {show_url(url)}") from None
    except httpcore.ConnectError as error:
        raise UnitRetry(f"could not connect to {show_url(url)}: {_cause(error)}") from None
    except (httpcore.NetworkError, httpcore.ProtocolError):
        raise UnitRetry(f"the connection broke off: {show_url(url)}") from None
    finally:
        network.DEADLINE.reset(token)


def check_status(response: Response) -> None:
    """Raise unless the status is 2xx: UnitRetry where another time may be better, else UnitError."""
    status, where = response.status, show_url(response.url)
    if 200 <= status < 300:
        return
    message = f"the server answered {status} to {where}"
    if status in _FOR_NOW or status >= 500:
        raise UnitRetry(message, retry_after(response.headers), throttled=status == 429)
    raise UnitError(message)


def retry_after(headers: Mapping[str, str], most: float = MAX_RETRY_AFTER) -> float | None:
    """Seconds that a Retry-After header asks for, as a number or a date in any of HTTP's three forms; None without one."""
    value = headers.get("retry-after", "").strip()
    if value.isdecimal():
        return min(float(value), most)
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    # The form of C's asctime names no zone: HTTP's dates are all in UTC.
    seconds = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - time.time()
    return min(max(seconds, 0.0), most)


def _headers(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for raw, value in pairs:
        name, text = raw.decode("latin-1").lower(), _text(value)
        found[name] = f"{found[name]}, {text}" if name in _LISTS and name in found else text
    return found


def _text(value: bytes) -> str:
    """As Location headers are written in practice; every other sequence of bytes is Latin-1."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _cause(error: Exception) -> str:
    text = str(error).rpartition("] ")[2]
    return text[:100] or "no answer"

"""Connections that are checked at the address they are made to, and that end at a deadline.

A name is resolved once, every address it has is judged, and the connection goes to an address that was judged: a name
server that changes its answer afterwards gains nothing. Import this module only when a request is made: httpcore takes
a while to load.
"""

from __future__ import annotations

import atexit
import select
import socket
import ssl
import time
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from functools import partial
from ipaddress import ip_address
from typing import Any, TypeVar

import httpcore

from fermata.domain import interruption
from fermata.domain.kind import UnitError, UnitRetry
from fermata.toolkit.aside import POLL, aside
from fermata.toolkit.fetch.addresses import is_public
from fermata.toolkit.fetch.trust import trust_of

T = TypeVar("T")

PIECE = 2048
"""Bytes that a connection which can take any takes at once."""

DEADLINE: ContextVar[float] = ContextVar("deadline", default=float("inf"))
"""``time.monotonic`` by which the request of this thread must have ended."""

_pools: dict[frozenset[str], httpcore.ConnectionPool] = {}


class OverDeadline(Exception):
    """The request as a whole took too long."""


def pool(allowed_hosts: frozenset[str]) -> httpcore.ConnectionPool:
    """The process's connections under this policy; kept alive between requests, since handshakes are slow."""
    return _pools.get(allowed_hosts) or _pools.setdefault(allowed_hosts, new_pool(allowed_hosts))


def new_pool(allowed_hosts: frozenset[str], trust: ssl.SSLContext | None = None) -> httpcore.ConnectionPool:
    """Fresh connections; ``trust`` is the system's unless given."""
    return httpcore.ConnectionPool(
        ssl_context=trust,
        max_connections=64,
        max_keepalive_connections=16,
        keepalive_expiry=15.0,
        network_backend=GuardedBackend(allowed_hosts),
    )


@atexit.register
def close() -> None:
    """Close all kept connections."""
    while _pools:
        _pools.popitem()[1].close()


class GuardedBackend(httpcore.NetworkBackend):
    """Connects to public addresses, and to hosts that the stack allows by the very name that the URL has."""

    def __init__(self, allowed_hosts: frozenset[str]) -> None:
        self._trust = trust_of(allowed_hosts)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = self._checked(host, port)
        interruption.check()
        backend = httpcore.SyncBackend()
        failure: Exception = httpcore.ConnectError("no address")
        for address in addresses:
            try:
                left = _left(timeout)
                connect = partial(backend.connect_tcp, address, port, left, local_address, socket_options)
                return _TimedStream(aside(connect, lambda stream: stream.close()))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    def _checked(self, host: str, port: int) -> list[str]:
        addresses = _resolve(host, port)
        if self._trust.allows(host, port):
            return addresses
        # One private address among public ones is no accident either.
        if not all(is_public(ip_address(address.partition("%")[0])) for address in addresses):
            raise UnitError(f"the address of {host} is private or reserved; only public addresses may be fetched")
        return addresses


class _TimedStream(httpcore.NetworkStream):
    """A connection whose every wait also ends at the deadline, however often the other side sends a byte, and with the work that
    it is for."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return _patiently(lambda seconds: self._stream.read(max_bytes, seconds), timeout)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        connection = self._stream.get_extra_info("socket")
        for start in range(0, len(buffer), PIECE):
            _patiently(lambda seconds: _wait_for_room(connection, seconds), timeout)
            self._stream.write(buffer[start : start + PIECE], _left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = _left(timeout)
        try:
            return _TimedStream(aside(lambda: self._stream.start_tls(ssl_context, server_hostname, left)))
        except httpcore.TimeoutException:
            _left(None)
            raise

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _patiently(attempt: Callable[[float], T], timeout: float | None) -> T:
    """What an attempt of so many seconds gives; it is made again and again, for ``timeout`` at most.

    A wait that was cut short by the deadline is no silence of the server: that raises OverDeadline.
    """
    end = time.monotonic() + (float("inf") if timeout is None else timeout)
    while True:
        interruption.check()
        left = _left(end - time.monotonic())
        try:
            return attempt(max(0.001, POLL if left is None else min(POLL, left)))
        except httpcore.TimeoutException:
            _left(None)
            if time.monotonic() >= end:
                raise


def _wait_for_room(connection: socket.socket, seconds: float) -> None:
    poller = select.poll()
    poller.register(connection, select.POLLOUT)
    if not poller.poll(seconds * 1000):
        raise httpcore.WriteTimeout


def _left(timeout: float | None) -> float | None:
    left = DEADLINE.get() - time.monotonic()
    if left <= 0:
        raise OverDeadline
    if left == float("inf"):
        return timeout
    return left if timeout is None else min(left, timeout)


def _resolve(host: str, port: int) -> list[str]:
    try:
        found = aside(lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except socket.gaierror as error:
        if error.errno in (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)):
            raise UnitError(f"the host {host} does not exist") from None
        raise UnitRetry(f"the host {host} could not be looked up") from None
    except (OSError, UnicodeError):
        raise UnitError(f"{host} is not a valid host") from None
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))

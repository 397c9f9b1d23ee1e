"""Which private hosts a stack lets its jobs reach, and at which ports."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from fermata.toolkit.fetch.addresses import normal_host

CLOSED = "!"
"""Begins an entry that closes a port of all trusted hosts: the local stack's own."""


@dataclass(frozen=True)
class Trust:
    """Hosts, by the very names that URLs have, with the port or None for all; and ports that stay closed on each."""

    hosts: frozenset[tuple[str, int | None]]
    closed: frozenset[int]

    def allows(self, host: str, port: int) -> bool:
        if port in self.closed:
            return False
        name = normal_host(host)
        return (name, None) in self.hosts or (name, port) in self.hosts


@cache
def trust_of(entries: frozenset[str]) -> Trust:
    """Reads entries ``host``, ``host:port``, ``[address]:port`` and ``!port``. Raises ValueError with the bad one."""
    closed = frozenset(int(entry[1:]) for entry in entries if entry.startswith(CLOSED))
    return Trust(frozenset(_parsed(entry for entry in entries if not entry.startswith(CLOSED))), closed)


def _parsed(entries: Iterable[str]) -> Iterable[tuple[str, int | None]]:
    for entry in entries:
        host, colon, port = entry.rpartition(":")
        if not colon or (":" in host and not host.endswith("]")):  # a bare IPv6 address has no port
            yield normal_host(entry), None
        elif port.isascii() and port.isdigit() and 0 < int(port) < 65_536:
            yield normal_host(host), int(port)
        elif entry.endswith("]"):
            yield normal_host(entry), None
        else:
            raise ValueError(f"{entry[:80]!r} is no host, and no host:port")

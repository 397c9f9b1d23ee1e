"""What hosts ask of robots (RFC 9309): read once an hour by each process."""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from fermata.domain.kind import UnitError, UnitRetry
from fermata.toolkit.fetch import http
from fermata.toolkit.fetch.limits import MIB, Limits

if TYPE_CHECKING:
    from protego import Protego

LIMITS = Limits(total=15.0, size=10 * MIB)
READ = 512 * 1024
"""Bytes of a robots.txt that count; the rest of a longer one is passed over, as RFC 9309 allows."""

KEPT = 3600.0
"""Seconds."""

MAX_HOSTS = 500
MAX_DELAY = 30.0
"""Seconds between two requests that a host may ask for; a longer wish is cut to this."""

_BUSY = frozenset({408, 425, 429})

_VERSION = re.compile(r"(?im)^(\s*user-?agent\s*:\s*[a-z0-9_-]+)/\S*")
"""A name that robots.txt gives a version to, which is no part of what is compared."""

Place = tuple[str, frozenset[str], str]


@dataclass
class _Site:
    """One host's rules; the lock lets one thread ask for them while the others wait."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    rules: Protego | None = None
    until: float = float("-inf")


class Robots:
    """The rules of hosts."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._sites: OrderedDict[Place, _Site] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, url: str, agent: str, allowed_hosts: frozenset[str], deadline: float) -> float:
        """Raises UnitError where the page is not to be fetched; else the seconds that the host asks to be left alone for.

        Without a robots.txt (any 4xx) everything may be fetched; while it can't be had (5xx, no answer) nothing: UnitRetry.
        """
        rules = self._rules(url, agent, allowed_hosts, deadline)
        name = product_of(agent)
        if not rules.can_fetch(url, name):
            raise UnitError(f"robots.txt of {urlsplit(url).netloc} does not allow {name} to fetch this page")
        return min(float(rules.crawl_delay(name) or 0.0), MAX_DELAY)

    def sitemaps(self, url: str, agent: str, allowed_hosts: frozenset[str], deadline: float) -> list[str]:
        """The sitemaps that the site's robots.txt names. Raises UnitError and UnitRetry when it can't be had."""
        return list(self._rules(url, agent, allowed_hosts, deadline).sitemaps)

    def _rules(self, url: str, agent: str, allowed_hosts: frozenset[str], deadline: float) -> Protego:
        parts = urlsplit(url)
        site = self._site((f"{parts.scheme}://{parts.netloc}", allowed_hosts, agent))
        with site.lock:
            if site.rules is None or self._now() >= site.until:
                site.rules = _fetched(urljoin(url, "/robots.txt"), agent, allowed_hosts, deadline)
                site.until = self._now() + KEPT
            return site.rules

    def _site(self, place: Place) -> _Site:
        with self._lock:
            site = self._sites.setdefault(place, _Site())
            self._sites.move_to_end(place)
            while len(self._sites) > MAX_HOSTS:
                self._sites.popitem(last=False)
            return site


ROBOTS = Robots()
"""The process's."""


def product_of(agent: str) -> str:
    """The name that robots.txt is searched for."""
    return re.split(r"[/ ]", agent.strip(), maxsplit=1)[0]


def _fetched(url: str, agent: str, allowed_hosts: frozenset[str], deadline: float) -> Protego:
    from protego import Protego

    limits = replace(LIMITS, total=max(0.1, min(LIMITS.total, deadline - time.monotonic())))
    try:
        with http.follow(url, allowed_hosts, limits, headers={"User-Agent": agent}) as response:
            if 400 <= response.status < 500 and response.status not in _BUSY:
                return Protego.parse("")
            http.check_status(response)
            body = _head(response.chunks)
    except UnitRetry as error:
        raise UnitRetry(f"robots.txt can't be read: {error}", error.after, throttled=error.throttled) from None
    except UnitError as error:
        raise UnitError(f"robots.txt can't be read: {error}") from None
    return Protego.parse(_VERSION.sub(r"\1", body.decode("utf-8-sig", "replace")))


def _head(chunks: Iterable[bytes]) -> bytes:
    """The first :data:`READ` bytes, without the line that is cut there."""
    body = b""
    for chunk in chunks:
        body += chunk
        if len(body) > READ:
            return body[:READ].rpartition(b"\n")[0]
    return body

"""Requests of a crawler: by its name, with a say before each step of a redirect."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urljoin

from fermata.domain.kind import UnitError
from fermata.toolkit.fetch import http
from fermata.toolkit.fetch.limits import Limits
from fermata.toolkit.fetch.urls import show_url

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@contextmanager
def asked(
    url: str, agent: str, allowed_hosts: frozenset[str], limits: Limits, step: Callable[[str], str] = lambda url: url
) -> Iterator[http.Response]:
    """The answer after redirects, whatever its status. ``step`` gives each URL as it is to be asked for, or raises."""
    deadline = time.monotonic() + limits.total
    for _ in range(limits.redirects + 1):
        url = step(url)
        # The step may have waited for its turn, which is not the server's time.
        deadline = max(deadline, time.monotonic() + limits.read)
        headers = {"User-Agent": agent}
        with http.request("GET", url, allowed_hosts, limits, headers=headers, deadline=deadline) as response:
            if response.status in _REDIRECTS and "location" in response.headers:
                url = urljoin(url, response.headers["location"])
                continue
            yield response
            return
    raise UnitError(f"redirected more than {limits.redirects} times, at last to {show_url(url)}")

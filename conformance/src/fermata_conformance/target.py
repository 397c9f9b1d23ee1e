"""The server that is checked, and what checks share while it is."""

from __future__ import annotations

import functools
import ipaddress
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from fermata_conformance.check import Mismatch, Skipped, shown
from fermata_conformance.client import Callers
from fermata_conformance.pages import Pages

PATIENCE = 60.0
"""Seconds that a job is given to get where it must."""

EVERY, SELDOM = 0.1, 0.8
"""Seconds between two looks, at first and in the end: a server is asked often only while it may be quick."""

T = TypeVar("T")


class Target:
    """A server under check.

    Attributes:
        callers: who calls it.
        patience: seconds that a job is given.
        near: whether it runs on this machine, and so can read the pages that the kit serves.
        runs: of pages, that jobs read which are to be stopped on the way.
        timed_out_task: number of a task that ran out of time, if there is one.
    """

    def __init__(
        self, url: str, callers: Callers, pages: Pages, patience: float = PATIENCE, timed_out_task: int | None = None
    ) -> None:
        self.callers, self.patience, self.near, self.timed_out_task = callers, patience, is_near(url), timed_out_task
        self.runs: dict[str | int, str] = {}
        self._pages = pages
        self._shared: dict[str, tuple[threading.Lock, list[Any]]] = {}
        self._lock = threading.Lock()

    @property
    def pages(self) -> Pages:
        """Raises Skipped where the server can't reach them."""
        if not self.near:
            raise Skipped("needs a server on this machine, which can read the pages that are served here")
        return self._pages

    def name(self, prefix: str = "kit") -> str:
        """One that nobody else has."""
        return f"{prefix}-{secrets.token_hex(5)}"

    def until(self, read: Callable[[], T], good: Callable[[T], object], what: str) -> T:
        """Read again and again until it is good. Raises Mismatch when it never is."""
        deadline, pause = time.monotonic() + self.patience, EVERY
        while not good(value := read()):
            if time.monotonic() > deadline:
                raise Mismatch(f"{what} did not come within {self.patience:g} s; at last: {shown(value)}")
            time.sleep(pause)
            pause = min(pause * 1.5, SELDOM)
        return value

    def shared(self, name: str, make: Callable[[], T]) -> T:
        """What was made under this name; several checks look at one job that none of them changes."""
        with self._lock:
            lock, made = self._shared.setdefault(name, (threading.Lock(), []))
        with lock:
            if not made:
                made.append(make())
            value: T = made[0]
            return value


def shared(make: Callable[[Target], T]) -> Callable[[Target], T]:
    """Have a function make its thing once for a target."""

    @functools.wraps(make)
    def once(target: Target) -> T:
        return target.shared(f"{make.__module__}.{make.__name__}", lambda: make(target))

    return once


def is_near(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")

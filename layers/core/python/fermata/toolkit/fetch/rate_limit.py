"""How often a host is asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from fermata.domain.kind import UnitRetry

MAX_HOSTS = 10_000


class Pace:
    """Turns at hosts, for all threads of the process: two requests to one host begin ``delay`` seconds apart or more.

    Within a job this holds altogether, since a crawl's chunks run one at a time; but for a moment when the next chunk begins
    in another process. Two jobs that crawl one host each keep their own pace where they run in different processes.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep) -> None:
        self._now = now
        self._sleep = sleep
        self._next: dict[str, float] = {}
        self._lock = threading.Lock()

    def wait(self, host: str, delay: float, deadline: float, sleep: Callable[[float], None] | None = None) -> None:
        """Return when it is this caller's turn. Raises UnitRetry when that is past ``deadline`` (``time.monotonic``).

        ``sleep`` is how the caller waits: a unit by its own ``wait``, which a pause or a cancel cuts short.
        """
        with self._lock:
            now = self._now()
            turn = max(now, self._next.get(host, now))
            if turn >= deadline:
                raise UnitRetry(f"too many pages of {host} wait for their turn", turn - now)
            if len(self._next) >= MAX_HOSTS:
                self._next = {known: at for known, at in self._next.items() if at > now}
            self._next[host] = turn + delay
        if turn > now:
            (sleep or self._sleep)(turn - now)


PACE = Pace()
"""The process's."""

"""Who follows something in this process: how many there may be, and how often each of them is looked for.

Whoever follows costs a server little memory and, look by look, its time. All who follow have a share of that time together, and
each tenant the same part of it, however many of its own there are: ten thousand connections slow down those of their own tenant,
and nobody's other requests.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from fermata.api.errors import TooMany
from fermata.domain.errors import Unavailable

SLOWEST = 10.0
"""Seconds between two looks at most; a heartbeat is no later than that."""

AFTER = 10
"""Seconds after which somebody who was turned away may try again."""

SMOOTHING = 0.1
"""How much the last look counts in what one is taken to cost."""


@dataclass
class Audience:
    """Used in the server's event loop only, but for :meth:`admit`.

    Attributes:
        most: connections at a time.
        of_tenant: of one tenant.
        share: of a thread's time that all looks together may take.
    """

    most: int = 1_000
    of_tenant: int = 500
    share: float = 0.25
    _present: Counter[str] = field(default_factory=Counter)
    _taken: int = 0
    _cost: float = 0.0

    def admit(self, tenant: str) -> None:
        """Raises TooMany where the tenant has as many connections as it may, and Unavailable where there is no room at all."""
        if self._present[tenant] >= self.of_tenant:
            raise TooMany(self.of_tenant, AFTER, "connections that follow something at a time")
        if self._taken >= self.most:
            raise Unavailable("too many follow something just now; try again")

    @contextmanager
    def seat(self, tenant: str) -> Iterator[None]:
        """A place for the time of one connection."""
        self._present[tenant] += 1
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1
            self._present[tenant] -= 1
            if not self._present[tenant]:
                del self._present[tenant]

    def looked(self, seconds: float) -> None:
        """Note what a look has cost."""
        self._cost += (seconds - self._cost) * SMOOTHING

    def rest(self, tenant: str, least: float) -> float:
        """Seconds until the next look for one of the tenant's; ``least``: where there is time for all."""
        fair = self.share / max(1, len(self._present))
        return max(least, min(SLOWEST, self._present[tenant] * self._cost / fair))

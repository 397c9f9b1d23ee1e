"""Guards: when a worker sees that going on does harm, it holds the job, with the reason, for a person or a clock to release."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from fermata.control import holds
from fermata.control.engine import Engine, JobUpdate, update
from fermata.domain.chunks import Retry, count
from fermata.domain.errors import WrongStatus
from fermata.domain.jobs import Job
from fermata.domain.kind import UnitHold
from fermata.domain.scrub import Scrubber

PATIENCE = 30.0
"""Seconds of nothing but "too many requests" after which the job rests."""

REST = 300.0
"""Seconds that it rests where the provider has not said how long."""

SAMPLE = 20
"""Settled units from which on their failed share says something; of a smaller job, half its units."""

MAX_REASON = 500
"""Characters of a hold's reason."""

PERIOD = 5.0
"""Seconds between two looks at the failed share, which needs the whole ledger."""


@dataclass
class Guards:
    """Watches one chunk's units.

    Attributes:
        throttled_since: since when providers have refused everything, 0 while they do not.
        looked_at: when the failed share was computed last.
    """

    engine: Engine
    job: Job
    throttled_since: float = 0.0
    looked_at: float = 0.0

    def check_throttling(self, throttled: int, resting: Sequence[Retry], now: float, *, idle: bool) -> bool:
        """Whether the job was just held, since a provider refuses everything.

        ``throttled``: units refused since one succeeded; ``resting``: those between two tries; ``idle``: no other is left.
        """
        if not throttled and not any(retry.throttled for retry in resting):
            self.throttled_since = 0.0
            return False
        self.throttled_since = self.throttled_since or now
        said = max((retry.ready_at - now for retry in resting if retry.throttled), default=0.0)
        hopeless = idle and all(retry.throttled and retry.ready_at - now >= PATIENCE for retry in resting)
        if not hopeless and now - self.throttled_since < PATIENCE:
            return False
        reason = "a provider answered 'too many requests' to everything"
        return self._hold(reason, now + (said if said >= PATIENCE else REST))

    def check_share(self, now: float, *, last: bool = False) -> bool:
        """Whether too many units have failed, and the job was held for it. A resumed job is not held for it again."""
        limit = self.job.max_failed_share
        if limit is None or (now - self.looked_at < PERIOD and not last):
            return False
        self.looked_at = now
        counts = count(self.engine.ledger.chunks(self.job.ref), self.job.expected)
        if counts.settled < min(SAMPLE, math.ceil(counts.total / 2)) or counts.failed <= limit * counts.settled:
            return False
        reason = f"{counts.failed} of {counts.settled} units failed, more than the limit of {limit:g}"
        if not self._disarm():
            return False
        return self._hold(reason, None)

    def hold_for(self, wish: UnitHold, scrub: Scrubber) -> None:
        """Hold the job as a unit asks for, then let its budget grow: a resumed job can go on, one that was not held can't."""
        self._hold(scrub.text(str(wish), MAX_REASON), None)
        seen = self.job.budget
        if not wish.grant or seen is None:
            return

        def step(job: Job) -> JobUpdate | None:
            return JobUpdate(replace(job, budget=seen + wish.grant)) if job.budget == seen else None

        update(self.engine, self.job.ref, step)

    def _disarm(self) -> bool:
        def step(job: Job) -> JobUpdate | None:
            return JobUpdate(replace(job, max_failed_share=None)) if job.max_failed_share is not None else None

        armed = self.engine.store.job(self.job.ref).max_failed_share is not None
        return armed and update(self.engine, self.job.ref, step).max_failed_share is None

    def _hold(self, reason: str, until: float | None) -> bool:
        hold = holds.own_hold(self.engine, holds.AUTOMATIC, reason, until)
        try:
            holds.pause(self.engine, None, self.job.ref, hold, wait=False)
        except WrongStatus:
            return False
        return True

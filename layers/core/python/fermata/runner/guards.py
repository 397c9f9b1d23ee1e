"""Guards: when a worker sees that going on does harm, it holds the job, with the reason, for a person or a clock to release."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fermata.control import holds
from fermata.control.engine import Engine, JobUpdate, update
from fermata.domain.chunks import count
from fermata.domain.errors import WrongStatus
from fermata.domain.jobs import Job

PATIENCE = 30.0
"""Seconds of nothing but "too many requests" after which the job rests."""

REST = 300.0
"""Seconds that it rests, or longer where the provider said so."""

SAMPLE = 20
"""Settled units from which on their failed share says something."""

PERIOD = 5.0
"""Seconds between two looks at the failed share, which needs the whole ledger."""


@dataclass
class Guards:
    """Watches one chunk's units.

    Attributes:
        throttled_since: since when providers have refused everything, None while they do not.
        looked_at: when the failed share was computed last.
    """

    engine: Engine
    job: Job
    throttled_since: float | None = None
    looked_at: float = 0.0

    def check(self, throttled: int, now: float) -> bool:
        """Whether the job was just held. ``throttled``: units refused by a provider since one succeeded."""
        if throttled < 2:
            self.throttled_since = None
        elif self.throttled_since is None:
            self.throttled_since = now
        elif now - self.throttled_since >= PATIENCE:
            reason = f"a provider answered 'too many requests' to everything for {PATIENCE:g} seconds"
            return self._hold(reason, now + REST)
        return False

    def check_share(self, now: float, *, last: bool = False) -> bool:
        """Whether too many units have failed, and the job was held for it. A resumed job is not held for it again."""
        limit = self.job.max_failed_share
        if limit is None or (now - self.looked_at < PERIOD and not last):
            return False
        self.looked_at = now
        counts = count(self.engine.ledger.chunks(self.job.ref))
        if counts.settled < SAMPLE or counts.failed <= limit * counts.settled:
            return False
        reason = f"{counts.failed} of {counts.settled} units failed, more than the limit of {limit:g}"
        if not self._disarm():
            return False
        return self._hold(reason, None)

    def _disarm(self) -> bool:
        def step(job: Job) -> JobUpdate | None:
            return JobUpdate(replace(job, max_failed_share=None)) if job.max_failed_share is not None else None

        armed = self.engine.store.job(self.job.ref).max_failed_share is not None
        return armed and update(self.engine, self.job.ref, step).max_failed_share is None

    def _hold(self, reason: str, until: float | None) -> bool:
        hold = holds.own_hold(self.engine, holds.AUTOMATIC, reason, until)
        try:
            holds.pause(self.engine, None, self.job.ref, hold)
        except WrongStatus:
            return False
        return True

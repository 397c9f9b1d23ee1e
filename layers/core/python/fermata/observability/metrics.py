"""What the functions tell: log lines as JSON, and metrics of jobs and units.

Metrics have two dimensions, the service and the kind; a job's or a tenant's would cost more than the work itself.
"""

from __future__ import annotations

import os
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from fermata.domain.jobs import Job
from fermata.domain.transitions import Status
from fermata.observability.logs import service_logger

NAMESPACE = "Fermata"
FLUSH = 60.0
"""Seconds after which a function that runs for long tells what it has gathered."""


class Telemetry:
    """One function's logger, and its metrics; implements :class:`fermata.observability.hooks.Watcher`.

    Metrics: RecoveryErrors (jobs and scopes that recovery could not see to),
    JobsStarted, JobsEnded, JobsFailed (failed or timed out, also among those ended), Pauses, TimeToPause (seconds from
    the request to rest), UnitsSucceeded, UnitsFailed.
    """

    def __init__(self, service: str) -> None:
        self.service = service
        self.logger = service_logger(service, os.environ)
        self._gathered: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        self._flushed_at = time.monotonic()
        self._lock = threading.Lock()

    @contextmanager
    def invocation(self, context: Any, **facts: Any) -> Iterator[None]:
        """Around one invocation: its facts stand in each log line, its metrics are told at its end."""
        known = {name: value for name, value in facts.items() if value is not None}
        try:
            with self.logger.append_context_keys(function_request_id=context.aws_request_id, **known):
                yield
        finally:
            self.flush()

    def job_started(self, job: Job) -> None:
        self._gather(job.kind, JobsStarted=1)

    def job_ended(self, job: Job) -> None:
        self._gather(job.kind, JobsEnded=1)
        if job.status in (Status.FAILED, Status.TIMED_OUT):
            self._gather(job.kind, JobsFailed=1)

    def job_paused(self, job: Job) -> None:
        self._gather(job.kind, Pauses=1)
        if job.pause is not None and job.pause.quiesced_at is not None:
            self._gather(job.kind, TimeToPause=job.pause.quiesced_at - job.pause.asked_at)

    def units_settled(self, kind: str, succeeded: int, failed: int) -> None:
        self._gather(kind, UnitsSucceeded=succeeded, UnitsFailed=failed)
        if time.monotonic() - self._flushed_at > FLUSH:
            self.flush()

    def recovery_failed(self, items: int) -> None:
        """How many jobs and scopes a recovery could not see to; 0 is told too, so that the alarm ends."""
        line = EphemeralMetrics(namespace=NAMESPACE, service=self.service)
        line.add_metric("RecoveryErrors", MetricUnit.Count, items)
        line.flush_metrics()

    def flush(self) -> None:
        """Write what was gathered, one line for each kind."""
        with self._lock:
            gathered = dict(self._gathered)
            self._gathered.clear()
            self._flushed_at = time.monotonic()
        for kind, metrics in gathered.items():
            line = EphemeralMetrics(namespace=NAMESPACE, service=self.service)
            line.add_dimension("kind", kind)
            for name, values in metrics.items():
                for value in values if name == "TimeToPause" else [sum(values)]:
                    line.add_metric(name, MetricUnit.Seconds if name == "TimeToPause" else MetricUnit.Count, value)
            line.flush_metrics()

    def _gather(self, kind: str, **values: float) -> None:
        with self._lock:
            for name, value in values.items():
                if value or name == "TimeToPause":
                    self._gathered[kind][name].append(value)

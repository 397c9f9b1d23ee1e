"""Jobs of the local stack as a user has them: over HTTP."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from fermata.domain.transitions import Status
from fermata.local.stack import Stack
from fermata_client import Client, local
from fermata_client.routes import JOBS_READ

PATIENCE = 120.0
LOOK = 0.02
"""Seconds between two looks at a job."""


def token(stack: Stack, tenant: str = "default") -> str:
    """A JWT that the stack accepts, for an hour."""
    return local.find(stack.folder).token("bench", tenant=tenant, ttl=3600)


@dataclass
class Jobs:
    """The jobs API of a stack, for one tenant. States are read as they come: reading them as models would be measured too."""

    stack: Stack
    tenant: str = "default"

    def __post_init__(self) -> None:
        bearer = token(self.stack, self.tenant)
        self.client = Client(self.stack.api_url, token=bearer)

    def start(self, **params: Any) -> str:
        """A probe with these parameters; its id."""
        return self.client.jobs.create("probe", params).id

    def warm(self) -> None:
        """Run a short job on all workers, so that what follows finds them started."""
        self.until(self.start(units=1_000, seconds=0.02), Status.COMPLETED)

    def read(self, job_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.transport.response(JOBS_READ, JOBS_READ.at(job_id=job_id)).json()
        return found

    def pause(self, job_id: str) -> None:
        self.client.jobs.pause(job_id)

    def cancel(self, job_id: str) -> None:
        self.client.jobs.cancel(job_id)

    def resume(self, job_id: str) -> None:
        self.client.jobs.resume(job_id)

    def until(self, job_id: str, status: Status, look: float = LOOK) -> dict[str, Any]:
        """The job once it has the status. Raises RuntimeError when it ends otherwise, or takes too long."""
        deadline = time.monotonic() + PATIENCE
        while (job := self.read(job_id))["status"] != status.value:
            if Status(job["status"]).final or time.monotonic() > deadline:
                raise RuntimeError(f"{job_id} is {job['status']}, not {status.value}: {job}")
            time.sleep(look)
        return job

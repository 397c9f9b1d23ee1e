"""What the units of a claimed chunk get of their job and of the world around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fermata.domain.kind import Interrupted, Json, Stage, Unit
from fermata.domain.scrub import Scrubber
from fermata.runner.claim import Claim
from fermata.runner.slots import Slots
from fermata.runner.unit_batch import Batch


@dataclass
class UnitEnvironment:
    """Makes units and batches of them.

    Attributes:
        check, break_off: raise Interrupted where a unit must go no further: one that asks by itself, and one that takes long.
        scrub: takes the job's secrets out of what units return.
    """

    claim: Claim
    stage: Stage
    slots: Slots
    check: Callable[[], None]
    break_off: Callable[[], None]

    def __post_init__(self) -> None:
        self.engine, self.job, self.outbox = self.claim.engine, self.claim.job, self.claim.outbox
        self.secrets = self.engine.open_secrets(self.job)
        self.scrub = Scrubber.of(self.secrets.values())
        self.settings = self.engine.settings_for(self.job)
        self.files = self.engine.files(self.job)
        self.workspace_content = self.engine.workspace_content(self.job.tenant, self.job.workspace)

    def batch(self, units: list[tuple[int, Json, int]]) -> Batch:
        """Number and value of each unit, and which attempt of it begins."""
        worker, now = self.claim.delivery.worker, self.engine.clock.now
        return Batch(self.stage, units, self._unit, self.outbox, now, self.scrub, worker, self.break_off)

    def _unit(self, number: int, value: Json, deadline: float, log: Callable[[str], None]) -> Unit:
        job = self.job
        return Unit(
            tenant=job.tenant,
            workspace=job.workspace,
            job_id=job.id,
            key=f"{job.tenant}/{job.id}/{self.claim.chunk.stage}/{number}",
            value=value,
            params=job.params,
            secrets=self.secrets,
            settings=self.settings,
            files=self.files,
            deadline=deadline,
            workspace_content=self.workspace_content,
            check=self.check,
            wait=self._wait,
            log=log,
            spend=self._spend,
        )

    def _wait(self, seconds: float) -> None:
        if not self.slots.rest(seconds, self._halted):
            self.outbox.interrupted = True
            raise Interrupted

    def _halted(self) -> bool:
        return self.outbox.stop or self.engine.clock.now() >= self.outbox.until

    def _spend(self, amount: int, used: bool = False) -> bool:
        if self.job.budget is None:
            return True
        limit = None if used or amount <= 0 else self.job.budget
        return self.engine.counters.spend(self.job.ref, amount, limit, self.engine.clock.now())

"""Finishing: the last units are settled; the kind sums up, and the job ends."""

from __future__ import annotations

import json
from dataclasses import replace

from fermata.control.ending import ended
from fermata.control.engine import Engine, JobUpdate, update
from fermata.control.lease import StepLease
from fermata.control.results import settled
from fermata.domain.chunks import Counts, count
from fermata.domain.errors import Stale
from fermata.domain.jobs import Job
from fermata.domain.kind import Finishing, JobError, Json
from fermata.domain.transitions import Command

MAX_RESULT = 128 * 1024
"""Bytes of JSON that a finisher may return; it lies in the job's record."""


def finish(engine: Engine, job: Job, lease: StepLease) -> Job:
    """Sum up, seal the counts, end the job. Raises JobError, and Stale when the job has to be looked at again."""
    counts = count(engine.ledger.chunks(job.ref))
    result = _result(engine, job, counts, lease)
    if len(json.dumps(result)) > MAX_RESULT:
        raise JobError(
            f"the job's result is larger than {MAX_RESULT} bytes; keep it in the units' results or in a file"
        )
    hopeless = counts.failed > 0 and counts.succeeded == 0
    error = f"all {counts.failed} units failed" if hopeless else None

    def step(current: Job) -> JobUpdate:
        now = engine.clock.now()
        lease.renewed(current)
        if current.run != job.run or current.stage != job.stage or current.overdue(now) or current.holds:
            raise Stale(f"job {job.id} has changed")
        command = Command.FAIL if hopeless else Command.COMPLETE
        facts = {"succeeded": counts.succeeded, "failed": counts.failed}
        made = ended(engine, current, command, error, **facts)
        return replace(made, job=replace(made.job, counts=counts, result=result))

    return update(engine, job.ref, step)


def _result(engine: Engine, job: Job, counts: Counts, lease: StepLease) -> Json:
    kind = engine.kind(job.kind)
    names = [stage.name for stage in job.stages]
    return kind.finish(
        Finishing(
            tenant=job.tenant,
            workspace=job.workspace,
            job_id=job.id,
            params=job.params,
            settings=engine.settings_for(job),
            files=engine.files(job),
            succeeded=counts.succeeded,
            failed=counts.failed,
            results=lambda name: settled(engine, job, names.index(name)),
            workspace_content=engine.workspace_content(job.tenant, job.workspace),
        )
    )

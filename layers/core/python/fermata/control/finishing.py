"""Finishing: the last units are settled; the kind sums up, and the job ends."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from fermata.control.authors import author
from fermata.control.ending import ended
from fermata.control.engine import Engine, JobUpdate, update
from fermata.control.lease import StepLease
from fermata.control.results import settled
from fermata.domain import strict_json
from fermata.domain.chunks import Chunk, Counts, count
from fermata.domain.errors import Stale
from fermata.domain.jobs import Job
from fermata.domain.kind import Finishing, JobError, Json
from fermata.domain.lifecycle import started
from fermata.domain.scrub import Scrubber
from fermata.domain.transitions import Command

MAX_RESULT = 128 * 1024
"""Bytes of JSON that a finisher may return; it lies in the job's record."""


def finish(engine: Engine, job: Job, lease: StepLease, chunks: Sequence[Chunk] = ()) -> Job:
    """Sum up, seal the counts, end the job. Raises JobError, and Stale when the job has to be looked at again.

    ``chunks``: of its last stage, which nobody can change once they are done.
    """
    counts = count(chunks if len(job.stages) == 1 else engine.ledger.chunks(job.ref))
    result = _result(engine, job, counts)
    if engine.store.gate(job.ref, job.scope_names).held:  # since when the finisher was at it
        raise Stale(f"job {job.id} is held")

    def step(current: Job) -> JobUpdate:
        lease.renewed(current)
        return _ended(engine, job, current, counts, result)

    return update(engine, job.ref, step, known=job)


def total(engine: Engine, job: Job, chunks: Sequence[Chunk]) -> Job:
    """The same for a job of one stage whose kind has no finisher: there is nothing to be done that would need a lease."""
    counts = count(chunks)
    result = {"succeeded": counts.succeeded, "failed": counts.failed}
    return update(engine, job.ref, lambda current: _ended(engine, job, current, counts, result), known=job)


def _ended(engine: Engine, job: Job, current: Job, counts: Counts, result: Json) -> JobUpdate:
    if current != replace(job, rev=current.rev, lease=current.lease) or current.overdue(engine.clock.now()):
        raise Stale(f"job {job.id} has changed")
    hopeless = counts.failed > 0 and counts.succeeded == 0
    command, error = (Command.FAIL, f"all {counts.failed} units failed") if hopeless else (Command.COMPLETE, None)
    begun, events = started(current, engine.clock.now())  # a retry may find nothing left to run
    made = ended(engine, begun, command, error, succeeded=counts.succeeded, failed=counts.failed)
    return replace(made, job=replace(made.job, counts=counts, result=result), events=(*events, *made.events))


def _result(engine: Engine, job: Job, counts: Counts) -> Json:
    kind = engine.kind(job.kind)
    names = [stage.name for stage in job.stages]
    finishing = Finishing(
        tenant=job.tenant,
        workspace=job.workspace,
        job_id=job.id,
        params=job.params,
        settings=engine.settings_for(job),
        files=engine.files(job),
        succeeded=counts.succeeded,
        failed=counts.failed,
        results=lambda name: settled(engine, job, names.index(name)) if name in names else iter(()),
        workspace_content=engine.workspace_content(job.tenant, job.workspace),
    )
    with author("the finisher", Scrubber.of(engine.open_secrets(job).values())):
        result = kind.finish(finishing)
        try:
            strict_json.check(result)
        except strict_json.NotJson as error:
            raise JobError(f"the job's result is not JSON: {error}") from None
    if len(json.dumps(result)) > MAX_RESULT:
        raise JobError(
            f"the job's result is larger than {MAX_RESULT} bytes; keep it in the units' results or in a file"
        )
    return result

"""Running again what failed or never ran."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from fermata.control.engine import Engine, JobUpdate, secret_context, update
from fermata.control.execution import unattended
from fermata.control.queueing import noted, set_off
from fermata.control.reconcile import reconcile
from fermata.control.upgrade import upgraded
from fermata.domain.errors import InvalidInput, WrongStatus
from fermata.domain.events import Mutation
from fermata.domain.jobs import FAILED_UNITS, UNFINISHED_UNITS, Job, Ref
from fermata.domain.lifecycle import apply
from fermata.domain.ranges import Ranges, check_size
from fermata.domain.transitions import Command, Status


def retry(
    engine: Engine,
    act: Mutation | None,
    ref: Ref,
    units: tuple[int, Ranges] | None = None,
    secrets: Mapping[str, str] | None = None,
    allowed: frozenset[Status] = frozenset({Status.FAILED, Status.TIMED_OUT, Status.COMPLETED}),
    *,
    failed: bool = True,
    reason: str | None = None,
) -> Job:
    """Run again what failed or never ran, or the units named by stage and numbers; what succeeded is kept.

    ``failed`` set to False leaves out what failed, so that only what never ran is run.
    ``secrets`` replaces those that were dropped when the job ended. Raises WrongStatus when the job has not ended, was
    cancelled, still has a worker at it, or has nothing to run again, and InvalidInput for units that it has not.
    """
    job = upgraded(engine, engine.store.job(ref))
    if job.status.final:
        job = reconcile(engine, ref).job
    if units is not None:
        _check_units(job, units)

    def step(current: Job) -> JobUpdate:
        if current.status not in allowed or not current.closed:
            raise WrongStatus("retry", current.status.value)
        if current.status is Status.COMPLETED and units is None and not (current.counts and current.counts.failed):
            raise WrongStatus("retry", current.status.value, "nothing failed, so there is nothing to retry")
        if units is None and not failed and not _unfinished(engine, current):
            raise WrongStatus("retry", current.status.value, "no unit is unfinished, so there is nothing to retry")
        again, event = apply(current, Command.RETRY, engine.clock.now(), reason=reason)
        whole = FAILED_UNITS if failed else UNFINISHED_UNITS
        marker = whole if units is None else f"{units[0]}:{units[1]}"
        sealed = engine.secrets.seal(json.dumps(dict(secrets)), secret_context(ref)) if secrets else None
        again = unattended(again, current.execution_number + 1)
        again = replace(again, run=current.run + 1, reopen=marker, sealed_secrets=sealed, queued_until=0.0)
        return JobUpdate(noted(again, engine.clock.now()), (event,))

    retried = update(engine, ref, step, act)
    set_off(engine, retried)
    return retried


def _unfinished(engine: Engine, job: Job) -> bool:
    """Whether units are left that never ran, or that nobody has named yet."""
    planned = all(stage.complete for stage in job.stages)
    return not planned or any(not chunk.done for chunk in engine.ledger.chunks(job.ref))


def _check_units(job: Job, units: tuple[int, Ranges]) -> None:
    stage, numbers = units
    known = [number for number, plan in enumerate(job.stages) if plan.units]
    if stage not in known:
        raise InvalidInput("stage", f"the job has units in stages {', '.join(map(str, known)) or 'none'}")
    if not numbers or numbers.spans[-1][1] > job.stages[stage].units:
        raise InvalidInput("units", f"stage {stage} has units 0 to {job.stages[stage].units - 1}")
    check_size("units", numbers)

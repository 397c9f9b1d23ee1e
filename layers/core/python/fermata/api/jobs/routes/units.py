"""How a job's units stand, one by one, and what the failed ones say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import Path, Query

from fermata.api.context import Caller, RequestContext
from fermata.api.formatting import zoned_millis
from fermata.api.jobs import schemas
from fermata.api.jobs.family import FAMILY, ref_of
from fermata.api.jobs.presenter import stage_names, stage_number
from fermata.control import failures
from fermata.control.units import UnitPlace, UnitState, UnitStatus, page
from fermata.domain.errors import NotFound
from fermata.domain.jobs import Job
from fermata.domain.kind import Json

MAX_INPUT = 200
"""Characters of a text in an input that a list shows."""

StageName = Annotated[str | None, Query(max_length=64, description="Only of this stage, by name")]


@FAMILY.query("/{job_id}/units", response_model=schemas.JobUnits, errors=(404,), summary="List a job's units")
def list_units(
    call: Caller,
    job_id: str,
    stage: StageName = None,
    status: Annotated[
        list[UnitStatus] | None, Query(max_length=len(UnitStatus), description="Only in one of these")
    ] = None,
    chunk: Annotated[int | None, Query(ge=0, lt=1_000_000, description="Only of the chunk with this number")] = None,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before, of the same filters")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="Units of a page, at most")] = 100,
) -> schemas.JobUnits:
    """Stage by stage, in order of number, while the job runs and after; those that are not planned yet are missing.

    `running`: a worker has the unit's chunk, and runs its units a few at a time. A page opens 20 chunks at most, so it may be
    short, or empty, though `next_cursor` leads on. Times, worker and log are those of the last attempt, and null or empty for
    units that were settled by a release that kept none.
    """
    job = call.engine.store.job(ref_of(call, job_id))
    names = stage_names(call.engine, job)
    only = stage_number(names, stage) if stage is not None else None
    wanted = frozenset(status or ())
    owner = ("units", job.id, job.digest, str(job.created_at), str(only), ",".join(sorted(wanted)), str(chunk))
    start = call.unseal(cursor, UnitPlace.parse, *owner) if cursor is not None else UnitPlace(only or 0)
    found = page(call.engine, job, start, limit, wanted, only, chunk)
    return schemas.JobUnits(
        job_id=job.id,
        status=job.status,
        units=[schemas.Unit(**_shown(unit, names), input=_short(unit.value)) for unit in found.units],
        next_cursor=call.seal(str(found.after), *owner) if found.after is not None else None,
    )


@FAMILY.query(
    "/{job_id}/units/{number}", response_model=schemas.WholeUnit, errors=(404,), summary="Show one of a job's units"
)
def get_unit(
    call: Caller, job_id: str, number: Annotated[int, Path(ge=0, lt=10_000_000)], stage: StageName = None
) -> schemas.WholeUnit:
    """With its whole input and result; by its number in the stage, which is the first one unless named."""
    job = call.engine.store.job(ref_of(call, job_id))
    names = stage_names(call.engine, job)
    place = UnitPlace(stage_number(names, stage) if stage is not None else 0, number)
    unit = next(iter(page(call.engine, job, place, 1, frozenset(), place.stage).units), None)
    if unit is None or unit.place != place:
        raise NotFound("unit", f"{names[place.stage]}/{number}")
    value = unit.result.value if unit.result is not None else None
    return schemas.WholeUnit(**_shown(unit, names), job_id=job.id, input=unit.value, value=value)


@FAMILY.query("/{job_id}/errors", response_model=schemas.JobErrors, errors=(404,), summary="Group a job's errors")
def list_errors(call: Caller, job_id: str) -> schemas.JobErrors:
    """The failed units of each stage by what their errors say, the largest group first. Addresses, ids, quoted texts, paths and
    numbers in them are left out of the comparison.

    At most 50,000 failed units are looked at, and 100 groups shown; `whole` says whether that was all. `POST …/retry` with
    `which: group` runs the units of one group again.
    """
    job = call.engine.store.job(ref_of(call, job_id))
    names, found = stage_names(call.engine, job), failures.errors_of(call.engine, job)
    return schemas.JobErrors(
        job_id=job.id,
        failed=found.looked,
        whole=found.whole,
        groups=[_group(call, job, group, names) for group in found.groups],
    )


def _group(call: RequestContext, job: Job, group: failures.ErrorGroup, names: list[str]) -> schemas.ErrorGroup:
    example = schemas.FailedUnit(
        unit=group.example.number,
        error=group.example.error or "",
        input=_short(failures.example_value(call.engine, job, group)),
    )
    return schemas.ErrorGroup(
        id=group.id, stage=names[group.stage], message=group.message, count=len(group.numbers), example=example
    )


def _shown(unit: UnitState, names: list[str]) -> dict[str, Json]:
    result = unit.result
    run = result.run if result is not None else None
    return {
        "stage": names[unit.place.stage],
        "unit": unit.place.number,
        "status": unit.status.value,
        "attempts": unit.attempts,
        "started_at": zoned_millis(run.began) if run else None,
        "ended_at": zoned_millis(run.ended) if run else None,
        "seconds": round(run.ended - run.began, 3) if run else None,
        "worker": run.worker or None if run else None,
        "error": result.error if result is not None else None,
        "log": list(run.log) if run else [],
        "next_attempt_at": zoned_millis(unit.ready_at) if unit.ready_at is not None else None,
    }


def _short(value: Json) -> Json:
    if isinstance(value, str):
        return value if len(value) <= MAX_INPUT else f"{value[:MAX_INPUT]}…"
    if isinstance(value, Mapping):
        return {name: _short(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_short(inner) for inner in value]
    return value

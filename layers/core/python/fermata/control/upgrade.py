"""Jobs that a release before this one stored: what they lack is filled in when somebody first brings them further."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from fermata.control.engine import Engine, JobUpdate, update
from fermata.control.execution import unattended
from fermata.domain.jobs import Job, StagePlan
from fermata.domain.kind import Json, Kind


def stages_of(kind: Kind, params: Mapping[str, Json]) -> tuple[StagePlan, ...]:
    """What a job knows of its kind's stages from its start on."""
    return tuple(
        StagePlan(name=stage.name, review=stage.reviewed(params), width=stage.policy.concurrency, worker=stage.worker)
        for stage in kind.stages
    )


def upgraded(engine: Engine, job: Job) -> Job:
    """The job as this release stores it. One of 0.1.0 knew its stages only as far as they were planned, and its execution ran
    through other states: it gets another one. Raises ImportError where the kind's code can't be loaded."""
    if job.stages[0].name:
        return job
    known = stages_of(engine.kind(job.kind), job.params)

    def fill(current: Job) -> JobUpdate | None:
        if current.stages[0].name:
            return None
        planned = [
            replace(plan, name=stage.name, review=stage.review, width=stage.width, worker=stage.worker)
            for plan, stage in zip(current.stages, known, strict=False)
        ]
        filled = replace(current, stages=(*planned, *known[len(planned) :]))
        return JobUpdate(unattended(filled, current.execution_number + 1))

    filled = update(engine, job.ref, fill)
    if not filled.status.final and filled.execution_number == job.execution_number + 1:
        engine.workflow.start(filled.ref, filled.execution_number)
        engine.workflow.stop(filled.ref, job.execution_number, "an update of the stack: the next execution goes on")
    return filled

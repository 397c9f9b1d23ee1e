"""The steps of an execution: plan, run, review, finish.

The state machine's states all wait for a callback. A step calls back at once, or parks its token with the job: then whoever
brings the job further (the last worker, a resuming operator, a reviewer, recovery) calls back. To park is always followed by
another look, so that nobody can have gone by unseen; a token that is used twice does no harm.
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial

from fermata.control import holds
from fermata.control.engine import Engine, JobUpdate, call_back, update
from fermata.control.planning import plan_stage
from fermata.control.results import settled
from fermata.control.termination import close, fail, failure, reopen
from fermata.domain.chunks import Chunk, count, ready
from fermata.domain.errors import Stale
from fermata.domain.jobs import Job, Ref, StagePlan
from fermata.domain.kind import Finishing, JobError, Json
from fermata.domain.lifecycle import apply
from fermata.domain.transitions import Command, Status
from fermata.ports import Message

MAX_RESULT = 128 * 1024
"""Bytes of JSON that a finisher may return; it lies in the job's record."""

SLICE = 600.0
"""Seconds a step works before it goes on in another invocation."""


def enter(engine: Engine, ref: Ref, run: int, step: str, token: str, until: float | None = None) -> None:
    """The execution has come to a step and waits; ``until``: clock time by which this slice has to end."""
    job = engine.store.job(ref)
    if job.run == run and (step == "finish" or not job.status.final):
        _enter(engine, job, step, token, until if until is not None else engine.clock.now() + SLICE)
        job = engine.store.job(ref)
    if job.run != run or (job.status.final and step != "finish"):
        engine.workflow.stop(ref, run, "the job has ended, or another execution has taken over")


def _enter(engine: Engine, job: Job, step: str, token: str, until: float) -> None:
    if step == "plan":
        plan(engine, job, token, until)
    elif step == "finish":
        finish(engine, job, token)
    else:
        proceed(engine, _park(engine, job, step, token))


def go_on(engine: Engine, ref: Ref, step: str, until: float) -> None:
    """Continue a parked step by a queue message; one that is out of date is dropped."""
    job = engine.store.job(ref)
    if job.waiting != step or job.token is None:
        return
    if step == "plan":
        plan(engine, job, job.token, until)
    elif step == "finish":
        finish(engine, job, job.token)


def proceed(engine: Engine, job: Job) -> None:
    """Bring a job that nothing holds further from where its execution waits. Safe at any moment."""
    if job.status.final:
        close(engine, job.ref)
    elif job.status in (Status.PENDING, Status.RUNNING) and job.waiting in ("plan", "finish"):
        engine.queue.send([_message(job, job.waiting)])
    elif job.status is Status.RUNNING and job.waiting == "review" and job.token is not None:
        call_back(engine, job.ref, job.token, {})
    elif job.waiting == "run":
        dispatch(engine, job)


def plan(engine: Engine, job: Job, token: str, until: float) -> None:
    """Step one of a stage: name its units."""
    run, parked = job.run, job.token == token
    while not job.status.final and job.run == run and (job.token == token or not parked):
        if _held(engine, job):
            job, parked = _park(engine, job, "plan", token, parked), True
            job = holds.quiesce(engine, job.ref)
            if _held(engine, job):
                return
            continue
        if job.status is Status.PAUSED:
            job = holds.unpause(engine, job.ref)
            continue
        try:
            job = reopen(engine, job)
            if job.plan.complete:
                update(engine, job.ref, partial(_begin, engine))
                call_back(engine, job.ref, token, {})
                return
            job, parked = plan_stage(engine, job, token, until), True
        except Stale:
            job = engine.store.job(job.ref)
        except JobError as error:
            fail(engine, job.ref, job.run, str(error))
            return
        else:
            if not job.plan.complete:
                engine.queue.send([_message(job, "plan")])
                return
    if job.status.final and job.run == run:
        engine.workflow.stop(job.ref, job.run, job.status.value)
        close(engine, job.ref)


def _begin(engine: Engine, job: Job) -> JobUpdate | None:
    """A retried job whose units are all planned."""
    if job.status is not Status.PENDING:
        return None
    started, event = apply(job, Command.START, engine.clock.now())
    return JobUpdate(started, (event,))


def dispatch(engine: Engine, job: Job) -> None:
    """Step two: queue the chunks that may run; when none is left, move on."""
    chunks = engine.ledger.chunks(job.ref, job.stage)
    if not job.plan.complete or all(chunk.done for chunk in chunks):
        move_on(engine, job.ref)
    elif job.status is Status.RUNNING:
        if _held(engine, job):
            holds.quiesce(engine, job.ref)
        else:
            queue_chunks(engine, job, chunks)


def queue_chunks(engine: Engine, job: Job, chunks: list[Chunk]) -> int:
    """Queue what is ready among the stage's chunks; how many."""
    found = ready(chunks, job.limit, engine.clock.now())
    engine.queue.send([chunk_message(job, chunk) for chunk in found])
    return len(found)


def move_on(engine: Engine, ref: Ref) -> None:
    """If the stage's units are all settled, call the execution back with what comes next. Safe at any moment."""

    def next_stage(job: Job) -> JobUpdate | None:
        if job.status is not Status.RUNNING or job.waiting != "run" or not job.plan.complete:
            return None
        if any(not chunk.done for chunk in engine.ledger.chunks(ref, job.stage)) or _held(engine, job):
            return None
        stages = engine.kind(job.kind).stages
        if job.stage + 1 == len(stages):
            return None
        plans = job.stages if len(job.stages) > job.stage + 1 else (*job.stages, StagePlan())
        moved = replace(job, stage=job.stage + 1, stages=plans, updated_at=engine.clock.now())
        moved = moved.with_plan(replace(moved.plan, complete=False))
        if not stages[moved.stage].review:
            return JobUpdate(moved)
        moved, event = apply(moved, Command.REVIEW, engine.clock.now(), stage=stages[moved.stage].name)
        return JobUpdate(moved, (event,))

    job = update(engine, ref, next_stage)
    if job.status is Status.RUNNING and _held(engine, job):
        holds.quiesce(engine, ref)
        return
    if job.waiting != "run" or job.token is None:
        return
    if job.status is Status.WAITING_REVIEW:
        call_back(engine, ref, job.token, {"next": "review"})
    elif job.status is Status.RUNNING and not job.plan.complete:
        call_back(engine, ref, job.token, {"next": "plan"})
    elif job.status is Status.RUNNING and _all_done(engine, job):
        call_back(engine, ref, job.token, {"next": "finish"})


def _all_done(engine: Engine, job: Job) -> bool:
    """Whether the last stage's units are all settled."""
    last = job.stage + 1 == len(engine.kind(job.kind).stages)
    return last and all(chunk.done for chunk in engine.ledger.chunks(job.ref, job.stage))


def finish(engine: Engine, job: Job, token: str) -> None:
    """The last step: sum up, seal the counts, end the job."""
    run, parked = job.run, job.token == token
    while not job.status.final and job.run == run and (job.token == token or not parked):
        if _held(engine, job):
            job, parked = _park(engine, job, "finish", token, parked), True
            job = holds.quiesce(engine, job.ref)
            if _held(engine, job):
                return
            continue
        if job.status is Status.PAUSED:
            job = holds.unpause(engine, job.ref)
            continue
        try:
            job = _end(engine, job, token)
        except Stale:
            job = engine.store.job(job.ref)
        except JobError as error:
            fail(engine, job.ref, job.run, str(error))
            return
    if job.run != run:
        return
    if job.status in (Status.COMPLETED, Status.FAILED):
        call_back(engine, job.ref, token, {"status": job.status.value})
        close(engine, job.ref, over=True)
    elif job.status.final:
        engine.workflow.stop(job.ref, job.run, job.status.value)
        close(engine, job.ref)


def _end(engine: Engine, job: Job, token: str) -> Job:
    chunks = engine.ledger.chunks(job.ref)
    if any(not chunk.done for chunk in chunks):
        raise JobError("units are left that nobody ran")
    counts = count(chunks)
    result = _result(engine, job, chunks)
    if len(json.dumps(result)) > MAX_RESULT:
        raise JobError(
            f"the job's result is larger than {MAX_RESULT} bytes; keep it in the units' results or in a file"
        )
    hopeless = counts.failed > 0 and counts.succeeded == 0
    error = f"all {counts.failed} units failed" if hopeless else None

    def step(current: Job) -> JobUpdate:
        if current.rev != job.rev:
            raise Stale(f"job {job.id} has changed")
        facts = {"succeeded": counts.succeeded, "failed": counts.failed, "error": error}
        ended, event = apply(current, Command.FAIL if hopeless else Command.COMPLETE, engine.clock.now(), **facts)
        ended = replace(ended, counts=counts, result=result, error=error, token=token, waiting="finish")
        return JobUpdate(ended, (event,), failure(engine, ended))

    return update(engine, job.ref, step)


def _result(engine: Engine, job: Job, chunks: list[Chunk]) -> Json:
    kind = engine.kind(job.kind)
    names = [stage.name for stage in kind.stages]
    counts = count(chunks)
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


def _park(engine: Engine, job: Job, step: str, token: str, parked: bool = False) -> Job:
    """Leave the token with the job, for whoever brings it further.

    A token that was parked before is not parked again once another one lies there: the execution has moved on.
    """

    def put(current: Job) -> JobUpdate | None:
        if current.run != job.run or current.status.final or current.token == token or parked:
            return None
        return JobUpdate(replace(current, waiting=step, token=token, updated_at=engine.clock.now()))

    return update(engine, job.ref, put)


def _held(engine: Engine, job: Job) -> bool:
    gate = engine.store.gate(job.ref, job.source)
    return bool(gate.holds(engine.clock.now()))


def _message(job: Job, task: str) -> Message:
    return Message(task, job.tenant, job.id, job.source, job.stage, 0, job.trace)


def chunk_message(job: Job, chunk: Chunk) -> Message:
    return Message("chunk", job.tenant, job.id, job.source, chunk.stage, chunk.number, job.trace)

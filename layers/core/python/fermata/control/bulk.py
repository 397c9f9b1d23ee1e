"""One verb on many jobs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from fermata.control import holds, termination
from fermata.control.engine import Engine, exists, record
from fermata.control.queries import Selection, holds_of_all, select
from fermata.control.retry import retry
from fermata.domain.access import ADMIN
from fermata.domain.errors import FermataError, Forbidden, Refused
from fermata.domain.events import Actor, Mutation, may_control
from fermata.domain.holds import Hold
from fermata.domain.jobs import Job, Ref
from fermata.domain.listing import created_key
from fermata.domain.transitions import Command, Status, after

MOST = 500
"""Jobs that one call may take on."""

SIDE_BY_SIDE = 16
SECONDS = 20.0
"""After which a call takes on no further jobs: the gateway gives up at thirty."""


@dataclass(frozen=True)
class Verb:
    """What is done to each job.

    Attributes:
        statuses: of jobs that it can mean; others are not taken on unless they are asked for.
        check: raises WrongStatus unless the job may have it done.
    """

    name: str
    statuses: tuple[Status, ...]
    check: Callable[[Job, float, tuple[Hold, ...]], object]
    do: Callable[[Engine, Job], Job]


@dataclass(frozen=True)
class Outcome:
    """What became of one job.

    Attributes:
        job: as it is now; None when there is none of this ``name``.
        outcome: ``done``, ``would be done`` (only tried), ``refused`` (by its status, or as another user's), or
            ``failed`` (try again).
        error: why not, or None.
    """

    job: Job | None
    outcome: str
    error: str | None = None
    name: str = ""


@dataclass(frozen=True)
class Outcomes:
    """Of one call; ``after``: where the next one goes on, None when no job is left."""

    outcomes: tuple[Outcome, ...]
    after: str | None


def pausing(hold: Hold) -> Verb:
    statuses = (Status.PENDING, Status.RUNNING, Status.PAUSED)
    return Verb(
        "pause",
        statuses,
        lambda job, now, standing: holds.check_pause(job, now),
        lambda engine, job: holds.pause(engine, None, job.ref, hold, wait=False),
    )


def resuming(reason: str | None) -> Verb:
    statuses = (Status.PENDING, Status.RUNNING, Status.PAUSED)
    return Verb("resume", statuses, holds.check_resume, lambda engine, job: holds.resume(engine, None, job.ref, reason))


def cancelling(reason: str | None) -> Verb:
    statuses = tuple(status for status in Status if not status.final)
    return Verb(
        "cancel",
        statuses,
        lambda job, now, standing: after(job.status, Command.CANCEL),
        lambda engine, job: termination.cancel(engine, None, job.ref, reason, wait=False),
    )


def retrying(reason: str | None, *, failed: bool, completed: bool = False) -> Verb:
    """``failed`` set to False: only what never ran; ``completed``: jobs that are completed are meant too."""
    statuses = (Status.FAILED, Status.TIMED_OUT, *((Status.COMPLETED,) if completed else ()))
    return Verb(
        "retry",
        statuses,
        lambda job, now, standing: after(job.status, Command.RETRY),
        lambda engine, job: retry(engine, None, job.ref, failed=failed, reason=reason),
    )


def apply_to(engine: Engine, act: Mutation, verb: Verb, names: Sequence[str], *, dry_run: bool) -> Outcomes:
    """As :func:`apply`, to the jobs of these ids, in their order; one that there is not is ``refused``."""
    found: list[Job | Outcome] = [_known(engine, Ref(act.actor.tenant, name)) for name in names]
    jobs = [one for one in found if isinstance(one, Job)]
    if dry_run:
        holds = holds_of_all(engine, jobs)
        done = {
            job.id: _tried(engine, act.actor, verb, job, standing) for job, standing in zip(jobs, holds, strict=True)
        }
    else:
        record(engine, act)
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            outcomes = pool.map(lambda job: _done(engine, act.actor, verb, job), jobs)
            done = {job.id: outcome for job, outcome in zip(jobs, outcomes, strict=True)}
    return Outcomes(tuple(done[one.id] if isinstance(one, Job) else one for one in found), None)


def _known(engine: Engine, ref: Ref) -> Job | Outcome:
    return exists(engine, ref) or Outcome(None, "refused", f"Job not found: {ref.id}", ref.id)


def apply(engine: Engine, act: Mutation, verb: Verb, selection: Selection, limit: int, *, dry_run: bool) -> Outcomes:
    """Do it to each selected job, newest first; one that can't be, or is another user's, does not keep the others from it.

    The whole call leaves one audit record, before it begins; a dry run changes nothing and leaves none.
    """
    if not selection.statuses:
        selection = replace(selection, statuses=verb.statuses)
    selected = select(engine, selection, limit)
    if dry_run:
        pairs = zip(selected.jobs, selected.holds, strict=True)
        return Outcomes(
            tuple(_tried(engine, act.actor, verb, job, standing) for job, standing in pairs), selected.after
        )
    record(engine, act)
    end = engine.clock.now() + SECONDS
    outcomes: list[Outcome] = []
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        some: Sequence[Job] = ()
        for start in range(0, len(selected.jobs), SIDE_BY_SIDE):
            if outcomes and engine.clock.now() > end:
                return Outcomes(tuple(outcomes), created_key(some[-1]))
            some = selected.jobs[start : start + SIDE_BY_SIDE]
            outcomes += pool.map(lambda job: _done(engine, act.actor, verb, job), some)
    return Outcomes(tuple(outcomes), selected.after)


def _tried(engine: Engine, actor: Actor, verb: Verb, job: Job, standing: tuple[Hold, ...]) -> Outcome:
    try:
        _own(actor, job)
        verb.check(job, engine.clock.now(), standing)
    except Refused as refusal:
        return Outcome(job, "refused", str(refusal))
    return Outcome(job, "would be done")


def _done(engine: Engine, actor: Actor, verb: Verb, job: Job) -> Outcome:
    try:
        _own(actor, job)
        return Outcome(verb.do(engine, job), "done")
    except Refused as refusal:
        return Outcome(job, "refused", str(refusal))
    except FermataError as error:
        return Outcome(job, "failed", str(error))


def _own(actor: Actor, job: Job) -> None:
    if not may_control(actor, job.user):
        raise Forbidden(ADMIN)

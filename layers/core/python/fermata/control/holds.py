"""A job's own holds: asking it to stop, and taking that back.

No lock is needed. A pauser writes its hold, then reads the leases; a worker writes its lease, then reads the holds; both reads
are strongly consistent, so at least one of them sees the other. Whoever finds a job held with no live lease moves it to
``paused``, on the condition that the job, and the scopes whose holds it saw, have not changed meanwhile.
"""

from __future__ import annotations

from dataclasses import replace

from fermata.control.answers import answered, pursued
from fermata.control.deeds import unheld
from fermata.control.engine import Engine, JobUpdate, update
from fermata.control.view import look
from fermata.domain.errors import HeldElsewhere, WrongStatus
from fermata.domain.events import EventType, Mutation
from fermata.domain.holds import AUTOMATIC, OWN, Hold, described
from fermata.domain.jobs import Job, Receipt, Ref
from fermata.domain.lifecycle import note
from fermata.domain.transitions import Status

__all__ = ["AUTOMATIC"]


def own_hold(engine: Engine, owner: str, reason: str | None, until: float | None = None) -> Hold:
    """A hold on one job, from now on."""
    return Hold(OWN, owner, reason, engine.clock.now(), until)


def pause(engine: Engine, act: Mutation | None, ref: Ref, hold: Hold, *, wait: bool = True) -> Job:
    """Ask the job to stop at the next checkpoint; it is ``paused`` once no unit runs.

    Asking again before it has stopped replaces the reason. ``wait``: answer once no worker starts another unit. Raises
    WrongStatus when it has ended, is in review, or is paused by a hold of its own already.
    """

    def ask(job: Job) -> JobUpdate | None:
        now = engine.clock.now()
        check_pause(job, now)
        held = [one for one in job.own_holds(now) if one.scope == OWN]
        others = tuple(one for one in job.holds if one.scope != OWN)
        asked = replace(job, holds=(hold, *others), pause=job.pause if held else Receipt(now, _in_flight(engine, job)))
        if held:
            return JobUpdate(replace(asked, updated_at=now))
        asked, event = note(asked, EventType.PAUSING, now, reason=hold.reason, owner=hold.owner, until=hold.until)
        return JobUpdate(asked, (event,))

    update(engine, ref, ask, act)
    return answered(engine, ref) if wait else pursued(engine, ref)


def check_pause(job: Job, now: float) -> None:
    """Raises WrongStatus unless the job may be paused."""
    if (
        job.status.final
        or job.status is Status.WAITING_REVIEW
        or (job.status is Status.PAUSED and any(map(_removable, job.own_holds(now))))
    ):
        raise WrongStatus("pause", job.status.value)


def resume(engine: Engine, act: Mutation | None, ref: Ref, reason: str | None = None) -> Job:
    """Remove the job's own holds; with no hold on its scopes either, it goes on.

    Raises WrongStatus when it is neither paused nor asked to pause, and HeldElsewhere when only others' holds keep it.
    """

    def let_go(job: Job) -> JobUpdate:
        view = look(engine, ref)
        now, user = engine.clock.now(), act.actor.user if act else None
        check_resume(job, now, view.standing(now))
        kept = tuple(hold for hold in job.holds if not _removable(hold))
        return unheld(replace(view, job=job), kept, now, user, reason)

    update(engine, ref, let_go, act)
    return pursued(engine, ref)


def still_held(engine: Engine, job: Job) -> tuple[Hold, ...]:
    """What holds the job now, its own holds first; nothing once it has ended."""
    return () if job.status.final else engine.store.gate(job.ref, job.scope_names).holds(engine.clock.now())


def check_resume(job: Job, now: float, standing: tuple[Hold, ...] = ()) -> None:
    """Raises WrongStatus unless the job may be resumed; ``standing``: all that holds it now."""
    if any(map(_removable, job.holds)) and not job.status.final:
        return
    if job.status is not Status.PAUSED and not (standing and not job.status.final):
        raise WrongStatus("resume", job.status.value)
    if standing:
        raise HeldElsewhere(job.status.value, standing, described(standing))


def _removable(hold: Hold) -> bool:
    """Whether a resume takes it away: what a person or the engine placed, and not what another job's end takes away."""
    return hold.scope == OWN or hold.owner == AUTOMATIC


def _in_flight(engine: Engine, job: Job) -> int:
    """Units that may be running, at most."""
    if job.status is not Status.RUNNING:
        return 0
    now = engine.clock.now()
    live = (chunk for chunk in engine.ledger.chunks(job.ref, job.stage) if chunk.live(now))
    return sum(min(job.plan.width, len(chunk.todo)) for chunk in live)

"""A job with all that decides what comes next, as it was read once, and that decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fermata.control.engine import Engine
from fermata.control.upgrade import upgraded
from fermata.domain.chunks import Chunk
from fermata.domain.holds import Hold, Scope, standing
from fermata.domain.jobs import Job, Ref
from fermata.domain.progress import MESSAGES, Action, Step, next_step
from fermata.ports import Gate


@dataclass(frozen=True)
class View:
    """Where a job stands.

    Attributes:
        scopes: what can hold it beside itself.
        chunks: of its stage; none where they decide nothing.
        at: clock time before which nothing of this was read.
    """

    job: Job
    scopes: tuple[Scope, ...]
    chunks: tuple[Chunk, ...]
    step: Step
    at: float

    @classmethod
    def of(
        cls,
        job: Job,
        scopes: tuple[Scope, ...],
        chunks: tuple[Chunk, ...],
        at: float,
        now: float,
        *,
        lost: bool = False,
    ) -> View:
        holds = (*job.holds, *(scope.hold for scope in scopes if scope.hold is not None))
        return cls(job, scopes, chunks, next_step(job, holds, chunks, now, lost=lost), at)

    @property
    def rests(self) -> bool:
        """Whether there is nothing to do before somebody stores another fact, or the message comes that is on its way."""
        return self.step.action is Action.WAIT or (self.step.queued and self.step.action in MESSAGES)

    @property
    def holds(self) -> tuple[Hold, ...]:
        """All that lie on it, those whose time is over included."""
        return (*self.job.holds, *(scope.hold for scope in self.scopes if scope.hold is not None))

    def standing(self, now: float) -> tuple[Hold, ...]:
        return standing(self.holds, now)


def look(engine: Engine, ref: Ref, *, lost: bool = False, scopes: Sequence[str] = ()) -> View:
    """Where the job stands and what comes next; strongly consistent. Raises NotFound.

    ``scopes``: the job's, as far as the caller knows them; then they are read together with it.
    """
    at = engine.clock.now()
    gate = engine.store.gate(ref, scopes, whole=True) if scopes else Gate(engine.store.job(ref), ())
    job, held = gate.job, gate.scopes
    if not job.closed:
        job = upgraded(engine, job)
    if job.status.final:
        held = ()
    elif tuple(scope.name for scope in held) != job.scope_names:
        held = engine.store.scopes(ref.tenant, job.scope_names)
    # In this order: whoever holds the job writes the hold, then looks at the leases.
    chunks = tuple(engine.ledger.chunks(ref, job.stage)) if job.plan.chunks and not job.closed else ()
    return View.of(job, held, chunks, at, engine.clock.now(), lost=lost)


def onward(engine: Engine, view: View, job: Job) -> View:
    """The view after a write of one's own. It is good to see that nothing is left to do, and as the ground of a write that
    asks whether the job is unchanged; what hangs on others' leases takes another look."""
    held = () if job.status.final else view.scopes
    return View.of(job, held, view.chunks, view.at, engine.clock.now())

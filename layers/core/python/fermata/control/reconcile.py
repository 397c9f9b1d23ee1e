"""Brings a job to where its facts say: read once, decide, do one thing, and again until there is nothing to do but wait.

Every trigger (an operator, a worker, an execution that arrives, a released scope, recovery) stores its own fact and then calls
this. Safe at any moment, and twice at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from fermata.control import execution
from fermata.control.deeds import DEEDS
from fermata.control.engine import Engine
from fermata.control.view import View, look, onward
from fermata.domain.errors import NotFound, Stale, Unavailable
from fermata.domain.holds import LOOK_AGE
from fermata.domain.jobs import Job, Ref
from fermata.domain.progress import MESSAGES, Action, WaitsFor

TURNS = 60
"""Deeds after which a job that never comes to rest is left to recovery; a job has far fewer."""


def reconcile(
    engine: Engine,
    ref: Ref,
    *,
    leave: frozenset[Action] = frozenset(),
    lost: bool = False,
    scopes: Sequence[str] = (),
    seen: View | None = None,
) -> View:
    """Do what comes next until there is nothing to do but wait, or what ``leave`` names; the view at that moment.

    ``lost``: messages may have been lost, so what waits for one is queued again; ``scopes``: as in :func:`look`; ``seen``: the
    job as the caller has just left it, instead of a first look. Raises NotFound.
    """
    view = seen
    for _ in range(TURNS):
        view = view or look(engine, ref, lost=lost, scopes=scopes)
        action = view.step.action
        if view.rests or action in leave:
            execution.follow(engine, view.job)
            return view
        try:
            job = DEEDS[action](engine, view)
        except Stale:
            view = None
            continue
        lost = lost and action not in (Action.DISPATCH, *MESSAGES)
        view = onward(engine, view, job) if job is not None else None
        if view is not None and not view.rests:
            view = None
    raise Unavailable(f"job {ref.id} is being changed by others; try again")


def arrived(engine: Engine, ref: Ref, number: int, state: str | None, token: str) -> None:
    """An execution has come to a state and waits there with its token; to none of ours (None) if it began under 0.1.0.

    Where it is waited for there is nothing else to do: whoever changes the job from now on finds the token with it.
    """
    if state is None:
        engine.workflow.stop(ref, number, "an update of the stack: the next execution goes on")
    elif execution.arrive(engine, ref, number, state, token):
        return
    with suppress(NotFound):
        reconcile(engine, ref)


def answered(engine: Engine, ref: Ref) -> Job:
    """Reconcile what was just held or ended, and return once no worker can start a unit because it has not looked yet."""
    view = reconcile(engine, ref)
    if view.step.waits_for is WaitsFor.REST and view.step.chunks:
        engine.clock.sleep(LOOK_AGE)
        view = reconcile(engine, ref)
    return view.job

"""Brings a job to where its facts say: read once, decide, do one thing, and again until there is nothing to do but wait.

Every trigger (an operator, a worker, an execution that arrives, a released scope, recovery) stores its own fact and then calls
this. Safe at any moment, and twice at once.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress

from fermata.control import execution
from fermata.control.deeds import DEEDS
from fermata.control.engine import Engine
from fermata.control.view import View, look, onward
from fermata.domain.errors import DEPENDENCIES, NotFound, Stale, Unavailable
from fermata.domain.jobs import Ref
from fermata.domain.progress import MESSAGES, Action

logger = logging.getLogger(__name__)

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
            try:
                execution.follow(engine, view.job)
            except DEPENDENCIES:
                if view.job.due_at != 0.0:  # recovery would not look at it again, and the work does not hang on it
                    raise
                logger.warning("the execution of %s could not be moved on; recovery tries again", ref.id, exc_info=True)
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
    """An execution has come to a state and waits there with its token, which whoever changes the job from now on finds; to none
    of ours (None) if it began under 0.1.0."""
    if state is None:
        engine.workflow.stop(ref, number, "an update of the stack: the next execution goes on")
    elif execution.arrive(engine, ref, number, state, token):
        return
    with suppress(NotFound):
        reconcile(engine, ref)

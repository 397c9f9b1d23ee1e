"""What is answered to a request that was just stored: the job, with what follows done as far as services let it be."""

from __future__ import annotations

import logging

from fermata.control.engine import Engine
from fermata.control.reconcile import reconcile
from fermata.control.view import View
from fermata.domain.errors import DEPENDENCIES
from fermata.domain.holds import LOOK_AGE
from fermata.domain.jobs import Job, Ref
from fermata.domain.progress import WaitsFor

logger = logging.getLogger(__name__)


def pursued(engine: Engine, ref: Ref) -> Job:
    """Reconcile what was just stored. Where a service fails it is done all the same, and recovery sees to what follows."""
    view = _followed_up(engine, ref)
    return view.job if view is not None else engine.store.job(ref)


def answered(engine: Engine, ref: Ref) -> Job:
    """The same of what was just held or ended, once no worker can start a unit because it has not looked yet."""
    view = _followed_up(engine, ref)
    if view is None or (view.step.waits_for is WaitsFor.REST and view.step.chunks):
        engine.clock.sleep(LOOK_AGE)
        return pursued(engine, ref)
    return view.job


def _followed_up(engine: Engine, ref: Ref) -> View | None:
    """None where a service failed."""
    try:
        return reconcile(engine, ref)
    except DEPENDENCIES:
        logger.warning("what was stored could not be followed up", exc_info=True, extra={"job_id": ref.id})
        return None

"""Recovery: looks at everything that is due and puts right what got lost. Safe at any moment, twice at once."""

from __future__ import annotations

import logging
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial

from fermata.control import callbacks, deliveries, health, schedules, scopes
from fermata.control.engine import Engine
from fermata.control.health import Signs, Thresholds
from fermata.control.queueing import job_message
from fermata.control.reconcile import reconcile
from fermata.control.view import look
from fermata.domain.errors import FermataError, NotFound, Stale
from fermata.domain.events import SystemEventType
from fermata.domain.holds import SYSTEM
from fermata.domain.jobs import Ref
from fermata.domain.listing import Listing, created_key
from fermata.domain.progress import Action
from fermata.domain.schedules import schedule_scope
from fermata.domain.transitions import Status
from fermata.domain.webhooks import webhook_scope
from fermata.ports import AddSystemEvent, Message, SaveScope

logger = logging.getLogger(__name__)

SETTLE = 60.0
"""Seconds that an index may lag behind the table, generously."""

REPAIRS = frozenset({Action.REQUEUE, Action.RELEASE})
"""Steps that others should have taken by now."""


@dataclass
class Report:
    """What a recovery did.

    Attributes:
        looked: jobs and scopes it looked at.
        repaired: in how many something had got lost that it put right.
        tenants: in how many of each.
        errors: what could not be looked at, in words; one failing does not keep it from the rest.
    """

    looked: int = 0
    repaired: int = 0
    tenants: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)


def recover(engine: Engine, until: float, thresholds: Thresholds | None = None) -> Report:
    """Look at everything that is due, until clock time ``until``; then tell each tenant what was put right and what is wrong."""
    report, signs = Report(), Signs()
    for message in _dead(engine, report):
        signs.dead[message.tenant] += 1
        _attempt(engine, report, message.ref, partial(_revive, engine, message))
    whole = True
    for item in engine.store.due(engine.clock.now()):
        if engine.clock.now() > until:
            whole = False
            break
        report.looked += 1
        if isinstance(item, Ref):
            _attempt(engine, report, item, partial(recover_job, engine, item, signs))
        elif item[1].startswith(schedule_scope("")):
            _attempt(engine, report, item, partial(_settle, engine, *item))
        elif item[1].startswith(webhook_scope("")):
            _attempt(engine, report, item, partial(_deliver, engine, *item))
        elif item[1] == health.SCOPE:
            signs.tenants.add(item[0])
        else:
            _attempt(engine, report, item, partial(_recover_scope, engine, *item, until, report))
    _tell(engine, report)
    if whole:  # part of the signs would look like an improvement
        _check_health(engine, report, signs, thresholds or Thresholds())
    return report


def _dead(engine: Engine, report: Report) -> Iterator[Message]:
    """Messages that were given up; that they can't be had keeps nobody from the rest."""
    with _reported(report, "dead letters"):
        yield from engine.queue.dead()


def _tell(engine: Engine, report: Report) -> None:
    """One line in the history of each tenant in whose jobs something was put right."""
    now = engine.clock.now()
    for tenant, count in report.tenants.items():
        reason = f"repaired {count} {'job' if count == 1 else 'jobs'}"
        event = scopes.system_event(now, SystemEventType.RECOVERY, reason, "default", secrets.token_hex(8))
        with _reported(report, tenant):
            engine.store.write(AddSystemEvent(tenant, event))


def _check_health(engine: Engine, report: Report, signs: Signs, thresholds: Thresholds) -> None:
    for tenant in sorted(signs.tenants | set(signs.dead)):
        with _reported(report, tenant):
            health.check(engine, tenant, signs, thresholds)


def recover_job(engine: Engine, ref: Ref, signs: Signs | None = None) -> bool:
    """See to one job. True when something had got lost and was put right; the end of a hold, a job or its time is no repair.

    ``signs``: where to note what it comes by.
    """
    try:
        before = look(engine, ref)
    except ImportError:  # of a release before this one, and its kind's code is with the workers
        engine.queue.send([job_message(engine.store.job(ref))])
        return False
    if signs is not None and not before.job.status.final:
        signs.saw(before.job, held=bool(before.standing(engine.clock.now())))
    callbacks.beat(engine, before.job)
    step = before.step
    late = step.action in (Action.PLAN, Action.FINISH, Action.DISPATCH) and not step.queued
    reconcile(engine, ref)
    return step.action in REPAIRS or late


def wake(engine: Engine, tenant: str, name: str, until: float, report: Report | None = None) -> bool:
    """Let the paused jobs go on that waited for a scope. False when time ran out first: call it again.

    The index of paused jobs lags a little, so the scope stays due until a look that came SETTLE seconds after its release, and
    until each of them was looked at, or will be.
    """
    scope = engine.store.scope(tenant, name)
    if scope.waking_since is None:
        return True
    after, report, seen = None, report or Report(), True
    while page := engine.store.open_jobs(tenant, waits_on=name, after=after, limit=100):
        for ref in page:
            if engine.clock.now() > until:
                return False
            seen &= _attempt(engine, report, ref, partial(_reconciled, engine, ref))
        after = page[-1]
    if name == SYSTEM:
        _wake_unnamed(engine, tenant)
    if seen and engine.clock.now() - scope.waking_since >= SETTLE:
        with suppress(Stale):
            engine.store.write(SaveScope(replace(scope, waking_since=None, rev=scope.rev + 1)))
    return True


def _wake_unnamed(engine: Engine, tenant: str) -> None:
    """Jobs that 0.1.0 paused don't say what keeps them."""
    listing = Listing(tenant, statuses=(Status.PAUSED,), limit=100)
    while page := engine.store.jobs(listing):
        for job in page:
            if job.waits_on is None:
                _attempt(engine, Report(), job.ref, partial(_reconciled, engine, job.ref))
        listing = replace(listing, before=created_key(page[-1]))


def _reconciled(engine: Engine, ref: Ref) -> bool:
    reconcile(engine, ref)
    return False


def _recover_scope(engine: Engine, tenant: str, name: str, until: float, report: Report) -> bool:
    scope = engine.store.scope(tenant, name)
    if scope.hold is not None and not scope.hold.holds(engine.clock.now()):
        scopes.expire_scope(engine, tenant, name)
    wake(engine, tenant, name, until, report)
    return False  # a hold that ends when it was to is no repair


def _settle(engine: Engine, tenant: str, name: str) -> bool:
    schedules.settle(engine, tenant, name.removeprefix(schedule_scope("")))
    return False


def _deliver(engine: Engine, tenant: str, name: str) -> bool:
    deliveries.recover(engine, tenant, name.removeprefix(webhook_scope("")))
    return False


def _revive(engine: Engine, message: Message) -> bool:
    """A message that was given up: give it another life while there is work in it."""
    if message.task == "wake":
        engine.queue.send([message])
        return True
    job = engine.store.job(message.ref)
    if job.status.final:
        return False
    if message.task == "chunk" and engine.ledger.chunk(message.ref, message.stage, message.chunk).done:
        return False
    engine.queue.send([message])
    return True


def _attempt(engine: Engine, report: Report, item: Ref | tuple[str, str], act: Callable[[], bool]) -> bool:
    """One repair. An error in it, of whatever type, is reported, stops no other, and puts that item off a while.

    False: not even that could be stored, so nobody may look at the item again.
    """
    tenant, name = item
    try:
        repaired = act()
    except NotFound:
        return True
    except Exception as error:
        logger.exception("recovery failed", extra={"item": name})
        report.errors.append(f"{name}: {error if isinstance(error, FermataError) else type(error).__name__}")
        try:
            engine.store.postpone(item)
        except Exception:
            return False
        return True
    if repaired:
        report.repaired += 1
        report.tenants[tenant] += 1
    return True


@contextmanager
def _reported(report: Report, name: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        logger.exception("recovery failed", extra={"item": name})
        report.errors.append(f"{name}: {error if isinstance(error, FermataError) else type(error).__name__}")

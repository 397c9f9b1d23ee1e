"""Scopes: holding a source, or a whole tenant, and letting it go.

A worker looks at the holds before each unit, so what is held here stops by itself; what only this held is woken when it ends.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import replace

from fermata.control.engine import TRIES, Engine
from fermata.domain.errors import DEPENDENCIES, Stale, Unavailable
from fermata.domain.events import Mutation, SystemEvent, SystemEventType
from fermata.domain.holds import SYSTEM, Hold, Scope
from fermata.ports import AddAudit, AddSystemEvent, Change, Message, SaveScope

logger = logging.getLogger(__name__)


def hold_scope(engine: Engine, act: Mutation | None, tenant: str, hold: Hold, workspace: str = "default") -> Scope:
    """Place, or replace, the hold on a source or the system. Jobs stop at their next unit, new ones wait."""
    return _change(engine, act, tenant, hold.scope, hold, workspace, hold.reason)


def release_scope(
    engine: Engine, act: Mutation | None, tenant: str, name: str, workspace: str = "default", reason: str | None = None
) -> Scope:
    """Remove the hold on a source or the system; what waited for it alone is queued again."""
    return _waking(engine, _change(engine, act, tenant, name, None, workspace, reason))


def expire_scope(engine: Engine, tenant: str, name: str) -> Scope:
    """Remove the hold on a source or the system if its time is over."""
    return _waking(engine, _change(engine, None, tenant, name, None, "default", None, by_clock=True))


def _waking(engine: Engine, scope: Scope) -> Scope:
    if scope.waking_since is not None:
        try:
            engine.queue.send([Message("wake", scope.tenant, scope.name, express=True)])
        except DEPENDENCIES:
            logger.warning("recovery wakes what could not be woken now", exc_info=True, extra={"scope": scope.name})
    return scope


def _change(
    engine: Engine,
    act: Mutation | None,
    tenant: str,
    name: str,
    hold: Hold | None,
    workspace: str,
    reason: str | None,
    *,
    by_clock: bool = False,
) -> Scope:
    """Replace a scope's hold, or remove it; ``by_clock``: only one whose time is over."""
    for _ in range(TRIES):
        scope = engine.store.scope(tenant, name)
        now = engine.clock.now()
        audit: tuple[Change, ...] = (AddAudit(act),) if act else ()
        standing = scope.hold is not None and scope.hold.holds(now)
        if hold is None and (scope.hold is None or (standing and by_clock)):
            if audit:
                engine.store.write(*audit)
            return scope
        kept = replace(hold, since=scope.hold.since) if hold and scope.hold and standing else hold
        changed = replace(scope, hold=kept, rev=scope.rev + 1)
        changed = replace(
            changed, waking_since=now if hold is None else None, released_by=act.actor.user if act else None
        )
        type_ = SystemEventType.PAUSE if hold else SystemEventType.RESUME
        about = None if name == SYSTEM else name
        event = system_event(now, type_, reason, workspace, (name, changed.rev), about)
        try:
            engine.store.write(SaveScope(changed), AddSystemEvent(tenant, event), *audit)
        except Stale:
            continue
        return changed
    raise Unavailable(f"{name} is being changed by others; try again")


def system_event(
    at: float, type_: SystemEventType, reason: str | None, workspace: str, tie: object, about: str | None = None
) -> SystemEvent:
    """A line for the system history; ``tie`` tells apart what happens at the same moment."""
    told_apart = hashlib.blake2s(repr(tie).encode(errors="surrogatepass"), digest_size=5).hexdigest()
    return SystemEvent(f"evt_{at * 1e6:016.0f}_{told_apart}", type_, at, reason, workspace, about)

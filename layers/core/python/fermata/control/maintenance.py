"""Maintenance windows: the system hold that a schedule places and takes away again."""

from __future__ import annotations

from fermata.control import scopes
from fermata.control.engine import Engine
from fermata.domain.events import Actor, Mutation
from fermata.domain.holds import SYSTEM, Hold

OWNER = "maintenance"
REASON = "maintenance window"


def begin(engine: Engine, tenant: str) -> bool:
    """Hold the tenant's processing. A hold that a person placed stays as it is, to outlast the window; then False."""
    now = engine.clock.now()
    standing = engine.store.scope(tenant, SYSTEM).hold
    if standing is not None and standing.holds(now) and standing.owner != OWNER:
        return False
    scopes.hold_scope(engine, _act(tenant, "system.pause", now), tenant, Hold(SYSTEM, OWNER, REASON, now))
    return True


def end(engine: Engine, tenant: str) -> bool:
    """Take the window's hold away, and no other; False when there is none."""
    standing = engine.store.scope(tenant, SYSTEM).hold
    if standing is None or standing.owner != OWNER:
        return False
    scopes.release_scope(engine, _act(tenant, "system.resume", engine.clock.now()), tenant, SYSTEM)
    return True


def _act(tenant: str, action: str, at: float) -> Mutation:
    return Mutation(Actor(tenant, OWNER), action, SYSTEM, at)

"""Observers whose connections a gateway keeps: told whenever something of their batch was stored.

Whoever reads the table's changes calls :func:`push` for each batch that they are about. What was sent and could not be noted down
is sent again: a message may come twice, and never not at all.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace

from fermata.api.batch import frames
from fermata.api.batch.family import NAME
from fermata.api.batch.socket import admitted
from fermata.api.context import Services
from fermata.control.engine import Engine
from fermata.domain import strict_json
from fermata.domain.errors import NotFound, Stale, Unavailable
from fermata.domain.jobs import Ref
from fermata.domain.observers import Observer
from fermata.ports import Connections, Observers

logger = logging.getLogger("fermata.api")

SILENCE = 25.0
"""Seconds after which an observer is told that the connection is good; looked at each minute."""

YOUNG = 10.0
"""Seconds within which a connection that is not there may still be opening."""


def open_connection(
    services: Services, observers: Observers, id_: str, headers: Mapping[str, str], asked: Mapping[str, str]
) -> None:
    """Note down whoever may observe; what there is to tell is sent once this is stored. Raises Refused.

    ``headers``: by lower-case name; ``asked``: what the address has, among it the `job_id`.
    """
    ref, now = admitted(services, headers, {"job_id": "", **asked}), services.engine.clock.now()
    observers.add(Observer(id_, ref.tenant, ref.id, opened_at=now, told_at=now))


def push(engine: Engine, observers: Observers, connections: Connections, ref: Ref) -> None:
    """Tell each observer of the batch what it has not been told. Raises Unavailable, after which it is safe to try again."""
    if ref.id.startswith(f"{NAME}:"):
        for observer in observers.of(ref):
            tell(engine, observers, connections, observer)


def keep_alive(engine: Engine, observers: Observers, connections: Connections) -> None:
    """Tell each observer what got lost on the way; whoever has been told nothing for long, that the connection is good.

    One that can't be told keeps no other from being told.
    """
    for observer in observers.all():
        try:
            told = tell(engine, observers, connections, observer)
            if told is not None and engine.clock.now() - told.told_at >= SILENCE:
                message = frames.keepalive(told.ref.id.partition(":")[2])
                _sent(engine, observers, connections, told, (message,), told.seen)
        except Exception:
            logger.exception(
                "an observer could not be told", extra={"connection": observer.id, "job_id": observer.job_id}
            )


def tell(engine: Engine, observers: Observers, connections: Connections, observer: Observer) -> Observer | None:
    """The observer as it is noted down afterwards; None when it has gone, everything is told, or somebody else tells it."""
    told: Observer | None = observer
    while told is not None:
        try:
            look = (
                frames.news(engine, told.ref, frames.Seen.parse(told.seen))
                if told.seen
                else frames.opening(engine, told.ref)
            )
        except NotFound:
            _close(observers, connections, told)
            return None
        if look.messages:
            told = _sent(engine, observers, connections, told, look.messages, str(look.seen))
        if look.over and told is not None:
            _close(observers, connections, told)
            return None
        if len(look.messages) < frames.MOST:
            return told
    return None


def _sent(
    engine: Engine,
    observers: Observers,
    connections: Connections,
    observer: Observer,
    messages: tuple[frames.Message, ...],
    seen: str,
) -> Observer | None:
    now = engine.clock.now()
    try:
        for message in messages:
            connections.send(observer.id, strict_json.dumps(message).decode())
        return observers.save(replace(observer, told_at=now, seen=seen))
    except NotFound:
        if now - observer.opened_at < YOUNG:
            raise Unavailable(f"the connection {observer.id} is not open yet") from None
        observers.remove(observer.id)
    except Stale:
        pass  # somebody else tells it, or it has gone
    return None


def _close(observers: Observers, connections: Connections, observer: Observer) -> None:
    observers.remove(observer.id)
    try:
        connections.close(observer.id)
    except NotFound:
        return

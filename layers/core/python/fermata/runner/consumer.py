"""One message's delivery to a worker: whether it is done with, and if not, when it comes again."""

from __future__ import annotations

from typing import Protocol

from fermata.control.engine import Engine
from fermata.domain.errors import NotFound
from fermata.ports import Delivery, Message
from fermata.runner.claim import ChunkOutcome
from fermata.runner.deadline import slice_of
from fermata.runner.dispatch import handle
from fermata.runner.slots import ThreadSlots

LONGEST_WAIT = 60.0


class Delivered(Delivery, Protocol):
    """A delivery with its message.

    Attributes:
        count: how often it has been delivered, with this time.
    """

    message: Message
    count: int


class Again(Exception):
    """The message has to be delivered again; its worker died, and its lease has not lapsed yet."""


def deliver(engine: Engine, delivery: Delivered, seconds: float) -> ChunkOutcome:
    """Do what the message asks, in so many seconds at most.

    Raises Again, or whatever went wrong: then it comes again, and sooner than the queue would have it.
    """
    message = delivery.message
    try:
        stop = handle(engine, message, delivery, ThreadSlots(), slice_of(engine, seconds, express=message.express))
    except Exception:
        delivery.extend(min(2.0**delivery.count, LONGEST_WAIT))
        raise
    if stop is ChunkOutcome.BUSY:
        delivery.extend(_rest_of_lease(engine, message) + 1)
        raise Again
    return stop


def _rest_of_lease(engine: Engine, message: Message) -> float:
    try:
        chunk = engine.ledger.chunk(message.ref, message.stage, message.chunk)
    except NotFound:
        return 0.0
    return max(0.0, chunk.lease_until - engine.clock.now())

"""From a message to a worker's outcome."""

from __future__ import annotations

from fermata.control import holds
from fermata.control.engine import Engine
from fermata.control.execution import chunk_message, go_on, move_on
from fermata.control.release import expire, wake
from fermata.control.termination import close
from fermata.domain.chunks import LEASE, Chunk
from fermata.domain.errors import NotFound, Stale
from fermata.domain.jobs import Job
from fermata.domain.transitions import Status
from fermata.ports import Delivery, Gate, Message
from fermata.runner.chunk_loop import ChunkOutcome, Work
from fermata.runner.slots import Slots


def handle(engine: Engine, message: Message, delivery: Delivery, slots: Slots, until: float) -> ChunkOutcome:
    """Do what a message asks, until clock time ``until``. BUSY: deliver it again; anything else: it is done with.

    A message for a chunk that is done, leased by another, or held is dropped: duplicates and stale messages are harmless.
    """
    if message.task == "wake":
        if not wake(engine, message.tenant, message.job_id, until):
            engine.queue.send([message])
        return ChunkOutcome.DRAINED
    try:
        if message.task in ("plan", "finish"):
            go_on(engine, message.ref, message.task, until)
            return ChunkOutcome.DRAINED
        return run_chunk(engine, message, delivery, slots, until)
    except NotFound:
        return ChunkOutcome.DROPPED


def run_chunk(engine: Engine, message: Message, delivery: Delivery, slots: Slots, until: float) -> ChunkOutcome:
    """Claim the chunk, run it, and see to what follows."""
    gate = engine.store.gate(message.ref, message.source)
    if gate.job.status.final:
        return ChunkOutcome.CANCELLED
    if gate.job.status is not Status.RUNNING or gate.held:
        _rest(engine, gate)
        return ChunkOutcome.HELD
    delivery.extend(LEASE + 1)
    claimed = _claim(engine, message, delivery)
    if isinstance(claimed, ChunkOutcome):
        return claimed
    gate = engine.store.gate(message.ref, message.source)
    stop = Work(engine, gate.job, claimed, gate, delivery, slots, until).run()
    return _after(engine, gate.job, claimed, stop)


def _claim(engine: Engine, message: Message, delivery: Delivery) -> Chunk | ChunkOutcome:
    chunk = engine.ledger.chunk(message.ref, message.stage, message.chunk)
    now = engine.clock.now()
    if chunk.done:
        return ChunkOutcome.DROPPED
    if chunk.live(now):
        # The same message again means that its worker is dead or out of reach: wait for its lease to lapse.
        return ChunkOutcome.BUSY if chunk.owner == delivery.id else ChunkOutcome.DROPPED
    claimed = chunk.claim(delivery.id, now)
    try:
        engine.ledger.save(message.ref, claimed)
    except Stale:
        return ChunkOutcome.DROPPED
    return claimed


def _after(engine: Engine, job: Job, chunk: Chunk, stop: ChunkOutcome) -> ChunkOutcome:
    """Once the lease is given back: who goes on?"""
    if stop is ChunkOutcome.DRAINED:
        _next_in_lane(engine, job, chunk)
        move_on(engine, job.ref)
    elif stop is ChunkOutcome.YIELDED:
        engine.queue.send([chunk_message(job, chunk)])
    elif stop is ChunkOutcome.HELD:
        # A resume may have come between the look that stopped us and the lease we gave back; its message found us leasing.
        gate = engine.store.gate(job.ref, job.source)
        if gate.held:
            _rest(engine, gate)
        else:
            engine.queue.send([chunk_message(job, chunk)])
    elif stop is ChunkOutcome.CANCELLED:
        close(engine, job.ref)
    return stop


def _rest(engine: Engine, gate: Gate) -> None:
    """Bring a held job to rest, or, where the holds have ended by the clock, let it go on."""
    if gate.held and not gate.holds(engine.clock.now()):
        expire(engine, gate)
    else:
        holds.quiesce(engine, gate.job.ref)


def _next_in_lane(engine: Engine, job: Job, chunk: Chunk) -> None:
    if job.limit is None:
        return
    for number in range(chunk.number + job.limit, job.stages[chunk.stage].chunks, job.limit):
        following = engine.ledger.chunk(job.ref, chunk.stage, number)
        if not following.done:
            engine.queue.send([chunk_message(job, following)])
            return

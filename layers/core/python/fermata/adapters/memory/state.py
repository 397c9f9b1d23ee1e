"""One process's memory as the whole outside world: the engine's ports over plain dictionaries.

Used by tests, by ``fermata`` without a stack, and by the seeded simulation. Each call is atomic; a lock makes that true under
threads as well.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from fermata.content.generations import Generations
from fermata.content.model import IndexedSection, Record, Source, WorkspaceRef
from fermata.control.outbox import Line
from fermata.domain.chunks import Chunk
from fermata.domain.events import AuditRecord, Event, Head, SystemEvent
from fermata.domain.holds import Scope
from fermata.domain.jobs import Job, Ref
from fermata.domain.schedules import Firing, Schedule
from fermata.domain.segments import Segment
from fermata.domain.webhooks import Delivery, Webhook
from fermata.ports import Message, ParkedToken, Shipment


@dataclass
class State:
    """Everything that is stored or under way.

    Attributes:
        lines: of histories that nobody has been told of.
        shipments: that wait to be sent, and the clock time before which they are not.
        arrivals: states that executions have come to and nobody has been told of: ref, number, state.
        delayed: messages, and the clock time before which they are not delivered.
        in_flight: messages that somebody has taken and not come to the end of.
        postponed, postponements: until when recovery has put an item off, and how often.
        answers, beats: what state machines of others were told by their tokens, and how often that it goes on.
        timers: schedules that are triggered when their times come.
        turns: when the next turn of a rate's key is.
        spent: what a job has spent of its budget.
        tokens: who waits for which token, likewise; parked: those that executions have told of, by job and number.
    """

    jobs: dict[Ref, Job] = field(default_factory=dict)
    scopes: dict[tuple[str, str], Scope] = field(default_factory=dict)
    sources: dict[tuple[str, str], Source] = field(default_factory=dict)
    events: dict[Ref, list[Event]] = field(default_factory=dict)
    audit: dict[str, list[AuditRecord]] = field(default_factory=dict)
    refused: dict[str, list[AuditRecord]] = field(default_factory=dict)
    anchors: dict[tuple[str, bool], Head] = field(default_factory=dict)
    system_events: dict[str, list[SystemEvent]] = field(default_factory=dict)
    postponed: dict[tuple[str, str], float] = field(default_factory=dict)
    postponements: dict[tuple[str, str], int] = field(default_factory=dict)
    turns: dict[tuple[str, str], float] = field(default_factory=dict)
    spent: dict[Ref, int] = field(default_factory=dict)
    numbers: dict[tuple[str, str], int] = field(default_factory=dict)
    keyed_numbers: dict[tuple[str, str, str], int] = field(default_factory=dict)
    chunks: dict[Ref, dict[tuple[int, int], Chunk]] = field(default_factory=dict)
    segments: dict[Ref, dict[tuple[int, int, int, int], Segment]] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    blocks: dict[tuple[WorkspaceRef, str], dict[tuple[str, int], tuple[IndexedSection, ...]]] = field(
        default_factory=dict
    )
    vectors: dict[tuple[WorkspaceRef, str, str, int], tuple[bytes, ...]] = field(default_factory=dict)
    generations: dict[WorkspaceRef, Generations] = field(default_factory=dict)
    records: dict[tuple[WorkspaceRef, str], dict[str, Record]] = field(default_factory=dict)
    schedules: dict[tuple[str, str], Schedule] = field(default_factory=dict)
    firings: dict[tuple[str, str], dict[float, Firing]] = field(default_factory=dict)
    timers: set[tuple[str, str]] = field(default_factory=set)
    webhooks: dict[tuple[str, str], Webhook] = field(default_factory=dict)
    deliveries: dict[tuple[str, str], dict[str, Delivery]] = field(default_factory=dict)
    shipments: list[tuple[float, Shipment]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    queue: list[Message] = field(default_factory=list)
    delayed: list[tuple[float, Message]] = field(default_factory=list)
    in_flight: list[Message] = field(default_factory=list)
    dead: list[Message] = field(default_factory=list)
    executions: dict[tuple[Ref, int], str] = field(default_factory=dict)
    tokens: dict[str, tuple[Ref, int, str]] = field(default_factory=dict)
    parked: dict[tuple[Ref, int], ParkedToken] = field(default_factory=dict)
    answers: dict[str, tuple[str, str]] = field(default_factory=dict)
    beats: dict[str, int] = field(default_factory=dict)
    arrivals: list[tuple[Ref, int, str]] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

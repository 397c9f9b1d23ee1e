"""Each test here runs over the memory and over AWS: what the engine relies on holds for both."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, TypeVar

import aws_account
import pytest
from fermata.adapters.aws.anchors import S3Anchors
from fermata.adapters.aws.api_keys import DynamoKeys
from fermata.adapters.aws.blobs import S3Blobs
from fermata.adapters.aws.counters import DynamoCounters
from fermata.adapters.aws.index import DynamoIndex
from fermata.adapters.aws.ledger import DynamoLedger
from fermata.adapters.aws.log import DynamoLog
from fermata.adapters.aws.observers import DynamoObservers
from fermata.adapters.aws.parking import DynamoParking
from fermata.adapters.aws.queue import SqsQueue, parse
from fermata.adapters.aws.records import DynamoRecords
from fermata.adapters.aws.scheduler import EventBridgeScheduler
from fermata.adapters.aws.schedules import DynamoSchedules
from fermata.adapters.aws.secrets import KmsSecrets
from fermata.adapters.aws.sources import DynamoSources
from fermata.adapters.aws.store import DynamoStore
from fermata.adapters.aws.webhooks import DynamoWebhooks, SqsWebhookQueue
from fermata.adapters.aws.webhooks import parse as parse_shipment
from fermata.adapters.aws.workflow import StepFunctions
from fermata.adapters.memory.api_keys import MemoryKeys
from fermata.adapters.memory.blobs import MemoryBlobs
from fermata.adapters.memory.counters import MemoryCounters
from fermata.adapters.memory.index import MemoryIndex
from fermata.adapters.memory.ledger import MemoryLedger
from fermata.adapters.memory.log import MemoryLog
from fermata.adapters.memory.observers import MemoryObservers
from fermata.adapters.memory.parking import MemoryParking
from fermata.adapters.memory.queue import MemoryQueue
from fermata.adapters.memory.records import MemoryRecords
from fermata.adapters.memory.schedules import MemoryScheduler, MemorySchedules
from fermata.adapters.memory.secrets import MemorySecrets
from fermata.adapters.memory.sources import MemorySources
from fermata.adapters.memory.state import State, SystemClock
from fermata.adapters.memory.store import MemoryStore
from fermata.adapters.memory.webhooks import MemoryWebhookQueue, MemoryWebhooks
from fermata.adapters.memory.workflow import MemoryWorkflow
from fermata.content.ports import Index, Records, Sources
from fermata.domain.chunks import Chunk
from fermata.domain.errors import TokenSpent
from fermata.domain.events import Actor, Event, EventType, Mutation
from fermata.domain.jobs import Job, Ref
from fermata.domain.ranges import Ranges
from fermata.ports import (
    Blobs,
    Counters,
    Keys,
    Ledger,
    Log,
    Message,
    Observers,
    Parking,
    Queue,
    SaveJob,
    Scheduler,
    Schedules,
    Secrets,
    Shipment,
    Store,
    WebhookQueue,
    Webhooks,
    Workflow,
)

T = TypeVar("T")

ROLE = "arn:aws:iam::123456789012:role/schedule"

PATIENCE = 20.0
"""Seconds after which something that never happens fails a test."""


@dataclass(frozen=True)
class Ports:
    """All ports of one world, and what a test does there in place of AWS.

    Attributes:
        timers: how many schedules are set.
        received: takes all messages out of the queue.
        shipped: takes all shipments out of the queue of webhooks.
        bury: puts a message among the dead letters.
        token: starts a run and gives the token that its first step waits with.
    """

    store: Store
    counters: Counters
    ledger: Ledger
    log: Log
    sources: Sources
    queue: Queue
    workflow: Workflow
    parking: Parking
    blobs: Blobs
    secrets: Secrets
    index: Index
    records: Records
    keys: Keys
    schedules: Schedules
    scheduler: Scheduler
    webhooks: Webhooks
    webhook_queue: WebhookQueue
    shipped: Callable[[], list[Shipment]]
    observers: Observers
    timers: Callable[[], int]
    received: Callable[[], list[Message]]
    bury: Callable[[Message], None]
    token: Callable[[Ref], str]


@pytest.fixture(params=["memory", "aws"])
def ports(request: pytest.FixtureRequest) -> Ports:
    return request.getfixturevalue(request.param)


@pytest.fixture
def memory() -> Ports:
    world = State()
    workflow = MemoryWorkflow(world)

    def received() -> list[Message]:
        found = list(world.queue)
        world.queue.clear()
        return found

    def shipped() -> list[Shipment]:
        found = [shipment for _, shipment in world.shipments]
        world.shipments.clear()
        return found

    def token(ref: Ref) -> str:
        workflow.start(ref, 1)
        world.tokens["token"] = (ref, 1, "working")
        return "token"

    return Ports(
        store=MemoryStore(world, SystemClock()),
        counters=MemoryCounters(world),
        ledger=MemoryLedger(world),
        log=MemoryLog(world),
        sources=MemorySources(world),
        queue=MemoryQueue(world, SystemClock()),
        workflow=workflow,
        parking=MemoryParking(world),
        blobs=MemoryBlobs(world),
        secrets=MemorySecrets(),
        index=MemoryIndex(world),
        records=MemoryRecords(world),
        keys=MemoryKeys(),
        schedules=MemorySchedules(world),
        scheduler=MemoryScheduler(world),
        webhooks=MemoryWebhooks(world),
        webhook_queue=MemoryWebhookQueue(world, SystemClock()),
        shipped=shipped,
        observers=MemoryObservers(),
        timers=lambda: len(world.timers),
        received=received,
        bury=world.dead.append,
        token=token,
    )


@pytest.fixture
def aws() -> Iterator[Ports]:
    with aws_account.opened() as place:
        yield _on(place)


class MotoStepFunctions(StepFunctions):
    """In moto a stopped execution goes on until its step ends; so a stop ends the step as well."""

    def __init__(self, state_machine: str, clients: Any) -> None:
        super().__init__(state_machine, clients)
        self.tokens: dict[tuple[Ref, int], str] = {}

    def stop(self, ref: Ref, run: int, reason: str) -> None:
        super().stop(ref, run, reason)
        if token := self.tokens.pop((ref, run), None):
            with suppress(TokenSpent):
                super().move(token, "paused", "working")


def _on(place: Any) -> Ports:
    clients = place.clients
    workflow = MotoStepFunctions(place.state_machine, clients)
    blobs = S3Blobs(place.bucket, clients)
    secrets = KmsSecrets(place.key, clients, place.mac_key)
    anchors = S3Anchors(place.audit_bucket, clients)

    def received() -> list[Message]:
        return [parse(body) for batch in iter(lambda: _take(clients, place.queue), []) for body in batch]

    def timers() -> int:
        return len(clients.scheduler.list_schedules(GroupName="fermata")["Schedules"])

    def bury(message: Message) -> None:
        SqsQueue(place.dead_letters, clients=clients).send([message])

    def token(ref: Ref) -> str:
        workflow.start(ref, 1)
        bodies = eventually(lambda: _take(clients, place.tokens))
        workflow.tokens[ref, 1] = json.loads(bodies[0])["token"]
        return workflow.tokens[ref, 1]

    return Ports(
        store=DynamoStore(place.table, clients, key_of=secrets.key, anchors=anchors),
        counters=DynamoCounters(place.table, clients),
        ledger=DynamoLedger(place.table, blobs, clients),
        log=DynamoLog(place.table, clients, anchors),
        sources=DynamoSources(place.table, clients),
        queue=SqsQueue(place.queue, place.dead_letters, clients),
        workflow=workflow,
        parking=DynamoParking(place.table, clients),
        blobs=blobs,
        secrets=secrets,
        index=DynamoIndex(place.table, clients),
        records=DynamoRecords(place.table, clients),
        keys=DynamoKeys(place.table, clients),
        schedules=DynamoSchedules(place.table, clients),
        scheduler=EventBridgeScheduler("fermata", "arn:aws:lambda:us-east-1:123456789012:function:f", ROLE, clients),
        webhooks=DynamoWebhooks(place.table, clients),
        webhook_queue=SqsWebhookQueue(place.webhooks, clients),
        shipped=lambda: [
            parse_shipment(body) for batch in iter(lambda: _take(clients, place.webhooks), []) for body in batch
        ],
        observers=DynamoObservers(place.table, clients),
        timers=timers,
        received=received,
        bury=bury,
        token=token,
    )


def _take(clients: Any, url: str) -> list[str]:
    found = clients.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    for message in found:
        clients.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [message["Body"] for message in found]


def eventually(look: Callable[[], T]) -> T:
    """What ``look`` finds, as soon as it finds something."""
    end = time.monotonic() + PATIENCE
    while not (found := look()):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)
    return found


# Examples. --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def wait() -> Callable[[Callable[[], Any]], Any]:
    return eventually


@pytest.fixture
def make_job() -> Callable[..., Job]:
    """Makes jobs that are new, each a second younger than the one before."""
    seconds = count(1_700_000_000)

    def make(id_: str = "jobs:1", **fields: Any) -> Job:
        defaults: dict[str, Any] = {
            "tenant": "acme",
            "id": id_,
            "family": "jobs",
            "kind": "echo",
            "workspace": "default",
            "user": "ann",
            "created_at": float(next(seconds)),
            "rev": 1,
        }
        return Job(**(defaults | fields))

    return make


@pytest.fixture
def started(ports: Ports, make_job: Callable[..., Job]) -> Callable[..., Job]:
    """Stores a new job."""

    def start(id_: str = "jobs:1", **fields: Any) -> Job:
        job = make_job(id_, **fields)
        ports.store.write(SaveJob(job))
        return job

    return start


@pytest.fixture
def change() -> Callable[..., Job]:
    """The next revision of a job."""
    return lambda job, **fields: replace(job, rev=job.rev + 1, **fields)


@pytest.fixture
def make_chunk() -> Callable[..., Chunk]:
    def make(number: int = 0, stage: int = 0, **fields: Any) -> Chunk:
        first = number * 10
        defaults: dict[str, Any] = {"first": first, "size": 10, "file": "units", "start": 0, "end": 99}
        return Chunk(stage, number, **(defaults | {"todo": Ranges.span(first, first + 10)} | fields))

    return make


@pytest.fixture
def make_event() -> Callable[..., Event]:
    return lambda number, **data: Event(number, EventType.STAGE, 1_700_000_000.25 + number, "running", data)


@pytest.fixture
def make_act() -> Callable[..., Mutation]:
    def make(action: str = "jobs.pause", tenant: str = "acme", **fields: Any) -> Mutation:
        return Mutation(
            Actor(tenant, "ann", frozenset({"control", "read"})), action, "jobs:1", 1_700_000_000.125, **fields
        )

    return make

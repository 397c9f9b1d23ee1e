"""The composition root: the one place where adapters are chosen, for AWS and for memory.

Imports stand inside the functions, so that a function loads only what it uses: the worker no HTTP, the api no boto3 client
before the first request that needs one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fermata.control.engine import Engine, Limits
from fermata.domain.kind import Kind, Settings
from fermata.environment import ApiEnvironment, Environment, RecoveryEnvironment, SocketEnvironment
from fermata.kinds.registry import Registry

if TYPE_CHECKING:
    from fermata.adapters.aws.bus import EventBridgeBus
    from fermata.adapters.aws.clients import Clients
    from fermata.adapters.aws.queue import SqsQueue
    from fermata.adapters.memory.state import State
    from fermata.api.auth import Security
    from fermata.content.workspace import ContentStores
    from fermata.observability.hooks import Watcher
    from fermata.ports import Clock, Connections, Keys, Observers, Receivers


def engine_from(environment: Environment, clients: Clients | None = None, watcher: Watcher | None = None) -> Engine:
    """The engine on AWS; building it calls nothing. ``watcher`` is told what the engine does to jobs and units."""
    from fermata.adapters.aws.anchors import S3Anchors
    from fermata.adapters.aws.api_keys import DynamoKeys
    from fermata.adapters.aws.blobs import S3Blobs
    from fermata.adapters.aws.clients import Clients, SystemClock
    from fermata.adapters.aws.counters import DynamoCounters
    from fermata.adapters.aws.ledger import DynamoLedger
    from fermata.adapters.aws.log import DynamoLog
    from fermata.adapters.aws.objects import opener
    from fermata.adapters.aws.parking import DynamoParking
    from fermata.adapters.aws.scheduler import EventBridgeScheduler
    from fermata.adapters.aws.schedules import DynamoSchedules
    from fermata.adapters.aws.secrets import KmsSecrets
    from fermata.adapters.aws.store import DynamoStore
    from fermata.adapters.aws.webhooks import DynamoWebhooks, SqsWebhookQueue
    from fermata.adapters.aws.workflow import StepFunctions
    from fermata.adapters.web.receivers import WebReceivers

    clients = clients or Clients()
    content = content_from(environment, clients)
    blobs = S3Blobs(environment.bucket, clients)
    secrets = KmsSecrets(environment.key_id, clients, environment.mac_key_id)
    anchors = S3Anchors(environment.audit_bucket, clients)
    engine = Engine(
        store=DynamoStore(environment.table, clients, key_of=secrets.key, anchors=anchors),
        ledger=DynamoLedger(environment.table, blobs, clients),
        log=DynamoLog(environment.table, clients, anchors),
        counters=DynamoCounters(environment.table, clients),
        queue=queue_from(environment, clients),
        workflow=StepFunctions(environment.state_machine_arn, clients),
        parking=DynamoParking(environment.table, clients),
        blobs=blobs,
        secrets=secrets,
        clock=SystemClock(),
        kinds=Registry(),
        schedules=DynamoSchedules(environment.table, clients),
        scheduler=EventBridgeScheduler(
            environment.schedule_group, environment.schedule_target, environment.schedule_role, clients
        ),
        keys=DynamoKeys(environment.table, clients),
        webhooks=DynamoWebhooks(environment.table, clients),
        webhook_queue=SqsWebhookQueue(environment.webhook_queue_url, clients),
        receivers=WebReceivers(),
        settings=Settings(
            allow_local_files=environment.allow_local_files,
            allowed_hosts=environment.allowed_hosts | {f"!{port}" for port in environment.private_ports},
            open_s3=opener(clients, {environment.bucket, environment.audit_bucket}),
            private_folders=environment.private_folders,
            objects=environment.document_owners or environment.document_objects,
        ),
        limits=Limits(
            environment.max_open_jobs,
            environment.max_units,
            environment.max_schedules,
            environment.max_webhooks,
            environment.callbacks,
            environment.lanes,
        ),
        workspace_content=content.workspace,
        on_closed=content.tidy_up,
        worker=environment.worker,
    )
    return _watched(engine, watcher)


def content_from(environment: Environment, clients: Clients | None = None) -> ContentStores:
    """What workspaces keep on AWS; building it calls nothing."""
    from fermata.adapters.aws.clients import Clients
    from fermata.adapters.aws.index import DynamoIndex
    from fermata.adapters.aws.records import DynamoRecords
    from fermata.adapters.aws.sources import DynamoSources
    from fermata.content.workspace import ContentStores

    clients, table = clients or Clients(), environment.table
    return ContentStores(DynamoSources(table, clients), DynamoIndex(table, clients), DynamoRecords(table, clients))


def queue_from(environment: Environment, clients: Clients | None = None) -> SqsQueue:
    from fermata.adapters.aws.queue import SqsQueue

    return SqsQueue(
        environment.queue_url,
        environment.dead_letter_queue_url,
        clients,
        express=environment.express_queue_url,
        classes={"ocr": environment.ocr_queue_url},
    )


def bus_from(environment: RecoveryEnvironment, clients: Clients | None = None) -> EventBridgeBus:
    from fermata.adapters.aws.bus import EventBridgeBus

    return EventBridgeBus(environment.bus, clients)


def app_from(
    environment: ApiEnvironment,
    clients: Clients | None = None,
    watcher: Watcher | None = None,
    *,
    alone: bool = False,
) -> Any:
    """The API on AWS, an ASGI app.

    ``alone``: nothing stands in front of its server, so it is called by loopback's names only, answers pages of other origins
    itself, and its streams last as long as their clients are there.
    """
    from fermata.adapters.aws.api_keys import DynamoKeys
    from fermata.adapters.aws.clients import Clients
    from fermata.adapters.aws.request_counter import DynamoCounter
    from fermata.api.anonymous import LOOPBACK
    from fermata.api.app import Options, create_app
    from fermata.api.context import DefaultModel
    from fermata.api.stream_windows import LASTING

    clients = clients or Clients()
    security = security_from(environment, DynamoKeys(environment.table, clients))
    options = Options(
        environment.requests_per_minute,
        counter=DynamoCounter(environment.table, clients),
        memory={"default": environment.worker_memory, "ocr": environment.ocr_memory},
        model=DefaultModel(environment.model_url, environment.model_name, environment.model_key),
    )
    if alone:
        options = replace(options, windows=LASTING, hosts=LOOPBACK, origins=environment.origins)
    engine, content = engine_from(environment, clients, watcher), content_from(environment, clients)
    return create_app(engine, content, security, options)


def observers_from(environment: SocketEnvironment, clients: Clients | None = None) -> tuple[Observers, Connections]:
    from fermata.adapters.aws.observers import ApiGateway, DynamoObservers

    return DynamoObservers(environment.table, clients), ApiGateway(environment.socket_url, clients)


def security_from(environment: ApiEnvironment, keys: Keys) -> Security:
    from fermata.api.anonymous import Doorman
    from fermata.api.auth import Security, Tokens
    from fermata.api.oidc import Provider

    tokens = None
    if environment.jwt_secret or environment.jwt_jwks_url:
        tokens = Tokens(
            environment.jwt_secret, environment.jwt_jwks_url, environment.jwt_issuer, environment.jwt_audience
        )
    provider = None
    if environment.oidc_client_id and environment.jwt_issuer:
        shared = frozenset(entry for entry in environment.allowed_hosts if "/" not in entry)  # those of no one tenant
        provider = Provider(environment.jwt_issuer, environment.oidc_client_id, environment.oidc_client_secret, shared)
    doorman = Doorman(environment.hosts, environment.origins)
    return Security(keys, tokens, environment.anonymous, doorman, provider=provider)


def memory_engine(
    world: State,
    kinds: Mapping[str, Kind] | None = None,
    clock: Clock | None = None,
    settings: Settings | None = None,
    limits: Limits | None = None,
    watcher: Watcher | None = None,
    content: ContentStores | None = None,
    keys: Keys | None = None,
    receivers: Receivers | None = None,
) -> Engine:
    """The engine over one process's memory; whoever drives the world plays the rest of AWS."""
    from fermata.adapters.memory.api_keys import MemoryKeys
    from fermata.adapters.memory.blobs import MemoryBlobs
    from fermata.adapters.memory.counters import MemoryCounters
    from fermata.adapters.memory.ledger import MemoryLedger
    from fermata.adapters.memory.log import MemoryLog
    from fermata.adapters.memory.parking import MemoryParking
    from fermata.adapters.memory.queue import MemoryQueue
    from fermata.adapters.memory.receivers import MemoryReceivers
    from fermata.adapters.memory.schedules import MemoryScheduler, MemorySchedules
    from fermata.adapters.memory.secrets import MemorySecrets
    from fermata.adapters.memory.state import SystemClock
    from fermata.adapters.memory.store import MemoryStore
    from fermata.adapters.memory.webhooks import MemoryWebhookQueue, MemoryWebhooks
    from fermata.adapters.memory.workflow import MemoryWorkflow

    content, clock = content or memory_content(world), clock or SystemClock()
    engine = Engine(
        store=MemoryStore(world, clock),
        ledger=MemoryLedger(world),
        log=MemoryLog(world),
        counters=MemoryCounters(world),
        queue=MemoryQueue(world, clock),
        workflow=MemoryWorkflow(world),
        parking=MemoryParking(world),
        blobs=MemoryBlobs(world),
        secrets=MemorySecrets(),
        clock=clock,
        kinds=Registry() if kinds is None else kinds,
        schedules=MemorySchedules(world),
        scheduler=MemoryScheduler(world),
        keys=keys or MemoryKeys(),
        webhooks=MemoryWebhooks(world),
        webhook_queue=MemoryWebhookQueue(world, clock),
        receivers=receivers or MemoryReceivers(),
        settings=settings or Settings(),
        limits=limits or Limits(),
        workspace_content=content.workspace,
        on_closed=content.tidy_up,
    )
    return _watched(engine, watcher)


def memory_content(world: State) -> ContentStores:
    """What workspaces keep in one process's memory."""
    from fermata.adapters.memory.index import MemoryIndex
    from fermata.adapters.memory.records import MemoryRecords
    from fermata.adapters.memory.sources import MemorySources
    from fermata.content.workspace import ContentStores

    return ContentStores(MemorySources(world), MemoryIndex(world), MemoryRecords(world))


def _watched(engine: Engine, watcher: Watcher | None) -> Engine:
    if watcher is None:
        return engine
    from fermata.observability.hooks import watch

    return watch(engine, watcher)

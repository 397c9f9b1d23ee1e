"""What an item of the table looks like: the record as JSON in ``doc``, and as attributes only what DynamoDB needs.

One JSON text reads well in the console, is quick to build, keeps numbers exact and takes less than DynamoDB's own maps.
A field that has its default is left out, which saves about a third of the bytes that are paid for with each write;
therefore the default of a stored field must never change.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass, replace
from enum import Enum
from functools import cache, partial
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from fermata.adapters.aws import table_keys
from fermata.adapters.aws.table_keys import Key
from fermata.content.model import Source
from fermata.domain.chunks import Chunk
from fermata.domain.events import AuditRecord, Event, SystemEvent, feed_bound, feed_key
from fermata.domain.holds import Scope
from fermata.domain.jobs import Job, Ref
from fermata.domain.listing import created_key, index_keys
from fermata.domain.ranges import Ranges
from fermata.domain.schedules import Firing, Schedule
from fermata.domain.webhooks import Delivery, State, Webhook
from fermata.ports import ParkedToken

logger = logging.getLogger(__name__)

Item = dict[str, dict[str, Any]]
"""An item as DynamoDB's API has it: each value under its type."""

T = TypeVar("T")

EMPTY: Mapping[str, Any] = {"params": {}, "result": None}
"""The parts of a job that may be large, and what stands in for them where they are kept apart."""

INLINE = 1024
"""Bytes of JSON up to which a large part stays in the job's item."""


def job_item(job: Job, apart: frozenset[str] = frozenset()) -> Item:
    """The job, without the parts that are kept ``apart`` from it."""
    key = table_keys.job(job.ref)
    kept = replace(job, **{part: EMPTY[part] for part in apart})
    item = _item(key, kept, job.rev) | {"status": {"S": job.status.value}, "created_key": {"S": created_key(job)}}
    if apart:
        item["apart"] = {"SS": sorted(apart)}
    for index, place in index_keys(job).items():
        item[table_keys.INDEX_KEYS[index]] = {"S": table_keys.indexed(place)}
    if not job.status.final:
        order = table_keys.open_order(job.waits_on, job.id)
        item |= {table_keys.OPEN: {"S": table_keys.open_jobs(job.tenant)}, "open_order": {"S": order}}
    return item | _due(key, job.due_at)


def large_item(job: Job, part: str) -> Item:
    return _item(table_keys.large(job.ref, part), getattr(job, part))


def large_parts(job: Job) -> frozenset[str]:
    """The parts of the job that are kept in items of their own: its gate is read a million times, they hardly ever."""
    return frozenset(part for part in EMPTY if len(dump(getattr(job, part))) > INLINE)


def whole(job: Job, parts: Mapping[str, Item]) -> Job:
    """The job with its parts put back."""
    return replace(job, **{part: json.loads(item["doc"]["S"]) for part, item in parts.items()})


def apart(item: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The parts of a job that its item does not hold."""
    return list(item["apart"]["SS"]) if "apart" in item else []


def scope_item(scope: Scope) -> Item:
    key = table_keys.scope(scope.tenant, scope.name)
    return _item(key, scope, scope.rev) | _due(key, scope.due_at)


def source_item(source: Source) -> Item:
    item = _item(table_keys.source(source.tenant, source.id), source, source.rev)
    if source.deleted_at is not None:
        return item
    for index, place in (table_keys.sources(source.tenant), table_keys.sources(source.tenant, source.workspace)):
        item[table_keys.INDEX_KEYS[index]] = {"S": place}
    return item | {"created_key": {"S": source.created_key}}


def schedule_item(schedule: Schedule) -> Item:
    key = table_keys.schedule(schedule.tenant, schedule.id)
    return _item(key, schedule, schedule.rev) | _due(key, schedule.due_at)


def firing_item(tenant: str, schedule: str, line: Firing) -> Item:
    return _item(table_keys.firing(tenant, schedule, line.due), line)


def webhook_item(webhook: Webhook) -> Item:
    key = table_keys.webhook(webhook.tenant, webhook.id)
    return _item(key, webhook, webhook.rev) | _due(key, webhook.due_at)


def delivery_item(delivery: Delivery) -> Item:
    """One that was delivered is in no index any more."""
    tenant, webhook = delivery.tenant, delivery.webhook
    item = _item(table_keys.delivery(tenant, webhook, delivery.id), delivery, delivery.rev)
    if delivery.state is State.DELIVERED:
        return item
    order = delivery.waiting_key if delivery.state is State.PENDING else delivery.id
    place = table_keys.deliveries_of(tenant, webhook, delivery.state)
    return item | {table_keys.OPEN: {"S": place}, "open_order": {"S": order}}


def chunk_item(ref: Ref, chunk: Chunk) -> Item:
    item = _item(table_keys.chunk(ref, chunk.stage, chunk.number), replace(chunk, tail=b""), chunk.rev)
    return item | {"tail": {"B": chunk.tail}} if chunk.tail else item


def chunk_of(item: Mapping[str, Mapping[str, Any]]) -> Chunk:
    chunk = record(Chunk, item)
    return replace(chunk, tail=bytes(item["tail"]["B"])) if "tail" in item else chunk


def parked_item(ref: Ref, token: ParkedToken) -> Item:
    return _item(table_keys.execution(ref, token.number), token)


def event_item(ref: Ref, event: Event) -> Item:
    return _item(table_keys.event(ref, event.number), event) | _fed(ref.tenant, ref.id, event)


def audit_item(record: AuditRecord) -> Item:
    key = table_keys.audit(record.act.actor.tenant, record.number, refused=record.act.is_refused)
    return _item(key, record)


def system_event_item(tenant: str, event: SystemEvent) -> Item:
    return _item(table_keys.system_event(tenant, event.id), event) | _fed(tenant, "", event)


def _fed(tenant: str, job_id: str, event: Event | SystemEvent) -> Item:
    """The line's place in the index of all that happens in a tenant."""
    key = feed_key(job_id, event)
    at = (
        key
        if len(key.encode(errors="replace")) <= table_keys.MAX_KEY
        else f"{feed_bound(event.at)}#{table_keys.indexed(key)}"
    )
    return {table_keys.FEED: {"S": table_keys.feed(tenant)}, "feed_at": {"S": at}}


def record(cls: type[T], item: Mapping[str, Mapping[str, Any]]) -> T:
    """The record in an item."""
    return load(cls, item["doc"]["S"])


def readable(cls: type[T], items: Iterable[Mapping[str, Mapping[str, Any]]]) -> Iterator[T]:
    """The records in items, for lists: one that can't be read is told in the log and does not keep the others from it."""
    for item in items:
        try:
            found = record(cls, item)
        except (KeyError, TypeError, ValueError, AttributeError):
            logger.exception("a stored record cannot be read", extra={"item": list(key_of(item))})
            continue
        yield found


def key_of(item: Mapping[str, Mapping[str, Any]]) -> Key:
    return Key(item["pk"]["S"], item["sk"]["S"])


def dump(value: Any) -> str:
    """A dataclass as JSON, as short as it can be."""
    plain = _plain(value)
    text = json.dumps(plain, separators=(",", ":"), ensure_ascii=False)
    # Half of a surrogate pair is legal in JSON (as an escape) and in Python, but not in what goes over the wire.
    return text if text.isascii() or _encodable(text) else json.dumps(plain, separators=(",", ":"))


def load(cls: type[T], text: str) -> T:
    """The inverse of :func:`dump`."""
    built: T = _build(cls, json.loads(text))
    return built


def _item(key: Key, value: Any, rev: int | None = None) -> Item:
    item: Item = {"pk": {"S": key.pk}, "sk": {"S": key.sk}, "doc": {"S": dump(value)}}
    return item if rev is None else item | {"rev": {"N": str(rev)}}


def _due(key: Key, at: float | None) -> Item:
    return (
        {}
        if at is None
        else {table_keys.DUE: {"S": table_keys.due_shard(key)}, "due_at": {"S": table_keys.due_time(at)}}
    )


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


# Dataclasses to JSON … ------------------------------------------------------------------------------------------------


def _plain(value: Any) -> Any:
    match value:
        case str() | int() | float() | None:
            return value.value if isinstance(value, Enum) else value
        case Ranges():
            return str(value)
        case Mapping():
            return dict(value)
        case frozenset():
            return sorted(value)
        case tuple():
            return [_plain(part) for part in value]
        case _ if is_dataclass(value):
            return _fields(value)
        case _:
            return value


def _fields(value: Any) -> dict[str, Any]:
    found = {}
    cls: Any = type(value)
    for name, default in _defaults(cls):
        field = getattr(value, name)
        if field is not default and field != default:
            found[name] = _plain(field)
    return found


@cache
def _defaults(cls: Any) -> tuple[tuple[str, Any], ...]:
    return tuple(
        (field.name, field.default_factory() if field.default_factory is not MISSING else field.default)
        for field in fields(cls)
    )


# … and back, as the types of the fields say. --------------------------------------------------------------------------


def _build(cls: type, plain: dict[str, Any]) -> Any:
    readers = _readers(cls)
    # A field that is not known here was written by a later release; whoever goes back to this one still has its jobs.
    return cls(**{name: readers[name](value) for name, value in plain.items() if name in readers})


@cache
def _readers(cls: type) -> dict[str, Callable[[Any], Any]]:
    hints = get_type_hints(cls)
    return {field.name: _reader(hints[field.name]) for field in fields(cls)}


def _reader(hint: Any) -> Callable[[Any], Any]:
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        inner = _reader(next(part for part in parts if part is not NoneType))
        return lambda value: None if value is None else inner(value)
    if origin is tuple:
        inner = _reader(parts[0])
        return lambda value: tuple(inner(part) for part in value)
    if origin is frozenset:
        return frozenset
    if hint is Ranges:
        return Ranges.parse
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    if isinstance(hint, type) and is_dataclass(hint):
        return partial(_build, hint)
    return lambda value: value

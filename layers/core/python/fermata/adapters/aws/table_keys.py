"""Where things lie in the table.

A job's partition holds the job and all that belongs to it; a tenant's partition holds what is the tenant's. The tenant
comes first and is escaped, so no id, whatever its characters, leads into another tenant's partition.
"""

from __future__ import annotations

import hashlib
import zlib
from typing import NamedTuple
from urllib.parse import quote, unquote

from fermata.content.model import WorkspaceRef
from fermata.domain.errors import NotFound
from fermata.domain.jobs import Ref
from fermata.domain.schedules import schedule_scope
from fermata.domain.webhooks import ID, State, webhook_scope

JOB = "job"
LARGE = "large#"
CHUNK, SEGMENT, EVENT, EXECUTION = "chunk#", "segment#", "event#", "execution#"
SCOPE, AUDIT, SYSTEM_EVENT, NUMBER, SOURCE = "scope#", "audit#", "system#", "number#", "source#"
RATE = "rate#"
SCHEDULE, FIRING = "schedule#", "firing#"
WEBHOOK, RECEIVER, DELIVERY = "webhook#", "receiver#", "delivery#"
"""Receivers are those that jobs name by their address."""

SPENT = "spent"
SOCKET = "socket#"
"""What the partitions and sort keys of observers begin with; also their partition in the index of what is open."""

REFUSED = "refused#"
"""Part of the partition of a tenant's refusals; no tenant is called so, since ``#`` is escaped."""

TENANT = "tenant#"
END = "~"
"""Sorts after every number."""

MAX_KEY = 1000
"""Bytes. DynamoDB allows 1,024 in a sort key (an id is part of one, behind a time), and more in a partition key."""

INDEX_KEYS = {
    "by_family": "family_key",
    "by_workspace": "workspace_key",
    "by_family_status": "family_status_key",
    "by_workspace_status": "workspace_status_key",
    "active_by_user": "active_key",
}
"""The partition attribute of each index of jobs; ``created_key`` is the sort attribute of all."""

OPEN = "open"
"""An index of the jobs that have not ended, by tenant; its sort attribute ``open_order`` begins with what a job waits for."""

FEED = "feed"
"""An index of the lines of all histories, by tenant; ``feed_at`` is its sort attribute. It holds whole lines."""

DUE = "due"
"""An index, and its partition attribute; ``due_at`` is its sort attribute."""

DUE_SHARDS = tuple(f"due#{shard}" for shard in range(4))
"""Every open job of the stack is in the index, so that one partition could become too hot."""


class Key(NamedTuple):
    pk: str
    sk: str

    def checked(self) -> Key:
        """Itself. Raises NotFound when DynamoDB could not hold it: then nothing is there either."""
        if _bytes(self.pk) > MAX_KEY or _bytes(self.sk) > MAX_KEY:
            raise NotFound("item", f"{self.sk[:40]}…")
        return self


def job_partition(ref: Ref) -> str:
    return f"{escaped(ref.tenant)}|{ref.id}"


def tenant_partition(tenant: str) -> str:
    return f"{TENANT}{escaped(tenant)}"


def workspace_partition(what: str, place: WorkspaceRef, *names: str) -> str:
    """Of what a workspace keeps beyond its jobs. No job's partition begins so: a tenant's name is escaped there."""
    return "|".join((f"{what}#{escaped(place.tenant)}", escaped(place.workspace), *names))


def job(ref: Ref) -> Key:
    return Key(job_partition(ref), JOB)


def large(ref: Ref, part: str) -> Key:
    """Of a job's part that is kept apart from it."""
    return Key(job_partition(ref), f"{LARGE}{part}")


def open_jobs(tenant: str) -> str:
    return indexed(f"{OPEN}#{escaped(tenant)}")


def feed(tenant: str) -> str:
    return indexed(escaped(tenant))


def open_order(waits_on: str | None, job_id: str = "") -> str:
    """Sorts a tenant's open jobs by the scope that keeps them paused, then by id."""
    return f"{waits_on or ''}|{job_id}"


def rate(tenant: str, key: str) -> Key:
    return Key(tenant_partition(tenant), f"{RATE}{key}")


def spent(ref: Ref) -> Key:
    """Of what a job has spent of its budget."""
    return Key(job_partition(ref), SPENT)


def chunks(stage: int | None = None) -> str:
    """What the sort keys of a stage's chunks, or of all chunks, begin with."""
    return CHUNK if stage is None else f"{CHUNK}{stage:03}#"


def chunk(ref: Ref, stage: int, number: int) -> Key:
    return Key(job_partition(ref), f"{chunks(stage)}{number:06}")


def segments(stage: int, chunk: int) -> str:
    return f"{SEGMENT}{stage:03}#{chunk:06}#"


def segment(ref: Ref, stage: int, chunk: int, attempt: int, number: int) -> Key:
    return Key(job_partition(ref), f"{segments(stage, chunk)}{attempt:06}#{number:06}")


def event(ref: Ref, number: int) -> Key:
    return Key(job_partition(ref), f"{EVENT}{number:010}")


def execution(ref: Ref, number: int) -> Key:
    return Key(job_partition(ref), f"{EXECUTION}{number:06}")


def observer(ref: Ref, id_: str) -> Key:
    return Key(f"{SOCKET}{job_partition(ref)}", f"{SOCKET}{id_}")


def scope(tenant: str, name: str) -> Key:
    return Key(tenant_partition(tenant), f"{SCOPE}{name}")


def source(tenant: str, id_: str) -> Key:
    return Key(tenant_partition(tenant), f"{SOURCE}{id_}")


def sources(tenant: str, workspace: str | None = None) -> tuple[str, str]:
    """The index, and its partition, that lists the tenant's sources; no family of jobs is called so."""
    parts = (tenant, "source") if workspace is None else (tenant, "source", workspace)
    return "by_family" if workspace is None else "by_workspace", indexed("|".join(parts))


def audit(tenant: str, number: int, *, refused: bool = False) -> Key:
    """In partitions of their own, so that roles can be kept from changing them, and refusals from being in the way."""
    return Key(f"{AUDIT}{REFUSED if refused else ''}{escaped(tenant)}", f"{AUDIT}{number:012}")


def early_audit(tenant: str, number: int) -> Key:
    """Where the first release kept what was done and refused alike."""
    return Key(tenant_partition(tenant), f"{AUDIT}{number:012}")


def system_event(tenant: str, id_: str) -> Key:
    return Key(tenant_partition(tenant), f"{SYSTEM_EVENT}{id_}")


def number(tenant: str, family: str) -> Key:
    return Key(tenant_partition(tenant), f"{NUMBER}{family}")


def schedule(tenant: str, id_: str) -> Key:
    return Key(tenant_partition(tenant), f"{SCHEDULE}{id_}")


def firing(tenant: str, id_: str, due: float) -> Key:
    """In a partition of the schedule's own, since a history may be long."""
    return Key(f"{SCHEDULE}{escaped(tenant)}|{id_}", f"{FIRING}{due_time(due)}")


def webhook(tenant: str, id_: str) -> Key:
    return Key(tenant_partition(tenant), f"{WEBHOOK if id_.startswith(ID) else RECEIVER}{id_}")


def deliveries(tenant: str, webhook_id: str) -> str:
    """The partition of what a webhook is sent, which may be a lot."""
    return f"{WEBHOOK}{escaped(tenant)}|{webhook_id}"


def delivery(tenant: str, webhook_id: str, id_: str) -> Key:
    return Key(deliveries(tenant, webhook_id), f"{DELIVERY}{id_}")


def deliveries_of(tenant: str, webhook_id: str, state: State) -> str:
    """Partition, in the index of what is open, of a webhook's deliveries that are pending or dead."""
    return indexed(f"{state.value}#{escaped(tenant)}|{webhook_id}")


def keyed_number(tenant: str, family: str, key: str) -> Key:
    return Key(tenant_partition(tenant), f"{NUMBER}{family}#{key}")


def owner(key: Key) -> Ref | tuple[str, str]:
    """The job, or the (tenant, name) of the scope, schedule or webhook, that lies there."""
    if key.sk == JOB:
        tenant, _, id_ = key.pk.partition("|")
        return Ref(unquote(tenant), id_)
    tenant = unquote(key.pk.removeprefix(TENANT))
    if key.sk.startswith(SCHEDULE):
        return tenant, schedule_scope(key.sk.removeprefix(SCHEDULE))
    if key.sk.startswith((WEBHOOK, RECEIVER)):
        return tenant, webhook_scope(key.sk.partition("#")[2])
    return tenant, key.sk.removeprefix(SCOPE)


def of_owner(item: Ref | tuple[str, str]) -> Key:
    """Where a job, a scope, a schedule or a webhook lies: the inverse of :func:`owner`."""
    if isinstance(item, Ref):
        return job(item)
    tenant, name = item
    if name.startswith(schedule_scope("")):
        return schedule(tenant, name.removeprefix(schedule_scope("")))
    if name.startswith(webhook_scope("")):
        return webhook(tenant, name.removeprefix(webhook_scope("")))
    return scope(tenant, name)


def indexed(value: str) -> str:
    """A key of an index as it can be stored: one that is too long, or no valid Unicode, becomes its digest."""
    if _bytes(value) <= MAX_KEY:
        return value
    return "sha256:" + hashlib.sha256(value.encode(errors="surrogatepass")).hexdigest()


def due_shard(key: Key) -> str:
    return DUE_SHARDS[zlib.crc32("|".join(key).encode()) % len(DUE_SHARDS)]


def due_time(at: float) -> str:
    """Sorts as the number does."""
    return f"{max(0.0, at):017.6f}"


def blob(ref: Ref, stage: int, chunk: int, attempt: int, number: int) -> str:
    """Name of the object that holds a large segment."""
    # The names before the ids keep a tenant called ".." from climbing out of the folder in tools that know folders.
    return f"segments/tenant={escaped(ref.tenant)}/job={ref.id}/{stage:03}-{chunk:06}-{attempt:06}-{number:06}"


def escaped(tenant: str) -> str:
    return quote(tenant, safe="", errors="surrogatepass")


def _bytes(text: str) -> int:
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        return MAX_KEY + 1

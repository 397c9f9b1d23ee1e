"""Jobs and what changes together with them, in DynamoDB."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from fermata.adapters.aws import table_keys
from fermata.adapters.aws.clients import Clients, SystemClock
from fermata.adapters.aws.codec import (
    Item,
    audit_item,
    chunk_item,
    event_item,
    job_item,
    key_of,
    readable,
    record,
    scope_item,
    source_item,
    system_event_item,
)
from fermata.adapters.aws.errors import Lost
from fermata.adapters.aws.table import Check, Expected, Put, Selection, Table
from fermata.content.ports import SaveSource
from fermata.domain.errors import InvalidInput, NotFound, Stale
from fermata.domain.events import AuditRecord
from fermata.domain.holds import SYSTEM, Scope, source_scope
from fermata.domain.jobs import Job, Ref
from fermata.domain.listing import Listing, Partition, id_of, merge
from fermata.ports import (
    AddAudit,
    AddChunks,
    AddEvent,
    AddSystemEvent,
    Change,
    Clock,
    Gate,
    SaveChunks,
    SaveJob,
    SaveScope,
    StillHeld,
)

RETENTION = 400 * 86_400.0
"""Seconds that a job and all that belongs to it are kept after they were last written; longer than any execution."""

RACES = 30
"""Tries to append to a tenant's audit chain. Each of its mutations has to, so a dozen operators at once lose many races."""


class DynamoStore:
    """Implements :class:`fermata.ports.Store`."""

    def __init__(
        self, table: str, clients: Clients | None = None, clock: Clock | None = None, retention: float = RETENTION
    ) -> None:
        self._clock = clock or SystemClock()
        self._table = Table(clients or Clients(), table, self._clock.sleep)
        self._retention = retention

    def job(self, ref: Ref) -> Job:
        item = self._table.get(table_keys.job(ref))
        if item is None:
            raise NotFound("job", ref.id)
        return record(Job, item)

    def gate(self, ref: Ref, source: str | None) -> Gate:
        names = [SYSTEM] if source is None else [SYSTEM, source_scope(source)]
        scopes = [(ref.tenant, name) for name in names]
        found = self._table.get_many([table_keys.job(ref), *(table_keys.scope(*place) for place in scopes)])
        item = found.get(table_keys.job(ref))
        if item is None:
            raise NotFound("job", ref.id)
        return Gate(record(Job, item), tuple(_scope(*place, found.get(table_keys.scope(*place))) for place in scopes))

    def scope(self, tenant: str, name: str) -> Scope:
        return _scope(tenant, name, self._table.get(table_keys.scope(tenant, name)))

    def write(self, *changes: Change) -> None:
        for tried in range(RACES):
            batch = self._puts(changes)
            try:
                self._commit(batch)
                return
            except Lost as lost:
                if any(not _is_audit(batch[place]) for place in lost.changed):
                    raise
            # Somebody else has lengthened the audit chain, or was just writing one of these items: neither is a
            # reason to refuse the caller.
            self._table.backoff(tried)
        raise Stale(f"{len(changes)} changes met others again and again")

    def jobs(self, listing: Listing) -> list[Job]:
        if len(listing.before or "") > table_keys.MAX_KEY:
            raise InvalidInput("cursor", "is not one that a page gave")
        found: list[Job] = []
        while len(found) < listing.limit:
            # Indexes lag behind: what has left the list by now is dropped, and the page filled up from further down.
            page = replace(listing, limit=listing.limit - len(found))
            places = merge(page, self._partition)
            found += [job for job in self._read(listing.tenant, places) if _shows(listing, job)]
            if len(places) < page.limit:
                break
            listing = replace(listing, before=places[-1])
        return found

    def due(self, now: float) -> Iterator[Ref | tuple[str, str]]:
        for shard in table_keys.DUE_SHARDS:
            selection = Selection(shard, "0", table_keys.due_time(now), table_keys.DUE, (table_keys.DUE, "due_at"))
            for item in self._table.query(selection, keys_only=True):
                yield table_keys.owner(key_of(item))

    def next_number(self, tenant: str, family: str) -> int:
        return self._table.add(table_keys.number(tenant, family), "number", 1)

    def _commit(self, batch: Sequence[Put | Check]) -> None:
        match batch:
            case []:
                return
            case [Put(item, expects)]:
                self._table.put(item, expects)  # half the price of a transaction
            case _:
                self._table.write(batch)

    def _puts(self, changes: Iterable[Change]) -> list[Put | Check]:
        expires = {"expires": {"N": str(int(self._clock.now() + self._retention))}}
        tails: dict[str, AuditRecord | None] = {}
        batch: list[Put | Check] = []
        for change in changes:
            match change:
                case SaveJob(job):
                    batch.append(Put(job_item(job) | expires, _before(job.rev)))
                case AddEvent(ref, event):
                    batch.append(Put(event_item(ref, event) | expires, "nothing"))
                case AddChunks(ref, chunks):
                    batch += [Put(chunk_item(ref, chunk) | expires, "nothing") for chunk in chunks]
                case SaveChunks(ref, chunks):
                    batch += [Put(chunk_item(ref, chunk) | expires, chunk.rev - 1) for chunk in chunks]
                case SaveScope(scope):
                    batch.append(Put(scope_item(scope), _before(scope.rev)))
                case StillHeld(scope):
                    batch.append(Check(table_keys.scope(scope.tenant, scope.name), _before(scope.rev + 1)))
                case SaveSource(source):
                    gone = expires if source.deleted_at is not None else {}
                    batch.append(Put(source_item(source) | gone, _before(source.rev)))
                case AddAudit(act):
                    tenant = act.actor.tenant
                    tails[tenant] = AuditRecord.following(tails.get(tenant) or self._tail(tenant), act)
                    batch.append(Put(audit_item(tails[tenant]), "nothing"))  # type: ignore[arg-type]
                case AddSystemEvent(tenant, system_event):
                    batch.append(Put(system_event_item(tenant, system_event) | expires, "anything"))
        return batch

    def _tail(self, tenant: str) -> AuditRecord | None:
        partition = table_keys.tenant_partition(tenant)
        newest = Selection(partition, table_keys.AUDIT, table_keys.AUDIT + table_keys.END, forward=False, page=1)
        return next((record(AuditRecord, item) for item in self._table.query(newest)), None)

    def _partition(self, partition: Partition, listing: Listing) -> Iterator[str]:
        selection = Selection(
            table_keys.indexed(partition.key),
            listing.since or "0",
            listing.before or table_keys.END,
            partition.index,
            (table_keys.INDEX_KEYS[partition.index], "created_key"),
            forward=False,
            page=listing.limit + 1,
        )
        for item in self._table.query(selection, keys_only=True):
            if item["created_key"]["S"] != listing.before:
                yield item["created_key"]["S"]

    def _read(self, tenant: str, places: Sequence[str]) -> list[Job]:
        wanted = [table_keys.job(Ref(tenant, id_of(place))) for place in places]
        found = self._table.get_many(wanted) if wanted else {}
        return list(readable(Job, (found[key] for key in wanted if key in found)))


def _scope(tenant: str, name: str, item: Item | None) -> Scope:
    return Scope(tenant, name) if item is None else record(Scope, item)


def _before(rev: int) -> Expected:
    """What is stored before revision ``rev`` of a job or scope, which count from 1."""
    return "nothing" if rev == 1 else rev - 1


def _is_audit(change: Put | Check) -> bool:
    return isinstance(change, Put) and change.item["sk"]["S"].startswith(table_keys.AUDIT)


def _shows(listing: Listing, job: Job) -> bool:
    if listing.active_user is not None:
        return not job.status.final
    return not listing.statuses or job.status in listing.statuses

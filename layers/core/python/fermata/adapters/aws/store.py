"""Jobs and what changes together with them, in DynamoDB."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice

from fermata.adapters.aws import table_keys
from fermata.adapters.aws.clients import Clients, SystemClock
from fermata.adapters.aws.codec import (
    Item,
    apart,
    audit_item,
    chunk_item,
    delivery_item,
    event_item,
    firing_item,
    job_item,
    key_of,
    large_item,
    large_parts,
    readable,
    record,
    schedule_item,
    scope_item,
    source_item,
    system_event_item,
    webhook_item,
    whole,
)
from fermata.adapters.aws.errors import Lost
from fermata.adapters.aws.table import Check, Expected, Put, Selection, Table
from fermata.adapters.aws.table_keys import Key
from fermata.content.ports import SaveSource
from fermata.domain.errors import FermataError, InvalidInput, NotFound, Unavailable
from fermata.domain.events import AuditRecord, Head, KeyOf
from fermata.domain.holds import Scope
from fermata.domain.jobs import Job, Ref
from fermata.domain.listing import Listing, Partition, id_of, merge
from fermata.domain.transitions import Status
from fermata.domain.webhooks import NOTIFIED
from fermata.ports import (
    AddAudit,
    AddChunks,
    AddEvent,
    AddFiring,
    AddSystemEvent,
    Anchors,
    Change,
    Clock,
    Gate,
    SaveChunks,
    SaveDelivery,
    SaveJob,
    SaveSchedule,
    SaveScope,
    SaveWebhook,
    StillHeld,
)

logger = logging.getLogger(__name__)

Tails = dict[tuple[str, bool], AuditRecord]
"""The last record of each chain, by tenant and whether it is that of refusals."""

RETENTION = 400 * 86_400.0
"""Seconds that a job and all that belongs to it are kept after they were last written; longer than any execution."""

DELIVERIES_RETENTION = 30 * 86_400.0
"""Seconds that what a webhook was sent is kept after its last attempt."""

LONGEST_PUT_OFF = 3600.0

SIDE_BY_SIDE = 8
"""Partitions of an index that are counted at a time."""

RACES = 30
"""Tries to append to a tenant's audit chain. Each of its mutations has to, so a dozen operators at once lose many races."""


def unkeyed(purpose: str) -> bytes:
    """For a store that is never asked to record an act."""
    raise Misplaced(f"this store has no key for {purpose}")


class Misplaced(AssertionError):
    """Something was asked of an object that was made for less."""


class DynamoStore:
    """Implements :class:`fermata.ports.Store`."""

    def __init__(
        self,
        table: str,
        clients: Clients | None = None,
        clock: Clock | None = None,
        retention: float = RETENTION,
        *,
        key_of: KeyOf = unkeyed,
        anchors: Anchors | None = None,
    ) -> None:
        """``key_of``: of the audit records' hashes; ``anchors``: where their heads are kept."""
        self._key_of = key_of
        self._anchors = anchors
        self._clock = clock or SystemClock()
        self._table = Table(clients or Clients(), table, self._clock.sleep)
        self._retention = retention

    def job(self, ref: Ref) -> Job:
        item = self._table.get(table_keys.job(ref))
        if item is None:
            raise NotFound("job", ref.id)
        return self._whole([(record(Job, item), item)])[0]

    def gate(self, ref: Ref, scopes: Sequence[str], *, whole: bool = False) -> Gate:
        found = self._table.get_many([table_keys.job(ref), *(table_keys.scope(ref.tenant, name) for name in scopes)])
        item = found.get(table_keys.job(ref))
        if item is None:
            raise NotFound("job", ref.id)
        job = record(Job, item)
        job = self._whole([(job, item)])[0] if whole else replace(job, params={}, result=None)
        return Gate(job, _scopes(ref.tenant, scopes, found))

    def scope(self, tenant: str, name: str) -> Scope:
        return self.scopes(tenant, [name])[0]

    def scopes(self, tenant: str, names: Sequence[str]) -> tuple[Scope, ...]:
        found = self._table.get_many([table_keys.scope(tenant, name) for name in names])
        return _scopes(tenant, names, found)

    def write(self, *changes: Change) -> None:
        for tried in range(RACES):
            tails: Tails = {}
            batch = self._puts(changes, tails)
            try:
                self._commit(batch)
                self._anchor(tails)
                return
            except Lost as lost:
                if any(not _is_audit(batch[place]) for place in lost.changed):
                    raise
            # Somebody else has lengthened the audit chain, or was just writing one of these items: neither is a
            # reason to refuse the caller.
            self._table.backoff(tried)
        raise Unavailable(f"{len(changes)} changes met others again and again; try again")

    def jobs(self, listing: Listing) -> list[Job]:
        if max(len(listing.before or ""), len(listing.since or "")) > table_keys.MAX_KEY:
            raise InvalidInput("cursor", "is not one that a page gave")
        found: list[Job] = []
        while len(found) < listing.limit:
            # Indexes lag behind: what has left the list by now is dropped, and the page filled up from further down.
            page = replace(listing, limit=listing.limit - len(found))
            places = merge(page, self._partition)
            found += [job for job in self._read(listing.tenant, places) if _shows(listing, job)]
            if len(places) < page.limit:
                break
            following = {"since": places[-1] + "\0"} if listing.oldest_first else {"before": places[-1]}
            listing = replace(listing, **following)  # type: ignore[arg-type]
        return found

    def counts(self, listing: Listing) -> dict[Status, int]:
        statuses = listing.statuses or tuple(Status)
        wanted = [(status, one) for status in statuses for one in replace(listing, statuses=(status,)).partitions()]
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            numbers = pool.map(lambda pair: self._table.count(_selection(pair[1], listing)), wanted)
            found = dict.fromkeys(Status, 0)
            for (status, _), number in zip(wanted, numbers, strict=True):
                found[status] += number
        return found

    def due(self, now: float) -> Iterator[Ref | tuple[str, str]]:
        # In any order: who has not the time to look at all of them should not always leave out the same ones.
        for shard in random.sample(table_keys.DUE_SHARDS, len(table_keys.DUE_SHARDS)):
            selection = Selection(shard, "0", table_keys.due_time(now), table_keys.DUE, (table_keys.DUE, "due_at"))
            for item in self._table.query(selection, keys_only=True):
                yield table_keys.owner(key_of(item))

    def open_jobs(
        self, tenant: str, waits_on: str | None = None, after: Ref | None = None, limit: int = 100
    ) -> list[Ref]:
        low = "" if waits_on is None else table_keys.open_order(waits_on)
        high = table_keys.END if waits_on is None else low + table_keys.END
        names = (table_keys.OPEN, "open_order")
        if after is not None:
            # The page after a job that may have left the index meanwhile: its place in it is known all the same.
            low = table_keys.open_order(waits_on, after.id) + "\0"
        selection = Selection(table_keys.open_jobs(tenant), low or " ", high, table_keys.OPEN, names, page=limit)
        items = islice(self._table.query(selection, keys_only=True), limit)
        return [ref for item in items if isinstance(ref := table_keys.owner(key_of(item)), Ref)]

    def postpone(self, item: Ref | tuple[str, str]) -> None:
        key = table_keys.of_owner(item)
        stored = self._table.get(key)
        if stored is None:
            return
        times = int(stored.get("put_off", {"N": "0"})["N"])
        at = self._clock.now() + min(60.0 * 2.0 ** min(times, 20), LONGEST_PUT_OFF)
        due = {table_keys.DUE: {"S": table_keys.due_shard(key)}, "due_at": {"S": table_keys.due_time(at)}}
        self._table.set(key, due | {"put_off": {"N": str(times + 1)}})

    def _commit(self, batch: Sequence[Put | Check]) -> None:
        match batch:
            case []:
                return
            case [Put(item, expects)]:
                self._table.put(item, expects)  # half the price of a transaction
            case _:
                self._table.write(batch)

    def _anchor(self, tails: Tails) -> None:
        """Keep the heads of lengthened chains where they can't be changed, at once: until then a record can be replaced unseen.

        A head that can't be kept now is no reason to tell the caller that nothing was done: the next one covers it. The log has
        it then, which the functions can't change either.
        """
        for (tenant, refused), last in tails.items():
            if self._anchors is None:
                return
            facts = {"tenant": tenant, "refused": refused, "number": last.number, "hash": last.hash}
            try:
                if not self._anchors.put(tenant, Head(last.number, last.hash), refused=refused):
                    logger.error("somebody else has kept a head of this number of an audit chain", extra=facts)
            except FermataError:
                logger.exception("the head of an audit chain could not be kept", extra=facts)

    def _puts(self, changes: Iterable[Change], tails: Tails) -> list[Put | Check]:
        expires = {"expires": {"N": str(int(self._clock.now() + self._retention))}}
        batch: list[Put | Check] = []
        for change in changes:
            match change:
                case SaveJob(job, changed):
                    apart = large_parts(job)
                    batch.append(Put(job_item(job, apart) | expires, _before(job.rev)))
                    batch += [Put(large_item(job, part) | expires, "anything") for part in sorted(apart & changed)]
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
                    chain = (act.actor.tenant, act.is_refused)
                    following = AuditRecord.following(tails.get(chain) or self._tail(*chain), act, self._key_of)
                    tails[chain] = following
                    batch.append(Put(audit_item(following), "nothing"))
                case SaveSchedule(schedule):
                    gone = expires if schedule.deleted_at is not None else {}
                    batch.append(Put(schedule_item(schedule) | gone, _before(schedule.rev)))
                case AddFiring(tenant, schedule_id, line):
                    batch.append(Put(firing_item(tenant, schedule_id, line) | expires, "anything"))
                case SaveWebhook(webhook):
                    # One that a job has named is made again when another does; secrets are in none of these.
                    brief = webhook.deleted_at is not None or webhook.id.startswith(NOTIFIED)
                    batch.append(Put(webhook_item(webhook) | (expires if brief else {}), _before(webhook.rev)))
                case SaveDelivery(delivery):
                    soon = {"expires": {"N": str(int(self._clock.now() + DELIVERIES_RETENTION))}}
                    batch.append(Put(delivery_item(delivery) | soon, _before(delivery.rev)))
                case AddSystemEvent(tenant, system_event):
                    batch.append(Put(system_event_item(tenant, system_event) | expires, "anything"))
        return batch

    def _tail(self, tenant: str, refused: bool) -> AuditRecord | None:
        last = self._newest(table_keys.audit(tenant, 0, refused=refused).pk)
        return last if last is not None or refused else self._newest(table_keys.early_audit(tenant, 0).pk)

    def _newest(self, partition: str) -> AuditRecord | None:
        newest = Selection(partition, table_keys.AUDIT, table_keys.AUDIT + table_keys.END, forward=False, page=1)
        return next((record(AuditRecord, item) for item in self._table.query(newest)), None)

    def _partition(self, partition: Partition, listing: Listing) -> Iterator[str]:
        selection = replace(_selection(partition, listing), page=listing.limit + 1)
        for item in self._table.query(selection, keys_only=True):
            if item["created_key"]["S"] != listing.before:
                yield item["created_key"]["S"]

    def _read(self, tenant: str, places: Sequence[str]) -> list[Job]:
        wanted = [table_keys.job(Ref(tenant, id_of(place))) for place in places]
        found = self._table.get_many(wanted) if wanted else {}
        items = [found[key] for key in wanted if key in found]
        return self._whole([(job, item) for item in items for job in readable(Job, [item])])

    def _whole(self, stored: Sequence[tuple[Job, Item]]) -> list[Job]:
        """The jobs with the parts that are kept apart from them."""
        parts = {(job.ref, part): table_keys.large(job.ref, part) for job, item in stored for part in apart(item)}
        found = self._table.get_many(parts.values())
        return [
            whole(job, {part: found[key] for (ref, part), key in parts.items() if ref == job.ref and key in found})
            for job, _ in stored
        ]


def _selection(partition: Partition, listing: Listing) -> Selection:
    return Selection(
        table_keys.indexed(partition.key),
        listing.since or "0",
        listing.before or table_keys.END,
        partition.index,
        (table_keys.INDEX_KEYS[partition.index], "created_key"),
        forward=listing.oldest_first,
    )


def _scopes(tenant: str, names: Sequence[str], found: Mapping[Key, Item]) -> tuple[Scope, ...]:
    items = ((name, found.get(table_keys.scope(tenant, name))) for name in names)
    return tuple(Scope(tenant, name) if item is None else record(Scope, item) for name, item in items)


def _before(rev: int) -> Expected:
    """What is stored before revision ``rev`` of a job or scope, which count from 1."""
    return "nothing" if rev == 1 else rev - 1


def _is_audit(change: Put | Check) -> bool:
    return isinstance(change, Put) and change.item["sk"]["S"].startswith(table_keys.AUDIT)


def _shows(listing: Listing, job: Job) -> bool:
    if listing.active_user is not None:
        return not job.status.final
    return not listing.statuses or job.status in listing.statuses

"""Jobs and what changes together with them, in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from fermata.adapters.memory.secrets import MemorySecrets
from fermata.adapters.memory.state import State
from fermata.content.ports import SaveSource
from fermata.control.outbox import Line
from fermata.domain.errors import NotFound, Stale
from fermata.domain.events import AuditRecord, Head
from fermata.domain.holds import Scope
from fermata.domain.jobs import Job, Ref
from fermata.domain.listing import Listing, Partition, created_key, id_of, index_keys, merge
from fermata.domain.schedules import schedule_scope
from fermata.domain.transitions import Status
from fermata.domain.webhooks import webhook_scope
from fermata.ports import (
    AddAudit,
    AddChunks,
    AddEvent,
    AddFiring,
    AddSystemEvent,
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

LONGEST_PUT_OFF = 3600.0


class MemoryStore:
    """Implements :class:`fermata.ports.Store`."""

    def __init__(self, world: State, clock: Clock) -> None:
        self.world, self.clock = world, clock

    def job(self, ref: Ref) -> Job:
        with self.world.lock:
            return self._job(ref)

    def gate(self, ref: Ref, scopes: Sequence[str], *, whole: bool = False) -> Gate:
        with self.world.lock:
            job = self._job(ref)
            return Gate(job if whole else replace(job, params={}, result=None), self.scopes(ref.tenant, scopes))

    def scopes(self, tenant: str, names: Sequence[str]) -> tuple[Scope, ...]:
        with self.world.lock:
            return tuple(self._scope(tenant, name) for name in names)

    def scope(self, tenant: str, name: str) -> Scope:
        with self.world.lock:
            return self._scope(tenant, name)

    def write(self, *changes: Change) -> None:
        with self.world.lock:
            for change in changes:
                self._check(change)
            for change in changes:
                self._apply(change)

    def jobs(self, listing: Listing) -> list[Job]:
        with self.world.lock:
            return [self._job(Ref(listing.tenant, id_of(key))) for key in merge(listing, self._partition)]

    def counts(self, listing: Listing) -> dict[Status, int]:
        with self.world.lock:
            return {
                status: sum(
                    len(list(self._partition(partition, listing)))
                    for partition in replace(listing, statuses=(status,)).partitions()
                )
                if not listing.statuses or status in listing.statuses
                else 0
                for status in Status
            }

    def open_jobs(
        self, tenant: str, waits_on: str | None = None, after: Ref | None = None, limit: int = 100
    ) -> list[Ref]:
        with self.world.lock:
            found = sorted(
                job.ref
                for job in self.world.jobs.values()
                if job.tenant == tenant and not job.status.final and waits_on in (None, job.waits_on)
            )
        return [ref for ref in found if after is None or ref > after][:limit]

    def due(self, now: float) -> Iterator[Ref | tuple[str, str]]:
        with self.world.lock:
            jobs = [job.ref for job in self.world.jobs.values() if job.due_at is not None and job.due_at <= now]
            scopes = [
                (scope.tenant, scope.name)
                for scope in self.world.scopes.values()
                if scope.due_at is not None and scope.due_at <= now
            ]
            schedules = [
                (schedule.tenant, schedule_scope(schedule.id))
                for schedule in self.world.schedules.values()
                if schedule.due_at is not None and schedule.due_at <= now
            ]
            webhooks = [
                (webhook.tenant, webhook_scope(webhook.id))
                for webhook in self.world.webhooks.values()
                if webhook.due_at is not None and webhook.due_at <= now
            ]
            known = dict.fromkeys([*jobs, *scopes, *schedules, *webhooks, *self.world.postponed])
            items = [item for item in known if self.world.postponed.get(item, 0.0) <= now]
        yield from items

    def postpone(self, item: Ref | tuple[str, str]) -> None:
        with self.world.lock:
            schedules = {(tenant, schedule_scope(id_)) for tenant, id_ in self.world.schedules}
            webhooks = {(tenant, webhook_scope(id_)) for tenant, id_ in self.world.webhooks}
            if item not in self.world.jobs and item not in self.world.scopes and item not in schedules | webhooks:
                return
            times = self.world.postponements[item] = self.world.postponements.get(item, 0) + 1
            self.world.postponed[item] = self.clock.now() + min(60.0 * 2.0 ** (times - 1), LONGEST_PUT_OFF)

    def _job(self, ref: Ref) -> Job:
        try:
            return self.world.jobs[ref]
        except KeyError:
            raise NotFound("job", ref.id) from None

    def _scope(self, tenant: str, name: str) -> Scope:
        return self.world.scopes.get((tenant, name), Scope(tenant, name))

    def _attended(self, item: Ref | tuple[str, str]) -> None:
        self.world.postponed.pop(item, None)
        self.world.postponements.pop(item, None)

    def _partition(self, partition: Partition, listing: Listing) -> Iterable[str]:
        keys = (
            created_key(job)
            for job in self.world.jobs.values()
            if index_keys(job).get(partition.index) == partition.key
        )
        return sorted(
            (
                key
                for key in keys
                if (listing.before is None or key < listing.before) and (listing.since is None or key >= listing.since)
            ),
            reverse=not listing.oldest_first,
        )

    def _check(self, change: Change) -> None:
        match change:
            case SaveJob(job):
                stored = self.world.jobs.get(job.ref)
                if (stored.rev if stored else 0) != job.rev - 1:
                    raise Stale(f"job {job.id} has changed")
            case AddEvent(ref, event):
                if any(known.number == event.number for known in self.world.events.get(ref, [])):
                    raise Stale(f"event {event.number} of {ref.id} exists")
            case AddChunks(ref, chunks):
                known = self.world.chunks.get(ref, {})
                if any((chunk.stage, chunk.number) in known for chunk in chunks):
                    raise Stale(f"a chunk of {ref.id} exists")
            case SaveChunks(ref, chunks):
                known = self.world.chunks.get(ref, {})
                if any(known[chunk.stage, chunk.number].rev != chunk.rev - 1 for chunk in chunks):
                    raise Stale(f"a chunk of {ref.id} has changed")
            case SaveScope(scope):
                if self._scope(scope.tenant, scope.name).rev != scope.rev - 1:
                    raise Stale(f"{scope.name} has changed")
            case StillHeld(scope):
                if self._scope(scope.tenant, scope.name).rev != scope.rev:
                    raise Stale(f"{scope.name} has changed")
            case SaveSource(source):
                known_source = self.world.sources.get((source.tenant, source.id))
                if (known_source.rev if known_source else 0) != source.rev - 1:
                    raise Stale(f"source {source.id} has changed")
            case SaveSchedule(schedule):
                known_schedule = self.world.schedules.get((schedule.tenant, schedule.id))
                if (known_schedule.rev if known_schedule else 0) != schedule.rev - 1:
                    raise Stale(f"schedule {schedule.id} has changed")
            case SaveWebhook(webhook):
                known_webhook = self.world.webhooks.get((webhook.tenant, webhook.id))
                if (known_webhook.rev if known_webhook else 0) != webhook.rev - 1:
                    raise Stale(f"webhook {webhook.id} has changed")
            case SaveDelivery(delivery):
                known_delivery = self.world.deliveries.get((delivery.tenant, delivery.webhook), {}).get(delivery.id)
                if (known_delivery.rev if known_delivery else 0) != delivery.rev - 1:
                    raise Stale(f"delivery {delivery.id} has changed")
            case AddAudit() | AddSystemEvent() | AddFiring():
                pass

    def _apply(self, change: Change) -> None:
        match change:
            case SaveJob(job):
                self.world.jobs[job.ref] = job
                self._attended(job.ref)
            case AddEvent(ref, event):
                self.world.events.setdefault(ref, []).append(event)
                self.world.lines.append(Line(ref.tenant, ref.id, event))
            case AddChunks(ref, chunks) | SaveChunks(ref, chunks):
                self.world.chunks.setdefault(ref, {}).update({(chunk.stage, chunk.number): chunk for chunk in chunks})
            case SaveScope(scope):
                self.world.scopes[scope.tenant, scope.name] = scope
                self._attended((scope.tenant, scope.name))
            case SaveSource(source):
                self.world.sources[source.tenant, source.id] = source
            case SaveSchedule(schedule):
                self.world.schedules[schedule.tenant, schedule.id] = schedule
                self._attended((schedule.tenant, schedule_scope(schedule.id)))
            case AddFiring(tenant, schedule_id, line):
                self.world.firings.setdefault((tenant, schedule_id), {})[line.due] = line
                self.world.lines.append(Line(tenant, schedule_id, line))
            case SaveWebhook(webhook):
                self.world.webhooks[webhook.tenant, webhook.id] = webhook
                self._attended((webhook.tenant, webhook_scope(webhook.id)))
            case SaveDelivery(delivery):
                kept = self.world.deliveries.setdefault((delivery.tenant, delivery.webhook), {})
                kept[delivery.id] = delivery
            case AddAudit(act):
                tenant, chains = act.actor.tenant, self.world.refused if act.is_refused else self.world.audit
                chain = chains.setdefault(tenant, [])
                chain.append(AuditRecord.following(chain[-1] if chain else None, act, MemorySecrets().key))
                self.world.anchors[tenant, act.is_refused] = Head(chain[-1].number, chain[-1].hash)
            case AddSystemEvent(tenant, event):
                self.world.system_events.setdefault(tenant, []).append(event)
                self.world.lines.append(Line(tenant, "", event))
            case StillHeld():
                pass

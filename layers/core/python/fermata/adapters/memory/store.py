"""Jobs and what changes together with them, in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fermata.adapters.memory.state import State
from fermata.content.ports import SaveSource
from fermata.domain.errors import NotFound, Stale
from fermata.domain.events import AuditRecord
from fermata.domain.holds import SYSTEM, Scope, source_scope
from fermata.domain.jobs import Job, Ref
from fermata.domain.listing import Listing, Partition, created_key, id_of, index_keys, merge
from fermata.ports import (
    AddAudit,
    AddChunks,
    AddEvent,
    AddSystemEvent,
    Change,
    Gate,
    SaveChunks,
    SaveJob,
    SaveScope,
    StillHeld,
)


class MemoryStore:
    """Implements :class:`fermata.ports.Store`."""

    def __init__(self, world: State) -> None:
        self.world = world

    def job(self, ref: Ref) -> Job:
        with self.world.lock:
            return self._job(ref)

    def gate(self, ref: Ref, source: str | None) -> Gate:
        with self.world.lock:
            names = [SYSTEM] if source is None else [SYSTEM, source_scope(source)]
            return Gate(self._job(ref), tuple(self._scope(ref.tenant, name) for name in names))

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

    def due(self, now: float) -> Iterator[Ref | tuple[str, str]]:
        with self.world.lock:
            jobs = [job.ref for job in self.world.jobs.values() if job.due_at is not None and job.due_at <= now]
            scopes = [
                (scope.tenant, scope.name)
                for scope in self.world.scopes.values()
                if scope.due_at is not None and scope.due_at <= now
            ]
        yield from jobs
        yield from scopes

    def next_number(self, tenant: str, family: str) -> int:
        with self.world.lock:
            number = self.world.numbers.get((tenant, family), 0) + 1
            self.world.numbers[tenant, family] = number
            return number

    def _job(self, ref: Ref) -> Job:
        try:
            return self.world.jobs[ref]
        except KeyError:
            raise NotFound("job", ref.id) from None

    def _scope(self, tenant: str, name: str) -> Scope:
        return self.world.scopes.get((tenant, name), Scope(tenant, name))

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
            reverse=True,
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
            case AddAudit() | AddSystemEvent():
                pass

    def _apply(self, change: Change) -> None:
        match change:
            case SaveJob(job):
                self.world.jobs[job.ref] = job
            case AddEvent(ref, event):
                self.world.events.setdefault(ref, []).append(event)
            case AddChunks(ref, chunks) | SaveChunks(ref, chunks):
                self.world.chunks.setdefault(ref, {}).update({(chunk.stage, chunk.number): chunk for chunk in chunks})
            case SaveScope(scope):
                self.world.scopes[scope.tenant, scope.name] = scope
            case SaveSource(source):
                self.world.sources[source.tenant, source.id] = source
            case AddAudit(act):
                chain = self.world.audit.setdefault(act.actor.tenant, [])
                chain.append(AuditRecord.following(chain[-1] if chain else None, act))
            case AddSystemEvent(tenant, event):
                self.world.system_events.setdefault(tenant, []).append(event)
            case StillHeld():
                pass

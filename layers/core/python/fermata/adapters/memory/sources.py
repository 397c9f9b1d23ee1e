"""Sources in memory."""

from __future__ import annotations

from collections.abc import Sequence

from fermata.adapters.memory.state import State
from fermata.content.model import Source, SourceListing, SourceState
from fermata.domain.holds import Scope


class MemorySources:
    """Implements :class:`fermata.content.ports.Sources`."""

    def __init__(self, world: State) -> None:
        self.world = world

    def find(self, tenant: str, ids: Sequence[str]) -> list[SourceState]:
        with self.world.lock:
            found = (self.world.sources.get((tenant, id_)) for id_ in dict.fromkeys(ids))
            return [self._standing(source) for source in found if source and source.deleted_at is None]

    def page(self, listing: SourceListing) -> list[SourceState]:
        with self.world.lock:
            shown = [source for source in self.world.sources.values() if _shows(listing, source)]
            newest = sorted(shown, key=lambda source: source.created_key, reverse=True)
            return [self._standing(source) for source in newest[: listing.limit]]

    def _standing(self, source: Source) -> SourceState:
        scope = self.world.scopes.get((source.tenant, source.scope), Scope(source.tenant, source.scope))
        return SourceState(source, self.world.jobs.get(source.job), scope)


def _shows(listing: SourceListing, source: Source) -> bool:
    return (
        source.tenant == listing.tenant
        and source.deleted_at is None
        and listing.workspace in (None, source.workspace)
        and (listing.before is None or source.created_key < listing.before)
    )

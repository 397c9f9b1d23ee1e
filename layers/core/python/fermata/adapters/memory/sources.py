"""Sources in memory."""

from __future__ import annotations

from collections.abc import Sequence

from fermata.adapters.memory.state import World
from fermata.domain.holds import Scope
from fermata.domain.sources import Source, SourceListing, Standing


class MemorySources:
    """Implements :class:`fermata.ports.Sources`."""

    def __init__(self, world: World) -> None:
        self.world = world

    def find(self, tenant: str, ids: Sequence[str]) -> list[Standing]:
        with self.world.lock:
            found = (self.world.sources.get((tenant, id_)) for id_ in dict.fromkeys(ids))
            return [self._standing(source) for source in found if source and source.deleted_at is None]

    def page(self, listing: SourceListing) -> list[Standing]:
        with self.world.lock:
            shown = [source for source in self.world.sources.values() if _shows(listing, source)]
            newest = sorted(shown, key=lambda source: source.created_key, reverse=True)
            return [self._standing(source) for source in newest[: listing.limit]]

    def _standing(self, source: Source) -> Standing:
        scope = self.world.scopes.get((source.tenant, source.scope), Scope(source.tenant, source.scope))
        return Standing(source, self.world.jobs.get(source.job), scope)


def _shows(listing: SourceListing, source: Source) -> bool:
    return (
        source.tenant == listing.tenant
        and source.deleted_at is None
        and listing.workspace in (None, source.workspace)
        and (listing.before is None or source.created_key < listing.before)
    )

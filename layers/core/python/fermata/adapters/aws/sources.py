"""Sources in DynamoDB: in the tenant's partition by id, and in two indexes by their creation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from fermata.adapters.aws import table_keys
from fermata.adapters.aws.clients import Clients
from fermata.adapters.aws.codec import readable, record
from fermata.adapters.aws.table import Selection, Table
from fermata.content.model import Source, SourceListing, SourceState
from fermata.domain.errors import InvalidInput
from fermata.domain.holds import Scope
from fermata.domain.jobs import Job


class DynamoSources:
    """Implements :class:`fermata.content.ports.Sources`."""

    def __init__(self, table: str, clients: Clients | None = None) -> None:
        self._table = Table(clients or Clients(), table)

    def find(self, tenant: str, ids: Sequence[str]) -> list[SourceState]:
        wanted = list(dict.fromkeys(table_keys.source(tenant, id_) for id_ in ids))
        found = self._table.get_many(wanted) if wanted else {}
        sources = readable(Source, (found[key] for key in wanted if key in found))
        return self._standings([source for source in sources if source.deleted_at is None])

    def page(self, listing: SourceListing) -> list[SourceState]:
        if len(listing.before or "") > table_keys.MAX_KEY:
            raise InvalidInput("cursor", "is not one that a page gave")
        shown: list[SourceState] = []
        while len(shown) < listing.limit:
            # The index lags behind: sources that are deleted by now are left out, and the page filled up from further down.
            places = self._places(listing, listing.limit - len(shown))
            shown += self.find(listing.tenant, [place.partition("#")[2] for place in places])
            if not places:
                break
            listing = replace(listing, before=places[-1])
        return shown[: listing.limit]

    def _places(self, listing: SourceListing, count: int) -> list[str]:
        index, partition = table_keys.sources(listing.tenant, listing.workspace)
        names = (table_keys.INDEX_KEYS[index], "created_key")
        selection = Selection(
            partition, "0", listing.before or table_keys.END, index, names, forward=False, page=max(1, count + 1)
        )
        found = (item["created_key"]["S"] for item in self._table.query(selection, keys_only=True))
        return list(islice((place for place in found if place != listing.before), count))

    def _standings(self, sources: Sequence[Source]) -> list[SourceState]:
        """With their jobs and scopes, which one call reads for fifty sources."""
        jobs = [table_keys.job(source.job) for source in sources]
        scopes = [table_keys.scope(source.tenant, source.scope) for source in sources]
        found = self._table.get_many([*jobs, *scopes]) if sources else {}
        standings = []
        for source, job, scope in zip(sources, jobs, scopes, strict=True):
            stored = Scope(source.tenant, source.scope) if scope not in found else record(Scope, found[scope])
            known = next(readable(Job, [found[job]]), None) if job in found else None
            standings.append(SourceState(source, known, stored))
        return standings

"""The family and its words."""

from __future__ import annotations

from typing import Any

from fermata.api.context import RequestContext
from fermata.api.routing import Family
from fermata.content import sources
from fermata.domain.access import CONTROL
from fermata.domain.errors import FermataError, NotFound

NAME = "sources"


def owner_of(call: RequestContext, source_id: str) -> str:
    """Whoever gave the source."""
    return sources.find(call.content, call.tenant, source_id).source.user


def wording(error: FermataError) -> str | None:
    return f"Source not found: {error.name}" if isinstance(error, NotFound) else None


FAMILY = Family(
    NAME,
    "/api/v1/sources",
    "Documents to extract and index, each processed by a job of its own. A paused source is picked up neither for extraction, "
    "indexing nor recovery. Sources are the tenant's: each of its users may pause and resume them, whoever gave one, "
    "and administrators, delete it. Where the stack lets in callers without credentials, they act for the tenant `default`, and "
    "may pause and resume.",
    wording=wording,
    item="/{source_id}",
)

OPEN: dict[str, Any] = {"anonymous": frozenset({CONTROL})}
"""Options of the routes that are open to callers without credentials: those that the document shows."""

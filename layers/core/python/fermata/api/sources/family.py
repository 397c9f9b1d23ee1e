"""The family and its words."""

from __future__ import annotations

from typing import Any

from fermata.api.routing import Family
from fermata.domain.access import CONTROL
from fermata.domain.errors import FermataError, NotFound

NAME = "sources"


def wording(error: FermataError) -> str | None:
    return f"Source not found: {error.name}" if isinstance(error, NotFound) else None


FAMILY = Family(
    NAME,
    "/api/v1/sources",
    "Documents to extract and index, each processed by a job of its own. A paused source is picked up neither for extraction, "
    "indexing nor recovery. Where the stack lets in callers without credentials, they act for the tenant `default`, and may "
    "pause and resume.",
    wording=wording,
)

OPEN: dict[str, Any] = {"anonymous": frozenset({CONTROL})}
"""Options of the routes that are open to callers without credentials: those that the document shows."""

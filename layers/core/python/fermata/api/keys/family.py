"""The family and its words."""

from __future__ import annotations

from fermata.api.dialects import TYPED
from fermata.api.routing import Family
from fermata.domain.errors import FermataError, NotFound


def wording(error: FermataError) -> str | None:
    return f"Key not found: {error.name}" if isinstance(error, NotFound) else None


FAMILY = Family(
    "keys",
    "/api/v1/keys",
    "API keys of the tenant. Only their hashes are stored, so a key is shown once, when it is made. Everything here needs the "
    "scope `admin`.",
    wording=wording,
    dialect=TYPED,
)

"""The family."""

from __future__ import annotations

from fermata.api.routing import Family
from fermata.domain.access import ADMIN, READ

NAME = "system"

FAMILY = Family(
    NAME,
    "/api/v1/system/processing",
    "All processing of a tenant at once. Pausing, resuming and clearing need the scope `admin`. Where the stack lets in callers "
    "without credentials, they act for the tenant `default`, and may do all of this.",
    anonymous=frozenset({READ, ADMIN}),
)

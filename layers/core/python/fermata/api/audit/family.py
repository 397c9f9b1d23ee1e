"""The family."""

from __future__ import annotations

from fermata.api.dialects import TYPED
from fermata.api.routing import Family

NAME = "audit"

FAMILY = Family(
    NAME,
    "/api/v1/audit",
    "One record of each mutation, and of each refused one: who, what, on what, when, outcome. It is only ever appended to; each "
    "record's hash covers the one before it. Everything here needs the scope `admin`.",
    dialect=TYPED,
)

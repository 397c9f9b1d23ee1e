"""The family."""

from __future__ import annotations

from fermata.api.dialects import TYPED
from fermata.api.routing import Family

FAMILY = Family(
    "kinds",
    "/api/v1/kinds",
    "The kinds of work that jobs can be of, and the parameters that each asks for.",
    dialect=TYPED,
)

"""The family."""

from __future__ import annotations

from fermata.api.dialects import TYPED
from fermata.api.routing import Family

FAMILY = Family(
    "records", "/api/v1/records", "Records that imports have stored in a workspace's tables.", dialect=TYPED
)

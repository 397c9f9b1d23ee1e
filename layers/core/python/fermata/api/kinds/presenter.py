"""A kind as this family shows it."""

from __future__ import annotations

from typing import Any

from fermata.domain.kind import Kind


def shown(kind: Kind) -> dict[str, Any]:
    return {
        "name": kind.name,
        "title": kind.title,
        "stages": [{"name": stage.name, "review": stage.review, "worker": stage.worker} for stage in kind.stages],
        "families": sorted({"jobs", *kind.families}),
        "secrets": sorted(kind.secrets),
        "schema": kind.schema(),
    }

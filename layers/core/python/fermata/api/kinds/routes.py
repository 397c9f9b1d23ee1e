"""List and read."""

from __future__ import annotations

from typing import Any

from fermata.api.context import Caller
from fermata.api.kinds.family import FAMILY
from fermata.api.kinds.presenter import shown
from fermata.api.kinds.schemas import Kind, Kinds
from fermata.domain.errors import NotFound


@FAMILY.query("", response_model=Kinds, summary="List kinds")
def list_kinds(call: Caller) -> dict[str, Any]:
    """In order of their names."""
    return {"kinds": [shown(call.engine.kinds[name]) for name in sorted(call.engine.kinds)]}


@FAMILY.query("/{name}", response_model=Kind, errors=(404,), summary="Read a kind")
def get_kind(call: Caller, name: str) -> dict[str, Any]:
    """Its stages, and the JSON Schema of its parameters."""
    if name not in call.engine.kinds:
        raise NotFound("kind", name[:64])
    return shown(call.engine.kinds[name])

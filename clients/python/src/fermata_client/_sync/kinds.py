"""The kinds of work that jobs can be of."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from fermata_client import routes
from fermata_client._sync.transport import Transport

if TYPE_CHECKING:
    from fermata_client import models

KindList: TypeAlias = "list[models.Kind]"


class Kinds:
    """All kinds that the server knows."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self) -> KindList:
        """In order of their names."""
        return (self._transport.call(routes.KINDS_LIST)).kinds

    def get(self, name: str) -> models.Kind:
        """Its stages, and the JSON Schema of its parameters. Raises NotFound."""
        return self._transport.call(routes.KINDS_READ, routes.KINDS_READ.at(name=name))

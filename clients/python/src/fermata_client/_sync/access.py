"""API keys of the tenant."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeAlias

from fermata_client import routes
from fermata_client._sync.transport import Transport
from fermata_client.values import Moment, text_of

if TYPE_CHECKING:
    from fermata_client import models

KeyList: TypeAlias = "list[models.ApiKey]"


class Keys:
    """All keys of the tenant. Needs the scope ``admin``."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(
        self,
        user: str | None = None,
        *,
        scopes: Iterable[str] | None = None,
        label: str | None = None,
        expires_at: Moment | None = None,
    ) -> models.ApiKeyCreated:
        """A new key; what it answers is the only time that the key itself is told.

        Args:
            user: whose it is; by default the caller's.
            scopes: some of read, control and admin; by default the first two.
        """
        body = {
            "user": user,
            "scopes": list(scopes) if scopes is not None else None,
            "label": label,
            "expires_at": text_of(expires_at),
        }
        return self._transport.call(routes.KEYS_CREATE, body=body)

    def list(self) -> KeyList:
        """Every key, revoked ones too, oldest first."""
        return (self._transport.call(routes.KEYS_LIST)).keys

    def revoke(self, id: str, *, reason: str | None = None) -> models.ApiKey:
        """From now on it is not accepted, and sessions that were opened with it are over. Raises NotFound."""
        path = routes.KEYS_REVOKE.at(key_id=id)
        return self._transport.call(routes.KEYS_REVOKE, path, query={"reason": reason})

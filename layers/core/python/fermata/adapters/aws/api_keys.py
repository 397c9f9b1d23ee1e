"""API keys in DynamoDB: under their digest, to be found by it, and in the tenant's partition, to be listed.

Sessions that were signed out lie beside them until they would have ended by themselves.
"""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import replace

from fermata.adapters.aws import table_keys
from fermata.adapters.aws.clients import Clients
from fermata.adapters.aws.codec import Item, dump, readable, record
from fermata.adapters.aws.table import Put, Selection, Table
from fermata.adapters.aws.table_keys import END, Key
from fermata.domain.access import ApiKey
from fermata.domain.errors import FermataError, NotFound

LISTED = "apikey#"
ENDED = "session#"


class DynamoKeys:
    """Implements :class:`fermata.ports.Keys`."""

    def __init__(self, table: str, clients: Clients | None = None) -> None:
        self._table = Table(clients or Clients(), table)

    def find(self, digest: str) -> ApiKey | None:
        item = self._table.get(_found(digest))
        return _with_use(record(ApiKey, item), item) if item is not None else None

    def add(self, key: ApiKey) -> None:
        self._table.write([Put(item, "nothing") for item in _items(key)])

    def all(self, tenant: str) -> list[ApiKey]:
        partition = table_keys.tenant_partition(tenant)
        found = self._table.query(Selection(partition, LISTED, LISTED + END))
        keys = [_with_use(key, item) for item in found for key in readable(ApiKey, [item])]
        return sorted(keys, key=lambda key: (key.created_at, key.id))

    def revoke(self, tenant: str, key_id: str, at: float) -> ApiKey:
        item = self._table.get(_listed(tenant, key_id))
        if item is None:
            raise NotFound("key", key_id)
        known = _with_use(record(ApiKey, item), item)
        revoked = known if known.revoked_at is not None else replace(known, revoked_at=at)
        self._table.write([Put(item, "anything") for item in _items(revoked)])
        return revoked

    def used(self, key: ApiKey, at: float) -> None:
        """Beside the record and not in it, so that it can't undo a revocation; that the key is gone is no error here."""
        for place in (_found(key.digest), _listed(key.tenant, key.id)):
            with suppress(FermataError):
                self._table.set(place, {"used": {"N": repr(at)}})

    def end_session(self, id_: str, until: float) -> None:
        key = _ended(id_)
        item: Item = {"pk": {"S": key.pk}, "sk": {"S": key.sk}, "expires": {"N": str(math.ceil(until))}}
        self._table.put(item, "anything")

    def has_ended(self, id_: str) -> bool:
        return self._table.get(_ended(id_)) is not None


def _with_use(key: ApiKey, item: Item) -> ApiKey:
    return replace(key, used_at=float(item["used"]["N"])) if "used" in item else key


def _ended(session: str) -> Key:
    return Key(f"{ENDED}{session}", "ended")


def _found(digest: str) -> Key:
    return Key(f"{LISTED}{digest}", "key")


def _listed(tenant: str, key_id: str) -> Key:
    return Key(table_keys.tenant_partition(tenant), f"{LISTED}{key_id}")


def _items(key: ApiKey) -> list[Item]:
    places = (_found(key.digest), _listed(key.tenant, key.id))
    return [{"pk": {"S": place.pk}, "sk": {"S": place.sk}, "doc": {"S": dump(key)}} for place in places]

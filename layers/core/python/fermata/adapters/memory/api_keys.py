"""API keys in memory."""

from __future__ import annotations

import threading
from dataclasses import replace

from fermata.domain.access import ApiKey
from fermata.domain.errors import NotFound, Stale


class MemoryKeys:
    """Implements :class:`fermata.ports.Keys`."""

    def __init__(self, *keys: ApiKey) -> None:
        self._keys = {key.digest: key for key in keys}
        self._ended: set[str] = set()
        self._lock = threading.Lock()

    def find(self, digest: str) -> ApiKey | None:
        return self._keys.get(digest)

    def add(self, key: ApiKey) -> None:
        with self._lock:
            if key.digest in self._keys or any(
                (known.tenant, known.id) == (key.tenant, key.id) for known in self._keys.values()
            ):
                raise Stale(f"there is a key {key.id}")
            self._keys[key.digest] = key

    def all(self, tenant: str) -> list[ApiKey]:
        found = (key for key in self._keys.values() if key.tenant == tenant)
        return sorted(found, key=lambda key: (key.created_at, key.id))

    def revoke(self, tenant: str, key_id: str, at: float) -> ApiKey:
        with self._lock:
            for key in self._keys.values():
                if (key.tenant, key.id) == (tenant, key_id):
                    revoked = key if key.revoked_at is not None else replace(key, revoked_at=at)
                    self._keys[key.digest] = revoked
                    return revoked
        raise NotFound("key", key_id)

    def used(self, key: ApiKey, at: float) -> None:
        with self._lock:
            if (known := self._keys.get(key.digest)) is not None:
                self._keys[key.digest] = replace(known, used_at=at)

    def end_session(self, id_: str, until: float) -> None:
        self._ended.add(id_)

    def has_ended(self, id_: str) -> bool:
        return id_ in self._ended

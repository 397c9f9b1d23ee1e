"""A published key set (JWKS), read by one caller at a time while the others go on with what there is."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fermata.api.outgoing import ask
from fermata.domain.errors import Unauthenticated, Unavailable

logger = logging.getLogger("fermata.api")

TIMEOUT = 3.0
LIFESPAN = 300.0
"""Seconds after which the set is read again."""

AGAIN = 30.0
"""Seconds between two tries, when a key is not in the set or the set can't be read."""

SOON = 3.0
"""The same while there is no set at all."""

STALE = 86_400.0
"""Seconds for which a set that can't be read any more is still good."""


def fetched(url: str, trusted: frozenset[str] = frozenset()) -> Mapping[str, Any]:
    """The keys of the set by their ids. Raises Unavailable. ``trusted``: private hosts that may be asked."""
    import jwt

    status, body = ask(url, trusted)
    if status != 200:
        raise Unavailable(f"the key set can't be read: the server answered {status}")
    try:
        found = jwt.PyJWKSet.from_dict(json.loads(body))
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError) as error:
        raise Unavailable(f"the key set can't be read: {type(error).__name__}") from error
    return {key.key_id: key for key in found.keys if key.key_id and key.public_key_use in (None, "sig")}


@dataclass
class KeySet:
    """The keys of one URL.

    Attributes:
        fetch: reads the set.
    """

    url: str
    fetch: Callable[[str], Mapping[str, Any]] = fetched
    now: Callable[[], float] = time.monotonic
    _keys: Mapping[str, Any] = field(default_factory=dict)
    _read_at: float = float("-inf")
    _tried_at: float = float("-inf")
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def find(self, key_id: str) -> Any:
        """The key. Raises Unauthenticated when the set has none of this id, and Unavailable without a set."""
        if self._is_due(key_id):
            self._refresh(key_id)
        if self._read_at == float("-inf") or self.now() - self._read_at > STALE:
            raise Unavailable("the key set can't be read")
        try:
            return self._keys[key_id]
        except KeyError:
            raise Unauthenticated("the token is not valid") from None

    def _is_due(self, key_id: str) -> bool:
        now = self.now()
        if now - self._tried_at < (AGAIN if self._read_at > float("-inf") else SOON):
            return False
        return key_id not in self._keys or now - self._read_at >= LIFESPAN

    def _refresh(self, key_id: str) -> None:
        """Read the set, unless somebody is at it whose answer need not be waited for."""
        before = self._tried_at
        if not self._lock.acquire(timeout=0 if key_id in self._keys else TIMEOUT):
            return
        try:
            if self._tried_at != before:  # somebody else has tried while this caller waited
                return
            self._tried_at = self.now()
            self._keys, self._read_at = self.fetch(self.url), self.now()
        except Unavailable:
            logger.warning("the key set could not be read", exc_info=True)
        finally:
            self._lock.release()

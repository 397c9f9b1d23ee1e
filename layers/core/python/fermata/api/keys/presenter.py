"""Keys as this family shows them."""

from __future__ import annotations

from fermata.api.context import RequestContext
from fermata.api.formatting import zoned_time
from fermata.api.keys.schemas import KeyInfo
from fermata.domain.access import ApiKey


def key_info(call: RequestContext, key: ApiKey) -> KeyInfo:
    state = "revoked" if key.revoked_at is not None else "good" if key.is_good(call.engine.clock.now()) else "expired"
    return KeyInfo(
        id=key.id,
        user=key.user,
        scopes=sorted(key.scopes),  # type: ignore[arg-type]
        label=key.label,
        state=state,  # type: ignore[arg-type]
        created_at=zoned_time(key.created_at),
        expires_at=_time(key.expires_at),
        revoked_at=_time(key.revoked_at),
        last_used_at=_time(key.used_at),
    )


def _time(at: float | None) -> str | None:
    return zoned_time(at) if at is not None else None

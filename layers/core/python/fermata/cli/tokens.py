"""Tokens that the local stack accepts."""

from __future__ import annotations

import time
from collections.abc import Iterable

AUDIENCE = "fermata"
"""The template's default for JwtAudience, which the local stack keeps."""

TTL = 24 * 3600.0


def signed(secret: str, user: str, tenant: str = "default", scopes: Iterable[str] = (), ttl: float = TTL) -> str:
    """An HS256 token that lasts ``ttl`` seconds."""
    import jwt

    now = int(time.time())
    claims = {"sub": user, "tenant": tenant, "scope": " ".join(scopes), "aud": AUDIENCE, "iat": now}
    return jwt.encode({**claims, "exp": now + int(ttl)}, secret, "HS256")

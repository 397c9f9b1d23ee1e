"""Who may do what: scopes, and API keys."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

READ, CONTROL, ADMIN = "read", "control", "admin"
SCOPES = frozenset({READ, CONTROL, ADMIN})
"""read: see jobs and results. control: start, pause, resume, cancel, retry, review. admin: hold the system, read the audit log,
manage keys. None includes another."""

ANONYMOUS = "anonymous"
"""The user that a caller without credentials is."""


@dataclass(frozen=True)
class ApiKey:
    """A key that was given to somebody; the key itself is shown once and never stored.

    Attributes:
        id: names it in lists.
        digest: of the key, see :func:`digest`.
        revoked_at: seconds since the epoch, None while it is good.
    """

    id: str
    tenant: str
    user: str
    scopes: frozenset[str]
    digest: str
    created_at: float
    revoked_at: float | None = None


def digest(key: str) -> str:
    """What is stored of a key. Keys are random and long, so a plain hash can't be guessed back."""
    return hashlib.sha256(key.encode()).hexdigest()

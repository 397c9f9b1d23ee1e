"""Who may do what: scopes, and API keys."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass

READ, CONTROL, ADMIN = "read", "control", "admin"
SCOPES = frozenset({READ, CONTROL, ADMIN})
"""read: see jobs and results. control: start, pause, resume, cancel, retry, review. admin: hold the system, read the audit log,
manage keys. None includes another."""

ANONYMOUS = "anonymous"
"""The user that a caller without credentials is."""

AUTOMATIC, MAINTENANCE, COMMAND = "automatic", "maintenance", "cli:"
"""The users that the engine and the schedule act as, and the beginning of those that the command does."""


def is_reserved(user: str) -> bool:
    """Whether no token and no key may say that its owner is this user, whatever the case and blanks around it."""
    name = unicodedata.normalize("NFKC", user).strip().casefold()
    return name in (ANONYMOUS, AUTOMATIC, MAINTENANCE) or name.startswith(COMMAND)


@dataclass(frozen=True)
class ApiKey:
    """A key that was given to somebody; the key itself is shown once and never stored.

    Attributes:
        id: names it in lists.
        digest: of the key, see :func:`digest`.
        revoked_at: seconds since the epoch, None while it is good.
        label: what it is for, in words.
        expires_at: seconds since the epoch, None: never.
        used_at: when it was last used, to the hour; None: never.
    """

    id: str
    tenant: str
    user: str
    scopes: frozenset[str]
    digest: str
    created_at: float
    revoked_at: float | None = None
    label: str = ""
    expires_at: float | None = None
    used_at: float | None = None

    def is_good(self, now: float) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def digest(key: str) -> str:
    """What is stored of a key. Keys are random and long, so a plain hash can't be guessed back."""
    return hashlib.sha256(key.encode()).hexdigest()

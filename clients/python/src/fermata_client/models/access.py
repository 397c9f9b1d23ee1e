"""Who calls: API keys and sessions."""

from __future__ import annotations

from pydantic import Field

from fermata_client.models.base import Answer, Time


class ApiKey(Answer):
    """A key, without what it is accepted by."""

    id: str
    user: str
    scopes: list[str]
    label: str
    state: str
    created_at: Time
    expires_at: Time | None
    revoked_at: Time | None
    last_used_at: Time | None


class ApiKeyCreated(ApiKey):
    """A key that was just made; ``key`` is not told again."""

    key: str = Field(repr=False)


class ApiKeyList(Answer):
    keys: list[ApiKey]


class SessionInfo(Answer):
    """Who calls; ``csrf_token`` and ``expires_at`` are those of a browser's session, else None."""

    tenant: str
    user: str
    scopes: list[str]
    csrf_token: str | None = Field(repr=False)
    expires_at: Time | None


class SignedOut(Answer):
    signed_out: bool


class StreamTicket(Answer):
    """What opens a stream without headers, as ``?ticket=``."""

    ticket: str = Field(repr=False)
    expires_at: Time


class Provider(Answer):
    """Where users sign in elsewhere."""

    issuer: str
    start: str


class SignInMethods(Answer):
    api_key: bool
    oidc: Provider | None

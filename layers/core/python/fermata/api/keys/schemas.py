"""What goes in and out."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from fermata.api.request_fields import DATE_TIME, Strict, Until
from fermata.control.api_keys import MAX_LABEL, MAX_USER
from fermata.domain.access import CONTROL, READ

ScopeName = Literal["admin", "control", "read"]
Time = Annotated[str, Field(description="UTC", examples=["2026-04-13T09:00:00Z"], json_schema_extra=DATE_TIME)]
KeyId = Annotated[str, Field(examples=["key_1f2e3d4c5b6a"])]


class NewKey(Strict):
    """Whose key, and what it is good for."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"user": "ann", "scopes": ["read", "control"], "label": "laptop"}]}
    )

    user: Annotated[
        str | None,
        Field(
            strict=True,
            min_length=1,
            max_length=MAX_USER,
            description="Whose it is: what it starts is this user's. Left out: the caller's.",
        ),
    ] = None
    scopes: Annotated[list[ScopeName], Field(default=[READ, CONTROL], min_length=1, max_length=3)]
    label: Annotated[str, Field(strict=True, max_length=MAX_LABEL, description="What it is for, in words.")] = ""
    expires_at: Annotated[Until | None, Field(description="When it is good no more; left out: never.")] = None


class KeyInfo(BaseModel):
    """A key, without what it is accepted by."""

    id: KeyId
    user: str
    scopes: list[ScopeName]
    label: str
    state: Literal["good", "expired", "revoked"]
    created_at: Time
    expires_at: Time | None = Field(description="Null: never.")
    revoked_at: Time | None
    last_used_at: Time | None = Field(description="To the hour; null: it never was.")


class CreatedKey(KeyInfo):
    """A key that was just made."""

    key: str = Field(description="The key itself; nobody can find it out later.", examples=["sk_..."])


class Keys(BaseModel):
    """All keys of the tenant, revoked ones too, oldest first."""

    keys: list[KeyInfo]

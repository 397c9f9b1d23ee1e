"""What goes in and out."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from fermata.api.request_fields import DATE_TIME, Strict

Time = Annotated[str, Field(description="UTC", examples=["2026-04-13T09:00:00Z"], json_schema_extra=DATE_TIME)]


class SignIn(Strict):
    """The key to sign in with. The browser need not keep it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"api_key": "sk_..."}]})

    api_key: Annotated[str, Field(strict=True, min_length=1, max_length=256)]


class SessionInfo(BaseModel):
    """Who is signed in."""

    tenant: str = Field(examples=["default"])
    user: str = Field(examples=["ann"])
    scopes: list[Literal["admin", "control", "read"]] = Field(description="What this caller may do.")
    csrf_token: str | None = Field(
        description="To be sent as `X-CSRF-Token` with every change; null where no cookie says who calls."
    )
    expires_at: Time | None = Field(description="When the session ends by itself; null where no cookie says who calls.")


class SignedOut(BaseModel):
    signed_out: Literal[True]


class StreamTicket(BaseModel):
    """What opens a stream without headers."""

    ticket: str = Field(description="To be sent as `?ticket=` with the address of a stream.")
    expires_at: Time


class Provider(BaseModel):
    """Where users sign in elsewhere."""

    issuer: str = Field(examples=["https://login.example.com"])
    start: str = Field(
        description="Send the browser there, with `?return_to=` and a path here.",
        examples=["/api/v1/session/oidc/start"],
    )


class SignInMethods(BaseModel):
    """The ways in which one can sign in."""

    api_key: Literal[True]
    oidc: Provider | None = Field(description="Null where the stack has no identity provider.")

"""What goes in and out."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from fermata.api.request_fields import DATE_TIME


class AuditEntry(BaseModel):
    """One mutation, or one that was refused."""

    chain: Literal["done", "refused"] = Field(description="Which of the two chains it is in.")
    number: int = Field(description="Its number in the chain: 1, 2, 3 … without gaps.")
    at: str = Field(examples=["2026-04-13T09:00:00Z"], json_schema_extra=DATE_TIME)
    time: float = Field(description="The same, exactly: seconds since the epoch, as the hash covers it.")
    user: str
    scopes: list[str] = Field(description="What the caller might do.")
    action: str = Field(examples=["jobs.pause"])
    target: str = Field(description="What it was done to: an id, or the family.")
    outcome: str = Field(description="`done`, or `refused: ` and why.")
    trace: str | None = Field(description="The request's `traceparent` or id.")
    reason: str | None = Field(description="That was given for it; null where none was.")
    previous: str = Field(description="Hash of the chain's record before; empty for the first.")
    hash: str = Field(
        description="HMAC-SHA-256, with a key that only the stack has, of the JSON array of number, tenant, user, action, "
        "target, time, outcome, trace, previous, scopes and key, and of reason where there is one. "
        "`GET /api/v1/audit/verification` checks it."
    )
    key: str = Field(description="Names the key; empty in records of the first release, which had none.")


class AuditEntries(BaseModel):
    """A page, oldest first."""

    records: list[AuditEntry]
    next_cursor: str | None = Field(
        description="Asks for the records after these; null when these are the last so far."
    )


class AuditVerification(BaseModel):
    """What checking the chain found."""

    intact: bool
    checked: int
    broken_at: int | None = Field(description="Number of the first record that does not fit.")
    last: int = Field(description="Number of the last record that fits.")
    hash: str = Field(description="Its hash. Kept elsewhere and given back later, both prove that nothing was cut off.")
    whole: bool = Field(description="Whether the end of the chain was reached; else ask again from `last` and `hash`.")
    anchored: int = Field(
        description="Number of the newest record whose hash is kept where no function of the stack can change it."
    )

"""What webhooks look like."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel as Answer
from pydantic import ConfigDict, Field

from fermata.api.notify import BodyFormat, EventPattern, Url
from fermata.api.request_fields import DATE_TIME, LEFT_OUT, WHOLE, Labels, Strict, Workspace, may_be_left_out
from fermata.control.webhooks import LONGEST_OVERLAP, MOST_EVENTS, MOST_RESENT, OVERLAP
from fermata.domain.notify import Format
from fermata.domain.webhooks import EVERY, State

HOUR = 3600
MOST_NAMES = 20

Time = Annotated[str, Field(description="UTC", examples=["2026-04-13T09:00:00Z"], json_schema_extra=DATE_TIME)]
WebhookId = Annotated[str, Field(examples=["wh-01999b2c4f10a1b2c3d4"])]
DeliveryId = Annotated[str, Field(examples=["msg_01999b2c4f10a1b2c3d4e5f607182930"])]
Name = Annotated[str, Field(strict=True, min_length=1, max_length=128, description="For people.")]
Events = Annotated[
    list[EventPattern],
    Field(
        max_length=MOST_EVENTS, description="What it hears of by itself; none: only of jobs that name it in `notify`."
    ),
]
Kinds = Annotated[
    list[Annotated[str, Field(strict=True, min_length=1, max_length=64)]],
    Field(max_length=MOST_NAMES, description="Only of jobs of these kinds; none: of any, and of what is about no job."),
]
Workspaces = Annotated[
    list[Workspace], Field(max_length=MOST_NAMES, description="Only of these workspaces; none: of any.")
]
OnlyLabels = Annotated[Labels, Field(description="Only of jobs with all of these labels; none: of any.")]


class NewWebhook(Strict):
    """A receiver, and what it wants to hear of."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "failures", "url": "https://hooks.example.com/fermata", "events": ["job.failed"]}]
        }
    )

    name: Name
    url: Url
    events: Annotated[Events, Field(default_factory=lambda: [EVERY])]
    kinds: Annotated[Kinds, Field(default_factory=list)]
    workspaces: Annotated[Workspaces, Field(default_factory=list)]
    labels: Annotated[OnlyLabels, Field(default_factory=dict)]
    format: BodyFormat = Format.JSON


class WebhookChange(Strict):
    """What is to be another; what is left out stays."""

    model_config = ConfigDict(json_schema_extra=may_be_left_out)

    name: Annotated[Name, LEFT_OUT]
    url: Annotated[Url, LEFT_OUT]
    events: Annotated[Events, LEFT_OUT]
    kinds: Annotated[Kinds, LEFT_OUT]
    workspaces: Annotated[Workspaces, LEFT_OUT]
    labels: Annotated[OnlyLabels, LEFT_OUT]
    format: Annotated[BodyFormat, LEFT_OUT]


class Rotation(Strict):
    """How the secret before goes. The body may be left out."""

    overlap_hours: Annotated[
        int,
        Field(
            strict=True,
            ge=0,
            le=int(LONGEST_OVERLAP) // HOUR,
            description="For so long the secret before signs as well; 0: not at all.",
        ),
        WHOLE,
    ] = int(OVERLAP) // HOUR


class Resending(Strict):
    """Which of the dead deliveries."""

    ids: Annotated[
        list[Annotated[str, Field(strict=True, max_length=64)]] | None,
        Field(min_length=1, max_length=MOST_RESENT, description="Those of these ids; left out: all, the newest first."),
    ] = None


class Webhook(Answer):
    """All there is to know of a webhook, but for its secret."""

    id: WebhookId
    name: str
    url: str
    user: str = Field(description="Who made it.")
    events: list[str]
    kinds: list[str]
    workspaces: list[str]
    labels: dict[str, str]
    format: Format
    state: Literal["enabled", "failing", "disabled"] = Field(
        description="`failing`: the last attempts failed, and what waits is tried again."
    )
    disabled_at: Time | None
    disabled_reason: str | None
    failures: int = Field(description="Attempts that failed since the last one that did not.")
    failing_since: Time | None
    resting_until: Time | None = Field(description="It is down, and nothing is sent before.")
    old_secret_until: Time | None = Field(description="Until when the secret before signs as well.")
    created_at: Time
    updated_at: Time


class CreatedWebhook(Webhook):
    """A webhook that was just made."""

    secret: str | None = Field(
        description="What it verifies signatures with; nobody is told again. Null in the answer to a repeated request.",
        examples=["whsec_…"],
    )


class WebhookList(Answer):
    """All of the tenant's, by id."""

    webhooks: list[Webhook]


class WebhookDeleted(Answer):
    id: WebhookId
    deleted: Literal[True]


class WebhookSecret(Answer):
    """A new secret."""

    id: str
    secret: str = Field(description="Nobody is told again.", examples=["whsec_…"])
    old_secret_until: Time | None = Field(description="Until when the secret before signs as well.")


class DeliveryAttempt(Answer):
    """One try. What the receiver's answer said is not looked at."""

    at: Time
    seconds: float
    status: int | None = Field(description="Of the answer; null: there was none.")
    error: str | None


class Delivery(Answer):
    """An event for a webhook."""

    id: DeliveryId = Field(description="Also its `webhook-id`, the same however often it is sent.")
    webhook_id: WebhookId
    type: str = Field(examples=["job.failed"])
    job_id: str | None
    state: State = Field(description="`pending`: it is tried again; `delivered`; `dead`: it was given up.")
    at: Time = Field(description="When it happened.")
    next_attempt_at: Time | None = Field(description="Of a pending one, about.")
    reason: str | None = Field(description="Why it was given up.")
    attempts: list[DeliveryAttempt] = Field(description="The last twenty, oldest first.")


class DeliveryDetail(Delivery):
    """An event for a webhook, with all that it says."""

    event: dict[str, Any] = Field(description="As the bus has it.")


class Deliveries(Answer):
    """A page of them, the newest first."""

    webhook_id: WebhookId
    deliveries: list[Delivery]
    next_cursor: str | None


class Resent(Answer):
    """How many are sent again."""

    webhook_id: WebhookId
    count: int
    more: bool = Field(description="Whether there may be dead ones left.")

"""Who is told of a job, as bodies of several families ask for it and answers show it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel as Answer
from pydantic import Field

from fermata.api.request_fields import Strict
from fermata.control.webhooks import MAX_URL, MOST_EVENTS, MOST_NOTIFIED
from fermata.domain import notify as domain
from fermata.domain.notify import Format
from fermata.domain.webhooks import ENDS, PATTERNS, id_of_url

EventPattern = Annotated[
    str,
    Field(
        strict=True,
        min_length=1,
        max_length=64,
        description="A type as `job.failed`, `job.*` for all of jobs, `*` for all.",
        examples=["job.failed"],
        json_schema_extra={"enum": list(PATTERNS)},
    ),
]
Url = Annotated[
    str,
    Field(
        strict=True,
        min_length=1,
        max_length=MAX_URL,
        description="Https, and public; other hosts only where the stack's parameter AllowedHosts has them.",
        examples=["https://hooks.example.com/fermata"],
    ),
]
BodyFormat = Annotated[
    Format, Field(description="`json`: the event as the bus has it; `slack`: a message that Slack shows.")
]


class NotifyOf(Strict):
    """A receiver of a job's events: an address, signed with the tenant's secret, or one of its webhooks."""

    url: Url | None = None
    webhook: Annotated[
        str | None, Field(strict=True, max_length=64, description="Id of a webhook, instead of a URL.")
    ] = None
    events: Annotated[
        list[EventPattern],
        Field(
            default_factory=lambda: list(ENDS),
            min_length=1,
            max_length=MOST_EVENTS,
            description="Left out: how it ended, and that it waits for a review.",
        ),
    ]
    format: BodyFormat = Format.JSON


Notify = Annotated[
    list[NotifyOf],
    Field(
        default_factory=list,
        max_length=MOST_NOTIFIED,
        description="Who is told of its events, besides the webhooks that hear of them anyway.",
        examples=[[{"url": "https://hooks.example.com/done"}]],
    ),
]


class NotifyShown(Answer):
    """A receiver of a job's events."""

    url: str | None = Field(description="Without its path, which may be secret; null: it is a webhook.")
    webhook: str = Field(description="Its id among `/api/v1/webhooks`, where an administrator sees what it was sent.")
    events: list[str]
    format: Format


def asked(body: Sequence[NotifyOf]) -> tuple[domain.Notify, ...]:
    return tuple(domain.Notify(one.url, one.webhook, tuple(one.events), one.format) for one in body)


def shown(notify: Sequence[domain.Notify]) -> list[NotifyShown]:
    return [
        NotifyShown(
            url=None if one.url is None else _origin(one.url),
            webhook=one.webhook if one.url is None and one.webhook else id_of_url(one.url or "", one.format),
            events=list(one.events),
            format=one.format,
        )
        for one in notify
    ]


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" + ("/…" if parts.path.strip("/") or parts.query else "")

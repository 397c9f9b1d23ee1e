"""Who is told of a job's events, besides the webhooks that hear of them anyway."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Format(StrEnum):
    """Of what a receiver is sent."""

    JSON = "json"  # the event, as the bus has it
    SLACK = "slack"  # a message that Slack shows


@dataclass(frozen=True)
class Notify:
    """Who is told of a job's events.

    Attributes:
        url, format: of a receiver; None: ``webhook`` names one.
        webhook: id of one of the tenant's.
        events: types, or beginnings of types with a ``*``.
    """

    url: str | None = None
    webhook: str | None = None
    events: tuple[str, ...] = ()
    format: Format = Format.JSON

"""Frames as they go over the wire."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from fermata.domain.kind import Json

DONE = "done"
"""The event of the last frame of a job that is over."""

HEARTBEAT = b": still here\n"
"""A line by itself: with an empty one behind it some clients take it for an event that says nothing."""

END = "end"
"""Behind the number of the last event: the client was told as well that the job is over."""

EVENT_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            "text/event-stream": {
                "schema": {
                    "type": "object",
                    "description": "One event; `data` is JSON.",
                    "properties": {name: {"type": "string"} for name in ("id", "event", "data")},
                }
            }
        },
        "description": "Server-sent events",
    },
    204: {"description": "The job is over, and the client was told so: it need not come again"},
}
"""What a stream's route says of its answer in the OpenAPI description."""


@dataclass(frozen=True)
class Frame:
    """One message to the client.

    Attributes:
        data: JSON.
        event: its type; None: ``message``, as clients call it.
        id: the place of the line of history that it tells; None where it tells none, so that the client keeps its place.
    """

    data: Json
    event: str | None = None
    id: int | str | None = None

    def encode(self) -> bytes:
        lines = [f"id: {self.id}"] if self.id is not None else []
        lines += [f"event: {self.event}"] if self.event is not None else []
        lines.append(f"data: {json.dumps(self.data, separators=(',', ':'))}")
        return ("\n".join(lines) + "\n\n").encode()


def retry(seconds: float) -> bytes:
    """Tells the client how long to wait before it connects again; a line of the frame that comes next."""
    return f"retry: {int(seconds * 1000)}\n".encode()

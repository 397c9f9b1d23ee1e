"""Server-sent events, read as a browser reads them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from fermata_client import ApiError, ConnectionFailed
from fermata_client.sse import Decoder

from fermata_conformance.check import Mismatch, is_equal, is_true
from fermata_conformance.client import Client

LONGEST = 25.0
"""Seconds that a connection may last."""

SLACK = 5.0
"""Seconds more for a machine that is busy."""


@dataclass(frozen=True)
class Frame:
    """One event; ``id`` is None where the server gave it none."""

    event: str
    id: str | None
    data: Any


@dataclass(frozen=True)
class Window:
    """One connection: its events, and whether the server ended it.

    Attributes:
        seconds: how long it lasted.
    """

    frames: list[Frame]
    closed: bool
    seconds: float


def window(
    client: Client,
    path: str,
    last: str | None = None,
    enough: Callable[[Frame], bool] = lambda frame: False,
    **query: str,
) -> Window:
    """Open a stream and read until the server closes it, or until there is enough. Raises Mismatch."""
    headers = {"Accept": "text/event-stream"} | ({} if last is None else {"Last-Event-ID": last})
    began, frames = time.monotonic(), []
    try:
        with client.transport.stream(path, headers, query) as response:
            is_equal(f"the status of GET {path}", response.status_code, 200)
            kind = response.headers.get("content-type", "").partition(";")[0]
            is_equal(f"the content type of GET {path}", kind, "text/event-stream")
            for frame in parsed(response.iter_bytes()):
                frames.append(frame)
                if enough(frame):
                    return Window(frames, False, time.monotonic() - began)
    except ApiError as error:
        raise Mismatch(f"the status of GET {path} is {error.status}, not 200") from None
    except ConnectionFailed as error:
        raise Mismatch(f"GET {path}: {error}") from None
    return Window(frames, True, time.monotonic() - began)


def follow(
    client: Client, path: str, until: Callable[[Frame], bool], seconds: float, last: str | None = None, **query: str
) -> list[Frame]:
    """All events until one that is good, over as many connections as that takes. Raises Mismatch."""
    deadline, frames = time.monotonic() + seconds, []
    while True:
        seen = window(client, path, last, until, **query)
        frames += seen.frames
        last = next((frame.id for frame in reversed(frames) if frame.id is not None), last)
        if not seen.closed:
            return frames
        is_true(time.monotonic() < deadline, f"GET {path} tells only {[frame.event for frame in frames]}")
        time.sleep(0.1)


def parsed(chunks: Iterable[bytes]) -> Iterator[Frame]:
    """The events of a stream's bytes. Raises Mismatch for data that is no JSON."""
    decoder = Decoder()
    for chunk in chunks:
        for message in decoder.feed(chunk):
            yield Frame(message.type, message.id if message.own_id else None, _json(message.data))


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise Mismatch(f"the data of an event is no JSON: {text[:200]}") from None

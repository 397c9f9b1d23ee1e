"""Streams of server-sent events that survive their connections."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from fermata_client._sync.clock import sleep
from fermata_client._sync.transport import Transport
from fermata_client.errors import ConnectionFailed, RateLimited, Unavailable
from fermata_client.retries import Retry
from fermata_client.sse import Decoder, Message

DONE = "done"
"""The event that ends a stream for good."""

PATIENCE = 60.0
"""Seconds without a connection after which a stream is given up."""

REST = 1.0
"""Seconds between two connections where the stream asks for nothing else."""

ENDLESS = Retry(attempts=1_000_000)


def follow(
    transport: Transport,
    path: str,
    after: str | None = None,
    patience: float = PATIENCE,
    query: Mapping[str, Any] | None = None,
) -> Iterator[Message]:
    """The events of a stream to its end, each numbered one once, over as many connections as it takes.

    Args:
        after: the id of the last event that was seen; None: the server decides where to begin.
        patience: seconds that the server may be out of reach.

    Raises:
        ApiError: the server refuses.
        ConnectionFailed: it was out of reach for too long.
    """
    decoder = Decoder(last_id=after or "")
    reached, failures = time.monotonic(), 0
    while True:
        try:
            headers = {"Accept": "text/event-stream", "Cache-Control": "no-cache"}
            if decoder.last_id:
                headers["Last-Event-ID"] = decoder.last_id
            with transport.stream(path, headers, query) as response:
                if response.status_code == 204:  # the server has nothing more to say
                    return
                told = decoder.last_id
                for chunk in response.iter_bytes():
                    reached, failures = time.monotonic(), 0
                    for message in decoder.feed(chunk):
                        if message.own_id and message.id == told and message.type != DONE:
                            continue
                        told = message.id
                        yield message
                        if message.type == DONE:
                            return
        except (ConnectionFailed, RateLimited, Unavailable) as error:
            pause = ENDLESS.pause(error, min(failures, 8), repeatable=True)
            failures += 1
            if pause is None or time.monotonic() + pause - reached > patience:
                raise
            sleep(pause)
        else:
            sleep(REST if decoder.retry is None else decoder.retry)
        decoder = Decoder(last_id=decoder.last_id, retry=decoder.retry)

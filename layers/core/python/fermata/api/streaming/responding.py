"""A followed job as a response."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Header, Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from fermata.api.streaming.follower import HEADER, EventRenderer, Follower, Update
from fermata.api.streaming.frames import HEARTBEAT, retry
from fermata.api.streaming.windows import Window, Windows
from fermata.control.engine import Engine
from fermata.domain.errors import FermataError
from fermata.domain.jobs import Ref

logger = logging.getLogger("fermata.api")

LastEventId = Annotated[
    str | None,
    Header(
        alias=HEADER,
        description="The id of the last event that was seen; the stream goes on after it. Browsers send it by themselves. "
        "One that the stream never sent is refused; 0 asks for all events.",
        examples=["3"],
    ),
]


def follow(request: Request, engine: Engine, ref: Ref, tell: EventRenderer, last: str | None) -> StreamingResponse:
    """Stream a job to whoever asks; a route's function calls it outside of the event loop.

    What can go wrong goes wrong here, before the response has begun. Raises NotFound, and InvalidInput for a ``last`` (the
    header ``Last-Event-ID``) that is no position in this job's history.
    """
    follower = Follower(engine, ref, tell)
    opening = follower.open(last)
    windows: Windows = request.app.state.services.windows
    window = windows.buffered if "aws.event" in request.scope else windows.streamed
    return StreamingResponse(
        _sent(follower, opening, window, resumed=bool(last)),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )


async def _sent(follower: Follower, opening: Update, window: Window, *, resumed: bool) -> AsyncIterator[bytes]:
    """The bytes of one connection."""
    loop = asyncio.get_running_loop()
    start = spoke = counted = loop.time()
    look, news = opening, _tells_more(opening, resumed)
    yield retry(window.retry) + _encoded(look)
    while not look.over and not (window.hasty and news):
        left = start + window.length - loop.time()
        if left <= 0:
            return
        await asyncio.sleep(min(window.poll, left))
        now = loop.time()
        progress = now - counted >= window.progress
        try:
            look = await run_in_threadpool(follower.look, progress=progress)
        except FermataError as error:
            # The response has begun: all that is left is to end it. The client connects again and is told what is wrong.
            logger.warning("a stream broke off", extra={"job_id": follower.ref.id, "error": str(error)})
            return
        counted = now if progress else counted
        if look.frames:
            news, spoke = True, now
            yield _encoded(look)
        elif now - spoke >= window.heartbeat:
            spoke = now
            yield HEARTBEAT


def _tells_more(opening: Update, resumed: bool) -> bool:
    """Whether it tells what the client did not know: to one that comes back, more than how far the job is."""
    return not resumed or any(frame.id is not None for frame in opening.frames)


def _encoded(look: Update) -> bytes:
    return b"".join(frame.encode() for frame in look.frames)

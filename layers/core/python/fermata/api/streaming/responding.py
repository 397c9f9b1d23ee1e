"""What is followed, as a response."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Protocol

from fastapi import Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from fermata.api.stream_windows import Window, Windows
from fermata.api.streaming.follower import HEADER, EventRenderer, Follower, Update
from fermata.api.streaming.frames import HEARTBEAT, retry
from fermata.control.engine import Engine
from fermata.domain.errors import FermataError
from fermata.domain.jobs import Ref

logger = logging.getLogger("fermata.api")

GOES_ON = (
    "The id of the last event that was seen; the stream goes on after it. One that the stream never sent is refused."
)

LastEventId = Annotated[
    str | None, Header(alias=HEADER, description=f"{GOES_ON} Browsers send it by themselves.", examples=["3"])
]
LastEventIdInAddress = Annotated[
    str | None, Query(max_length=4096, description=f"{GOES_ON} For programs that can send no headers.", examples=["3"])
]


class Followed(Protocol):
    """What a stream tells of, as one client follows it."""

    def open(self, last: str | None) -> Update: ...

    def look(self, *, progress: bool) -> Update: ...


@dataclass(frozen=True)
class LastEvent:
    """How a route's function asks where its client stands, in the header or in the address."""

    header: LastEventId = None
    last_event_id: LastEventIdInAddress = None

    @property
    def id(self) -> str | None:
        """The header counts: a browser sends it with the address that it began with."""
        return self.header or self.last_event_id


Position = Annotated[LastEvent, Depends()]


def follow(request: Request, engine: Engine, ref: Ref, tell: EventRenderer, last: LastEvent) -> Response:
    """Stream a job to whoever asks; a route's function calls it outside of the event loop.

    What can go wrong goes wrong here, before the response has begun. Raises NotFound, and InvalidInput for a ``last`` that is no
    position in this job's history.
    """
    return stream(request, Follower(engine, ref, tell), last)


def stream(request: Request, follower: Followed, last: LastEvent) -> Response:
    """The same of whatever is followed. Who was told the end, and comes again, is told in a way that browsers understand."""
    opening = follower.open(last.id)
    if opening.known:
        return Response(status_code=204)
    windows: Windows = request.app.state.services.windows
    window = windows.buffered if "aws.event" in request.scope else windows.streamed
    return StreamingResponse(
        _sent(follower, opening, window, resumed=bool(last.id)),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )


async def _sent(follower: Followed, opening: Update, window: Window, *, resumed: bool) -> AsyncIterator[bytes]:
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
            logger.warning("a stream broke off", extra={"error": str(error)})
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

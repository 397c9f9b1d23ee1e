"""What is followed, as a response."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Annotated, Protocol

from fastapi import Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool
from starlette.types import Message, Send

from fermata.api.audience import Audience
from fermata.api.context import RequestContext, Services
from fermata.api.stream_windows import Window, Windows
from fermata.api.streaming.follower import HEADER, EventRenderer, Follower, Update
from fermata.api.streaming.frames import HEARTBEAT, retry
from fermata.control.engine import Engine
from fermata.domain.errors import FermataError
from fermata.domain.jobs import Ref

logger = logging.getLogger("fermata.api")

STALL = 30.0
"""Seconds that what was sent may stay unread, after which the client is given up."""

GOES_ON = (
    "The id of the last event that was seen; the stream goes on after it. One that the stream never sent is refused."
)

LastEventId = Annotated[
    str | None, Header(alias=HEADER, description=f"{GOES_ON} Browsers send it by themselves.", examples=["3"])
]
LastEventIdInAddress = Annotated[
    str | None,
    Query(
        max_length=4096,
        description=f"{GOES_ON} For programs that can send no headers; `lastEventId` is the same.",
        examples=["3"],
    ),
]


LastEventIdOfPolyfill = Annotated[
    str | None,
    Query(
        alias="lastEventId",
        max_length=4096,
        include_in_schema=False,  # generators of clients make one name of both
    ),
]
"""The same, as programs that stand in for browsers name it when they come back."""


class Followed(Protocol):
    """What a stream tells of, as one client follows it."""

    def open(self, last: str | None) -> Update: ...

    def look(self, *, progress: bool) -> Update: ...


@dataclass(frozen=True)
class LastEvent:
    """How a route's function asks where its client stands, in the header or in the address."""

    header: LastEventId = None
    last_event_id: LastEventIdInAddress = None
    polyfill: LastEventIdOfPolyfill = None

    @property
    def id(self) -> str | None:
        """What a client adds when it comes back counts before the address that it began with."""
        return self.header or self.polyfill or self.last_event_id


Position = Annotated[LastEvent, Depends()]


def follow(
    request: Request, engine: Engine, ref: Ref, tell: EventRenderer, last: LastEvent, *, lasting: bool = False
) -> Response:
    """Stream a job to whoever asks; a route's function calls it outside of the event loop.

    What can go wrong goes wrong here, before the response has begun. ``lasting``: no document says how long a connection lasts.
    Raises NotFound, InvalidInput for a ``last`` that is no position in this job's history, TooMany and Unavailable.
    """
    return stream(request, Follower(engine, ref, tell), last, lasting=lasting)


def stream(request: Request, follower: Followed, last: LastEvent, *, lasting: bool = False) -> Response:
    """The same of whatever is followed. Who was told the end, and comes again, is told in a way that browsers understand."""
    services: Services = request.app.state.services
    call: RequestContext = request.state.call
    services.audience.admit(call.tenant)
    opening = follower.open(last.id)
    if opening.known:
        return Response(status_code=204)
    session = _Connection(
        follower,
        _window(services.windows, buffered="aws.event" in request.scope, lasting=lasting),
        services.audience,
        call.tenant,
        call.recheck,
        services.windows.recheck,
    )
    return _Streamed(
        session.sent(opening, resumed=bool(last.id)),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )


def _window(windows: Windows, *, buffered: bool, lasting: bool) -> Window:
    if buffered:
        return windows.buffered
    return windows.lasting or windows.streamed if lasting else windows.streamed


class _Streamed(StreamingResponse):
    """Gives up a client that leaves what it is sent unread; its server would keep it for ever."""

    async def stream_response(self, send: Send) -> None:
        async def sent(message: Message) -> None:
            async with asyncio.timeout(STALL):
                await send(message)

        try:
            await super().stream_response(sent)
        except TimeoutError:
            logger.info("a client that reads nothing was given up")


@dataclass
class _Connection:
    """One connection of somebody who follows.

    Attributes:
        tenant: whose it is.
        recheck: raises Refused when the caller may not follow any more; asked every ``every`` seconds.
    """

    follower: Followed
    window: Window
    audience: Audience
    tenant: str
    recheck: Callable[[], object]
    every: float

    async def sent(self, opening: Update, *, resumed: bool) -> AsyncIterator[bytes]:
        """The bytes of the connection."""
        with self.audience.seat(self.tenant):
            async for part in self._told(opening, _tells_more(opening, resumed)):
                yield part

    async def _told(self, look: Update, news: bool) -> AsyncIterator[bytes]:
        window, loop = self.window, asyncio.get_running_loop()
        start = spoke = counted = checked = loop.time()
        yield retry(window.retry) + _encoded(look)
        while not look.over and not (window.hasty and news):
            left = start + window.length - loop.time()
            if left <= 0:
                return
            await asyncio.sleep(min(self.audience.rest(self.tenant, window.poll), left))
            now = loop.time()
            progress = now - counted >= window.progress
            try:
                if now - checked >= self.every:
                    checked = now
                    await run_in_threadpool(self.recheck)
                look = await run_in_threadpool(self.follower.look, progress=progress)
            except FermataError as error:
                # The response has begun: all that is left is to end it. The client connects again and is told what is wrong.
                logger.warning("a stream broke off", extra={"error": str(error)})
                return
            self.audience.looked(loop.time() - now)
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

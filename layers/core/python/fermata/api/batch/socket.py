"""The WebSocket of a batch, for whoever observes it; closing it changes nothing.

A gateway of AWS has no such route: there :mod:`fermata.api.batch.connections` tells the same messages to connections that the
gateway keeps.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial

from fastapi import WebSocket
from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocketDisconnect

from fermata.api.auth import Identity, Security
from fermata.api.batch import frames
from fermata.api.batch.family import FAMILY, ref_of
from fermata.api.context import NOBODY, RequestContext, RoutePolicy, Services
from fermata.api.dialects import DETAIL
from fermata.api.errors import TooMany
from fermata.domain import strict_json
from fermata.domain.access import READ
from fermata.domain.errors import FermataError, InvalidInput, Refused, Unavailable
from fermata.domain.jobs import Ref

OVER, GOING, POLICY, BROKEN, LATER = 1000, 1001, 1008, 1011, 1013
"""Codes that connections are closed with: nothing is left to tell, it lasted long enough, who asks may not, something went wrong
here, and too many requests."""

LONGEST = 7_200.0
"""Seconds of a connection, as at a gateway of AWS; observers then come again, and are told what they lack."""

STALL = 30.0
"""Seconds that what was sent may stay unread, after which the observer is given up."""

MAX_REASON = 120
"""Characters of a reason; a closing frame has room for 123 bytes."""

PARAMETERS = frozenset({"token", "ticket"})
RULE = RoutePolicy(family=FAMILY.name, scope=READ, action=None, target="job_id", dialect=DETAIL)


@FAMILY.socket("/ws/{job_id}")
async def observe_batch(websocket: WebSocket) -> None:
    """Tell what there is to tell until the batch is over, the observer has gone, or may not observe any more."""
    await websocket.accept()
    services: Services = websocket.app.state.services
    asked = {**websocket.query_params, "job_id": websocket.path_params["job_id"]}
    try:
        if len(websocket.query_params.multi_items()) >= len(asked):
            raise InvalidInput("address", "gives a parameter more than once")
        ref = await run_in_threadpool(admitted, services, websocket.headers, asked)
        services.audience.admit(ref.tenant)
        with services.audience.seat(ref.tenant):
            code, reason = await _told(websocket, services, ref, partial(admitted, services, websocket.headers, asked))
    except WebSocketDisconnect:
        return
    except TimeoutError:
        code, reason = GOING, "nothing is read"
    except FermataError as error:
        code, reason = code_of(error), str(error)
    with suppress(RuntimeError, TimeoutError):  # it has gone meanwhile, or reads nothing
        async with asyncio.timeout(STALL):
            await websocket.close(code, reason[:MAX_REASON].encode("ascii", "replace").decode())


def admitted(services: Services, headers: Mapping[str, str], asked: Mapping[str, str]) -> Ref:
    """The batch, if the caller may see it. Raises Refused. ``asked``: what the address has, with the ``job_id``."""
    if unknown := asked.keys() - PARAMETERS - {"job_id"}:
        raise InvalidInput(min(unknown)[:60], "is not a parameter of this route")
    call = RequestContext(services, RULE, NOBODY, asked["job_id"][:128], "")
    call.identity = identified(services.security, headers, asked)
    call.demand()
    return services.engine.store.job(ref_of(call, asked["job_id"])).ref


def identified(security: Security, headers: Mapping[str, str], asked: Mapping[str, str]) -> Identity:
    """Who observes, by `token` or `ticket` in the address, or by a header. Raises Unauthenticated.

    A session's cookie counts for nothing here: pages of other origins can open WebSockets, and browsers send it along.
    """
    if (token := asked.get("token")) is not None:
        return security.by_text(token)
    return security.identify(lambda name: headers.get(name) if name != "cookie" else None, ticket=asked.get("ticket"))


def code_of(error: FermataError) -> int:
    """What a connection is closed with."""
    if isinstance(error, (TooMany, Unavailable)):
        return LATER
    return POLICY if isinstance(error, Refused) else BROKEN


async def _told(websocket: WebSocket, services: Services, ref: Ref, recheck: Callable[[], object]) -> tuple[int, str]:
    """Why it ended. Raises WebSocketDisconnect when the observer has gone, and TimeoutError when it reads nothing."""
    loop, windows, audience = asyncio.get_running_loop(), services.windows, services.audience
    began = spoke = checked = loop.time()
    gone = asyncio.create_task(_gone(websocket))
    try:
        look = await run_in_threadpool(frames.opening, services.engine, ref)
        while True:
            for message in look.messages:
                await _sent(websocket, message)
                spoke = loop.time()
            if look.over:
                return OVER, ""
            if loop.time() - began >= LONGEST:
                return GOING, "connect again"
            if loop.time() - checked >= windows.recheck:
                checked = loop.time()
                await run_in_threadpool(recheck)
            if loop.time() - spoke >= windows.keepalive:
                spoke = loop.time()
                await _sent(websocket, frames.keepalive(ref.id.partition(":")[2]))
            await asyncio.wait({gone}, timeout=audience.rest(ref.tenant, windows.streamed.poll))
            if gone.done():
                raise WebSocketDisconnect
            looked = loop.time()
            look = await run_in_threadpool(frames.news, services.engine, ref, look.seen)
            audience.looked(loop.time() - looked)
    finally:
        gone.cancel()


async def _sent(websocket: WebSocket, message: frames.Message) -> None:
    """Raises TimeoutError."""
    async with asyncio.timeout(STALL):
        await websocket.send_text(strict_json.dumps(message).decode())


async def _gone(websocket: WebSocket) -> None:
    """Ends when the observer does. What it sends is read and dropped: an observer has nothing to say."""
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass

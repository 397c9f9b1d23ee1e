"""The API of the local stack that runs, in this process: for what its gateway can't carry, and for code that is being changed."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fermata.local.stack import Stack


def settings(function: str, client: Any = None) -> dict[str, str]:
    """What the api function is told by its environment. Raises Refused."""
    from fermata.adapters.aws.deployed import variables
    from fermata.environment import PREFIX

    return {name: value for name, value in variables(function, client).items() if name.startswith(PREFIX)}


STREAM = re.compile(r"/(.*/)?stream(/sse)?")
"""Paths of answers that stream."""

OPENING = 4
"""Streams and WebSockets that are opened at a time; a thousand that come together would leave no time for anybody else."""

BEGUN = frozenset({"http.response.start", "websocket.send", "websocket.close"})
"""Messages after which one is open, or refused."""

PATIENCE = 60.0
"""Seconds that a request waits for a stack that is being deployed: a browser's EventSource takes a refusal for the end of all."""


def built(variables: Mapping[str, str], clients: Any = None) -> Any:
    """The API with these settings, with nothing in front of it."""
    from fermata.bootstrap import app_from
    from fermata.environment import ApiEnvironment

    return app_from(ApiEnvironment.read(variables), clients, alone=True)


def streams(scope: Any) -> bool:
    """Whether an answer to it streams."""
    if scope["type"] == "websocket":
        return True
    return (
        scope["type"] == "http"
        and scope["method"] in ("GET", "HEAD", "OPTIONS")
        and STREAM.fullmatch(scope["path"]) is not None
    )


@dataclass
class LocalApi:
    """An ASGI app: the API of whichever local stack runs now. A stack that was started anew has other addresses, and one that was
    deployed anew other settings."""

    state_dir: Path | None
    _built: tuple[int, float] | None = None
    _app: Any = None
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _door: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(OPENING))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if not streams(scope):
            await self._answer(scope, receive, send)
            return
        await self._door.acquire()
        inside = True

        async def sent(message: Any) -> None:
            nonlocal inside
            if inside and message["type"] in BEGUN:
                inside = False
                self._door.release()
            await send(message)

        try:
            await self._answer(scope, receive, sent)
        finally:
            if inside:
                self._door.release()

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        app = await self.current()
        if app is not None:
            await app(scope, receive, send)
            return
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1013})
            return
        body = json.dumps({"detail": "the local stack is not running; start it with `fermata up`"}).encode()
        headers = [(b"content-type", b"application/json"), (b"retry-after", b"1")]
        await send({"type": "http.response.start", "status": 503, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def current(self) -> Any:
        """The app over the stack that runs, once it is deployed; None where there is none."""
        from fermata.local.stack import recorded

        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE
        while True:
            async with self._lock:  # one at a time: a stack in this very process needs its threads to answer
                stack = await asyncio.to_thread(recorded, self.state_dir)
                if stack is not None and stack.outputs:
                    return await asyncio.to_thread(self._over, stack)
            if stack is None or loop.time() > deadline:
                return None
            await asyncio.sleep(0.1)

    def _over(self, stack: Stack) -> Any:
        from fermata.adapters.aws.clients import Clients

        wanted = stack.pid, stack.deployed_at
        if self._built != wanted:
            told = settings(stack.outputs["ApiFunctionName"], stack.client("lambda"))
            self._app, self._built = built(told, Clients(stack.session(), stack.endpoint)), wanted
        return self._app

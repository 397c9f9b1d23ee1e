"""The API of the local stack that runs, in this process: for what its gateway can't carry, and for code that is being changed."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


def settings(function: str, client: Any = None) -> dict[str, str]:
    """What the api function is told by its environment. Raises Refused."""
    from fermata.adapters.aws.deployed import variables
    from fermata.environment import PREFIX

    return {name: value for name, value in variables(function, client).items() if name.startswith(PREFIX)}


def built(variables: Mapping[str, str], clients: Any = None) -> Any:
    """The API with these settings, called by the names of loopback alone."""
    from fermata.api.anonymous import LOOPBACK
    from fermata.bootstrap import app_from
    from fermata.environment import ApiEnvironment

    return app_from(ApiEnvironment.read(variables), clients, hosts=LOOPBACK)


@dataclass
class LocalApi:
    """An ASGI app: the API of whichever local stack runs now. A stack that was started anew has other addresses."""

    state_dir: Path | None
    _process: int | None = None
    _app: Any = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        app = await asyncio.to_thread(self.current)
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

    def current(self) -> Any:
        """The app over the stack that runs; None where there is none."""
        from fermata.adapters.aws.clients import Clients
        from fermata.local.stack import recorded

        with self._lock:
            stack = recorded(self.state_dir)
            if stack is None or not stack.outputs:
                return None
            if stack.pid != self._process:
                told = settings(stack.outputs["ApiFunctionName"], stack.client("lambda"))
                self._app, self._process = built(told, Clients(stack.session(), stack.endpoint)), stack.pid
            return self._app

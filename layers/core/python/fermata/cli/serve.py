"""``fermata serve``: the API of a stack, run here under uvicorn from the code as it lies in this folder.

It reads and writes the stack's own table, queue and bucket, with the very settings of the deployed api function: only the
web server differs, which unlike the gateway streams.
"""

from __future__ import annotations

import asyncio
import errno
import json
import os
import socket
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from fermata.cli import options
from fermata.cli.cloud import of_stack, outputs_of
from fermata.cli.errors import CommandError

PORT = 8080
STACK, STATE = "FERMATA_SERVE_STACK", "FERMATA_SERVE_STATE_DIR"
"""How the command tells the process that serves, which uvicorn starts anew after each change of the code."""


@click.command("serve")
@options.port(default=PORT, help="On loopback.")
@click.option("--no-reload", is_flag=True, help="Don't restart when the code changes.")
@of_stack
def serve_command(port: int, no_reload: bool, stack: str | None, state_dir: Path | None) -> None:
    """Run the API of a stack here, from this code, with true streaming and reload.

    A local stack that is stopped and started again meanwhile is found again.
    """
    with outputs_of(stack, state_dir):  # there is one
        pass
    check_free(port)
    os.environ[STACK], os.environ[STATE] = stack or "", str(state_dir.resolve()) if state_dir else ""
    import uvicorn

    uvicorn.run(
        "fermata.cli.serve:app",
        factory=True,
        host="127.0.0.1",
        port=port,
        reload=not no_reload,
        reload_dirs=None if no_reload else [str(Path(__file__).parents[1])],
        lifespan="off",
        ws="none",
    )


def check_free(port: int) -> None:
    """Raises CommandError for a port that nobody can listen on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            why = "is taken by another program; choose another --port" if taken else f"can't be used: {error.strerror}"
            raise CommandError(f"Port {port} {why}") from None


def settings(function: str) -> dict[str, str]:
    """What the api function is told by its environment. Raises Refused."""
    from fermata.adapters.aws.deployed import variables
    from fermata.environment import PREFIX

    return {name: value for name, value in variables(function).items() if name.startswith(PREFIX)}


def app() -> Any:
    """The API of the stack that this process's environment names; uvicorn calls it, again after each reload."""
    stack, state_dir = os.environ.get(STACK) or None, os.environ.get(STATE)
    if stack:
        with outputs_of(stack, None) as outputs:
            return _built(settings(outputs["ApiFunctionName"]))
    return LocalApi(Path(state_dir) if state_dir else None)


def _built(variables: dict[str, str]) -> Any:
    from fermata.api.anonymous import LOOPBACK
    from fermata.bootstrap import app_from
    from fermata.environment import ApiEnvironment

    return app_from(ApiEnvironment.read(variables), hosts=LOOPBACK)


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
        body = json.dumps({"detail": "the local stack is not running; start it with `fermata up`"}).encode()
        headers = [(b"content-type", b"application/json"), (b"retry-after", b"1")]
        await send({"type": "http.response.start", "status": 503, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def current(self) -> Any:
        """The app over the stack that runs; None where there is none."""
        from fermata.local.stack import recorded

        with self._lock:
            stack = recorded(self.state_dir)
            if stack is None or not stack.outputs:
                return None
            if stack.pid != self._process:
                for name in [name for name in os.environ if name.startswith("AWS_")]:
                    del os.environ[name]
                os.environ.update(stack.environment())
                self._app, self._process = _built(settings(stack.outputs["ApiFunctionName"])), stack.pid
            return self._app

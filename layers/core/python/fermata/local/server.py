"""The process that is the local stack: MiniStack's application, listening on two loopback ports.

On the first port it is AWS: boto3's endpoint, for requests that this stack's credentials have signed. On the second it is
the deployed HTTP API, at ``/`` as on AWS; a request there is the same one that the gateway's own address would get, passed
on in memory, byte for byte. What an HTTP API can't carry, WebSockets and answers that stream, is given there by the API as it
runs in this process: behind the gateway each of those who watch would keep a function's process to itself, for as long as
nothing happens.
:mod:`fermata.local.gate` says who is let in.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import fcntl
import functools
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

from fermata.local.api import LocalApi, streams
from fermata.local.gate import Gate, Message, NotAdmitted, Receive, Send, bounded, known_host, refuse

ACCOUNT = "000000000000"
"""MiniStack takes the account from the access key."""

API_ID = "fermata"
LOCK = "server.lock"
_GATEWAY = f"/_aws/execute-api/{API_ID}/$default"
_SILENCE = 0.002
MAX_BODY = 10 * 1024 * 1024
"""Bytes of a request, as at API Gateway; what is larger would be kept in memory several times before the function refuses it."""

Application = Callable[[Message, Receive, Send], Awaitable[None]]


class FrontDoor:
    """Sends what arrives at the API's port to the gateway, and all else to AWS, if it is let in.

    ``streaming`` answers WebSockets and streams at the API's port.
    """

    def __init__(self, aws: Application, api_port: int, gate: Gate, streaming: Application | None = None) -> None:
        self._aws = aws
        self._streaming = streaming
        self._api_port = api_port
        self._gate = gate

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._aws(scope, _stopping_workers_first(receive), send)
            return
        try:
            if scope["server"][1] == self._api_port and streams(scope) and self._streaming is not None:
                known_host(scope, self._api_port)
                await self._streaming(scope, receive, send)
            elif scope["server"][1] == self._api_port:
                to_gateway = self._to_gateway(scope)
                await self._aws(to_gateway, await bounded(scope, receive, MAX_BODY), send)
            else:
                await self._aws(scope, await self._gate.admit(scope, receive), send)
                _wake_event_sources(scope)
        except NotAdmitted as refused:
            await refuse(refused, scope, send)

    def _to_gateway(self, scope: Message) -> Message:
        if scope["type"] != "http":
            raise NotAdmitted(403, "AccessDenied", "only HTTP is spoken here")
        known_host(
            scope, self._api_port
        )  # MiniStack tells its services apart by host, and would serve them here as well
        raw = scope.get("raw_path") or scope["path"].encode()
        return {**scope, "path": _GATEWAY + scope["path"], "raw_path": _GATEWAY.encode() + raw.split(b"?", 1)[0]}


def _wake_event_sources(scope: Message) -> None:
    """Delivers a message that was just sent at once; left alone, event sources look once a second."""
    if any(name == b"x-amz-target" and value.startswith(b"AmazonSQS.") for name, value in scope.get("headers", ())):
        from ministack.core.concurrency import esm_wake

        esm_wake.set()


def _stopping_workers_first(receive: Receive) -> Receive:
    """Ends what has begun since the functions were told to stop, before the state is saved."""

    async def receive_and_stop() -> Message:
        message = await receive()
        if message["type"] == "lifespan.shutdown":
            from ministack.core import lambda_runtime

            await asyncio.to_thread(lambda_runtime.reset)
        return message

    return receive_and_stop


def _hasten_invocations() -> None:
    """A function that logs nothing is waited for 50 ms after each invocation, for lines to come; shorten that."""
    from ministack.core.lambda_runtime import Worker

    drain = Worker._drain_stderr_bounded
    if drain.__defaults__ == (0.050, 0.005, 0.250):
        drain.__defaults__ = (_SILENCE, 0.001, 0.250)


def _hasten_conditions() -> None:
    """A query checks the grammar of its condition once more for each item that it reads; remember what was found."""
    from ministack.services import dynamodb

    if callable(check := getattr(dynamodb, "_condition_syntax_error", None)):
        vars(dynamodb)["_condition_syntax_error"] = functools.lru_cache(maxsize=1000)(check)


def _inflate_nothing() -> None:
    """Take no compressed messages: a few kilobytes of one become hundreds of megabytes before anybody looks at their length."""
    from hypercorn.protocol import ws_stream

    ws_stream.server_extensions_handshake = lambda requested, supported: None  # type: ignore[attr-defined]


def _hold_lock(folder: Path) -> int:
    """Marks the state folder as in use for as long as this process lives."""
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return descriptor


def is_running(folder: Path) -> bool:
    """Whether a server holds this state folder; true from its first moment to its last."""
    try:
        descriptor = os.open(folder / LOCK, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


async def _stop(stop: asyncio.Event) -> None:
    """Let the functions put down what they are doing while AWS still answers them, then stop it."""
    from ministack.core import lambda_runtime

    await asyncio.to_thread(lambda_runtime.reset)
    stop.set()


async def _serve(folder: Path, port: int, api_port: int) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack.app import app

    config = Config()
    config.bind = [f"127.0.0.1:{port}", f"127.0.0.1:{api_port}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 2
    config.shutdown_timeout = 60
    config.include_server_header = False
    config.loglevel = "WARNING"
    config.websocket_max_message_size = 64 * 1024
    stop, tasks = asyncio.Event(), list[asyncio.Task[None]]()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, lambda: tasks.append(asyncio.create_task(_stop(stop))))
    gate = Gate(ACCOUNT, os.environ["AWS_SECRET_ACCESS_KEY"], port)
    door = FrontDoor(app, api_port, gate, LocalApi(folder))
    await serve(door, config, shutdown_trigger=stop.wait)  # type: ignore[arg-type]


def main() -> None:
    """Runs until SIGTERM, which saves the state first. Everything else that MiniStack wants to know is in the environment."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("port", type=int)
    parser.add_argument("api_port", type=int)
    arguments = parser.parse_args()
    _hold_lock(arguments.folder)
    _hasten_invocations()
    _hasten_conditions()
    _inflate_nothing()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(arguments.folder, arguments.port, arguments.api_port))
    # Threads of invocations that were cut off may linger; there is nothing left for them to do.
    os._exit(0)


if __name__ == "__main__":
    main()

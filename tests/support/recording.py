"""Requests of programs that others wrote, recorded as they pass: ``python tests/support/recording.py --help``.

A proxy for one program at a time. It passes each request on to a server that runs and notes down what was sent and how it was
answered, as tests/fixtures/clients has it: secrets, ids and hosts give way to placeholders.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h11

HOP = {"host", "connection", "content-length", "transfer-encoding", "upgrade", "expect", "http2-settings"}
"""Headers of a connection and not of a request."""

NOISE = re.compile(r"sec-(websocket-key|ch-ua.*|fetch-.*)|accept-language|pragma|referer|apigw-.*")
"""Headers that say what the browser is like."""


@dataclass
class Tape:
    """What was recorded.

    Attributes:
        to: port of the server.
        known: what stands for what: text that is sent, and the name of its placeholder.
    """

    to: int
    known: dict[str, str]
    requests: list[dict[str, Any]] = field(default_factory=list)

    def note(self, request: h11.Request, body: bytes, status: int, answer: bytes) -> None:
        headers = {name.decode(): value.decode("latin-1") for name, value in request.headers}
        kept = {name: text for name, text in headers.items() if name not in HOP and not NOISE.fullmatch(name)}
        noted: dict[str, Any] = {
            "method": request.method.decode(),
            "path": self._neutral(request.target.decode()),
            "headers": {name: text if name == "user-agent" else self._neutral(text) for name, text in kept.items()},
        }
        if body or "content-length" in headers or "transfer-encoding" in headers:
            noted["body"] = json.loads(self._neutral(json.dumps(self._body(body))))
        noted["status"] = status
        if status not in (101, 204, 304) and noted["method"] not in ("HEAD", "OPTIONS"):
            with contextlib.suppress(ValueError):
                noted["has"] = sorted(_members(json.loads(answer)))
        if noted not in self.requests[-1:]:
            self.requests.append(noted)

    def _body(self, body: bytes) -> Any:
        with contextlib.suppress(ValueError):
            return json.loads(body)
        return body.decode("utf-8", "replace")

    def _neutral(self, text: str) -> str:
        for sent, name in sorted(self.known.items(), key=lambda pair: -len(pair[0])):
            text = re.sub(rf"(?<![A-Za-z0-9]){re.escape(sent)}(?![A-Za-z0-9])", f"{{{name}}}", text)
        return re.sub(r"(localhost|127\.0\.0\.1):\d+", "example.com", text)

    def written(self) -> dict[str, Any]:
        """The requests, with the headers that all of them have told once."""
        if not self.requests:
            return {"headers": {}, "requests": []}
        shared = dict(set.intersection(*(set(request["headers"].items()) for request in self.requests)))
        for request in self.requests:
            request["headers"] = {name: text for name, text in request["headers"].items() if name not in shared}
            if not request["headers"]:
                del request["headers"]
        return {"headers": dict(sorted(shared.items())), "requests": self.requests}


def _members(answer: Any) -> Iterable[str]:
    """Of an answer, or of the first line of a list, which an additional "0" tells."""
    if isinstance(answer, list):
        return {"0", *answer[0]} if answer and isinstance(answer[0], dict) else ()
    return answer if isinstance(answer, dict) else ()


async def _events(connection: h11.Connection, reader: asyncio.StreamReader) -> Any:
    while (event := connection.next_event()) is h11.NEED_DATA:
        connection.receive_data(await reader.read(65_536))
    return event


async def _one(tape: Tape, client: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Pass one request on; whether another may come."""
    request = await _events(client, reader)
    if not isinstance(request, h11.Request):
        return False
    if client.they_are_waiting_for_100_continue:
        writer.write(client.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
    body = b""
    if not any(name == b"upgrade" for name, _ in request.headers):
        while not isinstance(event := await _events(client, reader), h11.EndOfMessage):
            body += event.data
    up_reader, up_writer = await asyncio.open_connection("127.0.0.1", tape.to)
    try:
        return await _passed_on(tape, (client, reader, writer), (up_reader, up_writer), request, body)
    finally:
        up_writer.close()


async def _passed_on(tape: Tape, near: Any, far: Any, request: h11.Request, body: bytes) -> bool:
    (client, reader, writer), (up_reader, up_writer) = near, far
    upgrades = any(name == b"upgrade" for name, _ in request.headers)
    kept = [pair for pair in request.headers if upgrades or pair[0].decode() not in HOP]
    headers = [pair for pair in kept if pair[0] != b"host"] + [(b"host", f"localhost:{tape.to}".encode())]
    if body or any(name in (b"content-length", b"transfer-encoding") for name, _ in request.headers):
        headers.append((b"content-length", str(len(body)).encode()))
    server = h11.Connection(h11.CLIENT)
    head = h11.Request(method=request.method, target=request.target, headers=headers)
    up_writer.write(server.send(head) or b"")
    if body:
        up_writer.write(server.send(h11.Data(data=body)) or b"")
    up_writer.write(server.send(h11.EndOfMessage()) or b"")
    response = await _events(server, up_reader)
    if isinstance(response, h11.InformationalResponse):
        tape.note(request, b"", response.status_code, b"")
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in response.headers)
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\n" + lines + b"\r\n" + server.trailing_data[0])
        await asyncio.wait(
            [asyncio.ensure_future(_spliced(reader, up_writer)), asyncio.ensure_future(_spliced(up_reader, writer))],
            return_when=asyncio.FIRST_COMPLETED,
        )
        return False
    answer = b""
    try:
        writer.write(client.send(h11.Response(status_code=response.status_code, headers=response.headers)) or b"")
        while not isinstance(event := await _events(server, up_reader), h11.EndOfMessage):
            answer += event.data
            writer.write(client.send(h11.Data(data=event.data)) or b"")
            await writer.drain()
        writer.write(client.send(event) or b"")
    finally:
        tape.note(request, body, response.status_code, answer)
    if client.our_state is h11.MUST_CLOSE:
        return False
    client.start_next_cycle()
    return True


async def _spliced(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()


async def record(tape: Tape, port: int, until: asyncio.Event) -> None:
    """Stand between a program at ``port`` and the server until told to stop."""

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = h11.Connection(h11.SERVER)
        with contextlib.suppress(h11.ProtocolError, OSError, asyncio.CancelledError):
            while await _one(tape, client, reader, writer):
                pass
        writer.close()

    async with await asyncio.start_server(served, "127.0.0.1", port):
        await until.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listen", type=int, required=True, help="port that the program is given")
    parser.add_argument("--to", type=int, required=True, help="port of the server on this computer")
    parser.add_argument("--about", required=True, help="the program, and its version")
    parser.add_argument(
        "--known", action="append", default=[], metavar="NAME=TEXT", help="a placeholder; again for more"
    )
    parser.add_argument("file", type=Path)
    options = parser.parse_args()
    known = {text: name for name, _, text in (pair.partition("=") for pair in options.known)}
    tape = Tape(options.to, known)

    async def run() -> None:
        import signal

        stop = asyncio.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(name, stop.set)
        await record(tape, options.listen, stop)

    asyncio.run(run())
    text = json.dumps({"about": options.about, **tape.written()}, indent=2, ensure_ascii=False)
    options.file.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

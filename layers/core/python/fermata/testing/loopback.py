"""A web server on loopback that answers as it is told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

Answer = Callable[[BaseHTTPRequestHandler], object]


class LoopbackServer:
    """Answers by path, with or without its query; a context manager.

    Attributes:
        requests: method, path, headers and body of each request so far.
    """

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.released = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def server(self) -> ThreadingHTTPServer:
        return self._server

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def answer(self, path: str, body: bytes = b"", status: int = 200, **headers: str) -> str:
        """Answer a path with this; a header's ``-`` is written ``_``. Returns the path's URL."""

        def send(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            for name, value in headers.items():
                handler.send_header(name.replace("_", "-"), value)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)

        return self.act(path, send)

    def act(self, path: str, answer: Answer) -> str:
        """Let a function answer a path."""
        self.answers[path] = answer
        return self.url(path)

    def hang(self, path: str) -> str:
        """Never answer a path."""
        return self.act(path, lambda handler: self.released.wait())

    def endless(self, path: str, piece: bytes, pause: float = 0.0) -> str:
        """Answer a path without end, ``pause`` seconds between two pieces."""

        def send(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.end_headers()
            while not self.released.wait(pause):
                handler.wfile.write(piece)

        return self.act(path, send)

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(web) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - the handler has its own self
        class Handler(BaseHTTPRequestHandler):
            def handle(self) -> None:
                try:
                    super().handle()
                except OSError:
                    self.close_connection = True

            def reply(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                web.requests.append((self.command, self.path, dict(self.headers), body))
                answer = web.answers.get(self.path) or web.answers.get(self.path.partition("?")[0])
                if answer is None:
                    self.send_error(404)
                else:
                    answer(self)

            do_GET = do_POST = reply  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler

"""A site on loopback, for jobs to read: pages that come at once, late, when they are let go, or never."""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

WORDS = "Honey bees live in a hive. The hive of honey bees has a queen, and every queen has a court of worker bees."


FREE = 3
"""Pages behind a gate that come at once, so that a job gets somewhere."""

LONGEST = 8.0
"""Seconds that a gate holds a page; a job must not fail when its check has."""


class Gate:
    """Holds the pages of a run, but for the first few, until it is opened. So a job is at work for as long as a check likes."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self._lock = threading.Lock()
        self._free = FREE

    def open(self) -> None:
        self._open.set()

    def close(self) -> None:
        with self._lock:
            self._free = FREE
        self._open.clear()

    def pass_through(self) -> None:
        with self._lock:
            self._free -= 1
            free = self._free >= 0
        if not free:
            self._open.wait(LONGEST)


class Pages:
    """``/text/…`` and ``/page/…`` are good; below ``/slow/<seconds>/`` they come late, below ``/gated/<run>/`` when its gate
    opens; all else is missing.

    Attributes:
        asked: how often each path was asked for.
        more: content of further paths.
    """

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.more: dict[str, str] = {}
        self._gates: dict[str, Gate] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def texts(self, run: str, count: int, below: str = "") -> list[str]:
        """URLs of so many texts that nobody else asks for; ``below``: ``/slow/0.1``, or what :meth:`gated` answers."""
        return [f"{self.url}{below}/text/{run}/{number}.txt" for number in range(1, count + 1)]

    def pages(self, run: str, count: int, below: str = "") -> list[str]:
        """URLs of so many pages that nobody else asks for."""
        return [f"{self.url}{below}/page/{run}/{number}" for number in range(1, count + 1)]

    def gated(self, run: str) -> str:
        """A place behind a gate that is closed."""
        self._gates[run] = Gate()
        return f"/gated/{run}"

    def gate(self, run: str) -> Gate:
        return self._gates[run]

    def put(self, path: str, content: str) -> str:
        """Serve this as well, late if its path is below ``/slow``; its URL."""
        self.more[re.sub(r"^/slow/[0-9.]+", "", path)] = content
        return self.url + path

    def fetched(self, run: str) -> int:
        """How often anything of a run was asked for."""
        return sum(count for path, count in dict(self.asked).items() if f"/{run}/" in path)

    def answer(self, path: str) -> tuple[int, str, str]:
        """Status, type and content of a path."""
        self.asked[path] += 1
        if late := re.fullmatch(r"/slow/([0-9.]+)(/.*)", path):
            time.sleep(float(late[1]))
            path = late[2]
        if held := re.fullmatch(r"/gated/([^/]+)(/.*)", path):
            self._gates[held[1]].pass_through()
            path = held[2]
        if path in self.more:
            return 200, "text/plain; charset=utf-8", self.more[path]
        if path.startswith("/text/"):
            return 200, "text/plain; charset=utf-8", f"{WORDS} {path}"
        if path.startswith("/page/"):
            return 200, "text/html; charset=utf-8", f"<title>Bees</title><p>{WORDS}</p>"
        if path.endswith("/chat/completions"):
            message = {"role": "assistant", "content": json.dumps({"tags": ["honey", "bees"]})}
            return 200, "application/json", json.dumps({"choices": [{"index": 0, "message": message}]})
        return 404, "text/plain", "not here"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        pages = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, content_type, content = pages.answer(self.path)
                body = content.encode()
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.do_GET()

            def log_message(self, *about: Any) -> None:
                """Nobody reads it."""

        return Handler

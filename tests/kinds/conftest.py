"""A web server on loopback that answers as told, a job's files in memory, and units to run."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, Any

import pytest
from fermata.domain.kind import Planning, Settings, Unit
from fermata.kinds import reading
from fermata.kinds.tag_documents import TAG_DOCUMENTS

Answer = Callable[[BaseHTTPRequestHandler], None]


class Web:
    """Answers by path; remembers (method, path, headers, body) of each request."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.released = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    @property
    def server(self) -> ThreadingHTTPServer:
        return self._server

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def answer(self, path: str, body: bytes = b"", status: int = 200, **headers: str) -> str:
        def send(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            for name, value in headers.items():
                handler.send_header(name.replace("_", "-"), value)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)

        return self.act(path, send)

    def act(self, path: str, answer: Answer) -> str:
        self.answers[path] = answer
        return self.url(path)

    def hang(self, path: str) -> str:
        return self.act(path, lambda handler: bool(self.released.wait()) and None)

    def endless(self, path: str, piece: bytes, pause: float = 0.0) -> str:
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
                answer = web.answers.get(self.path.partition("?")[0])
                answer(self) if answer else self.send_error(404)

            do_GET = do_POST = reply  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler


class MemoryFiles:
    """A job's files."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def put(self, name: str, data: bytes) -> None:
        self.files[name] = data

    def get(self, name: str, start: int = 0, end: int | None = None) -> bytes:
        return self.files[name][start:end]

    def open(self, name: str, start: int = 0) -> IO[bytes]:
        return io.BytesIO(self.files[name][start:])

    def write(self, name: str, parts: Iterable[bytes]) -> int:
        self.files[name] = b"".join(parts)
        return len(self.files[name])

    def exists(self, name: str) -> bool:
        return name in self.files


@pytest.fixture
def web() -> Iterator[Web]:
    from fermata.kinds.fetching import network

    server = Web()
    yield server
    network.close()
    server.close()


@pytest.fixture(scope="session", autouse=True)
def _no_readers_left() -> Iterator[None]:
    yield
    reading.close()


@pytest.fixture
def settings() -> Settings:
    return Settings(allow_local_files=True, allowed_hosts=frozenset({"127.0.0.1"}))


@pytest.fixture
def files() -> MemoryFiles:
    return MemoryFiles()


@pytest.fixture
def samples() -> Path:
    return Path(__file__).parents[2] / "samples"


@pytest.fixture
def make_unit(settings: Settings, files: MemoryFiles) -> Callable[..., Unit]:
    def make(value: Any, secrets: dict[str, str] | None = None, **params: Any) -> Unit:
        return Unit(
            "default", "default", "job", "key", value, TAG_DOCUMENTS.parse(params), secrets or {}, settings, files
        )

    return make


@pytest.fixture
def make_planning(settings: Settings, files: MemoryFiles) -> Callable[..., Planning]:
    def make(cursor: Any = None, **params: Any) -> Planning:
        parsed = TAG_DOCUMENTS.parse(params)
        return Planning("default", "default", "job", parsed, {}, settings, files, cursor)

    return make

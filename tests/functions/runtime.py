"""Lambda's runtime around the functions: AWS's own runtime client in a process of its own, and its API on loopback.

The process is told what Lambda would tell it, log settings included, and everything that it writes is kept. One process
serves all functions, over one account in moto, so that a job can pass through them.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PATIENCE = 60.0


@dataclass
class Runtime:
    """What a test may ask of the process, and what the process has written so far."""

    events: queue.Queue[Any] = field(default_factory=queue.Queue)
    answers: queue.Queue[Any] = field(default_factory=queue.Queue)
    written: list[str] = field(default_factory=list)

    def invoke(self, function: str, event: Any) -> Any:
        """The answer of a function, or ``{"errorType", "errorMessage", …}``."""
        self.events.put({"function": function, "event": event})
        return self.answers.get(timeout=PATIENCE)

    def lines(self) -> list[Any]:
        """Each line that was written, as JSON."""
        return [json.loads(line) for line in "".join(self.written).splitlines() if line.strip()]


@contextmanager
def running(settings: Mapping[str, str]) -> Iterator[Runtime]:
    """The process, for the time of a ``with`` block; what it wrote is whole afterwards."""
    runtime = Runtime()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _api_of(runtime))
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()
    process = subprocess.Popen(
        [sys.executable, str(HERE / "process.py"), "dispatch.handler"],
        env=_environment(settings) | {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    reading = threading.Thread(target=lambda: runtime.written.extend(process.stdout or ()))
    reading.start()
    try:
        yield runtime
    finally:
        process.kill()
        process.wait()
        reading.join()
        process.stdout and process.stdout.close()
        runtime.events.put(None)
        server.shutdown()
        serving.join()
        server.server_close()


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "FERMATA_", "POWERTOOLS_"))}
    return kept | dict(settings) | {"PYTHONPATH": str(HERE), "_HANDLER": "dispatch.handler"}


def _api_of(runtime: Runtime) -> type[BaseHTTPRequestHandler]:
    class Api(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            event = runtime.events.get()
            if event is not None:
                body = json.dumps(event).encode()
                self._answer(200, body, {"Lambda-Runtime-Aws-Request-Id": "request-1", **_CONTEXT})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            runtime.answers.put(json.loads(body or b"null"))
            self._answer(202, b"{}", {})

        def _answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Api


_CONTEXT = {
    "Lambda-Runtime-Deadline-Ms": str(2**41),
    "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:123456789012:function:fermata",
    "Content-Type": "application/json",
}

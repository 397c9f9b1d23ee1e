"""SAM's own command over a copy of the project: what somebody does who deploys it for the first time."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl

import pytest
from fermata.local.template import project_root

SAM = Path(sys.prefix, "tools", "sam", "bin", "sam")
NEEDED = ("template.yaml", "samconfig.toml", "functions", "layers", "dashboard", "statemachines")
REFUSED = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not in a test</Message></Error></ErrorResponse>"


@dataclass
class Aws:
    """An endpoint that notes what it is asked, and refuses."""

    url: str
    calls: list[dict[str, str]] = field(default_factory=list)


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            noted.calls.append(dict(parse_qsl(body)))
            self.send_response(403)
            self.send_header("Content-Length", str(len(REFUSED)))
            self.end_headers()
            self.wfile.write(REFUSED.encode())

        do_GET = do_POST  # noqa: N815 - as the server calls it

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    noted = Aws(f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield noted
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def sam() -> Path:
    if not SAM.exists():
        pytest.skip("`make test` installs SAM's command line")
    return SAM


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what is deployed, so that nothing is written into the project."""
    folder = tmp_path_factory.mktemp("project")
    for name in NEEDED:
        source = project_root() / name
        copy: Any = shutil.copytree if source.is_dir() else shutil.copy2
        copy(source, folder / name)
    return folder


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What SAM is told: a home of its own, no telemetry, and credentials that are good nowhere."""
    home = tmp_path_factory.mktemp("home")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SAM_"))}
    return kept | {
        "HOME": str(home),
        "SAM_CLI_TELEMETRY": "0",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "1",
        "COLUMNS": "300",
        "LINES": "50",
        "TERM": "dumb",
    }


@pytest.fixture(scope="module")
def python313(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the interpreter of the functions' runtime, as ``python3.13``."""
    homes = sorted(Path.home().glob(".pyenv/versions/3.13.*/bin/python3.13"))
    found = [name for name in (shutil.which("python3.13"), *map(str, homes)) if name and works(name)]
    if not found:
        pytest.skip("Python 3.13 is not to be had here")
    folder = tmp_path_factory.mktemp("python313")
    (folder / "python3.13").symlink_to(found[0])
    return folder


def works(interpreter: str) -> bool:
    return subprocess.run([interpreter, "-c", "pass"], capture_output=True, check=False).returncode == 0

"""The server's process: starting it, waiting for it, ending it with all that it started."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from fermata.local import server, template
from fermata.local.errors import StackError

_START_TIMEOUT = 60.0
_STOP_TIMEOUT = 60.0
MEGABYTE = 1024**2
_ROOM = 150 * MEGABYTE
"""Bytes of a disk that a stack needs at least: the functions' code, unpacked for each worker, and what they store."""

# Names the saved queues, whose address holds a port; nothing listens there. Were it the real one, which differs from run
# to run, no saved queue would be found again.
_NAMED_PORT = "4566"
# Servers that this process started: it has to collect them when they end.
_children: dict[int, subprocess.Popen[bytes]] = {}


def start(folder: Path, port: int, api_port: int, persist: bool, secret: str) -> subprocess.Popen[bytes]:
    """Starts a server on this state folder; raises StackError when the API's port is taken, or the disk nearly full.

    ``secret``: what requests to the AWS endpoint have to be signed with; the functions get it too.
    """
    _refuse_taken(api_port)
    _refuse_full(folder)
    shutil.rmtree(folder / "tmp", ignore_errors=True)
    for name in ("tmp", "aws", "s3"):
        (folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(log_of(folder), "w", encoding="utf-8", opener=private) as log:
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "fermata.local.server", str(folder), str(port), str(api_port)],
            env=_environment(folder, (port, api_port), persist, secret),
            cwd=folder,
            umask=0o077,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _children[process.pid] = process
    return process


def await_ready(process: subprocess.Popen[bytes], endpoint: str, log: Path) -> None:
    """Returns when the AWS endpoint answers; raises StackError with the log's end when the server gives up."""
    deadline = time.monotonic() + _START_TIMEOUT
    while not answers(f"{endpoint}/_ministack/health"):
        if process.poll() is not None:
            raise StackError(f"The local stack did not start:\n{_tail(log)}")
        if time.monotonic() > deadline:
            raise StackError(f"The local stack did not answer within {_START_TIMEOUT:.0f} s; see {log}")
        time.sleep(0.05)


def stop(folder: Path, pid: int) -> None:
    """Lets the server save its state and end, then ends whatever is left of its process group."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_TIMEOUT
    while server.is_running(folder) and time.monotonic() < deadline:
        time.sleep(0.05)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    if pid in _children:
        _children.pop(pid).wait()
    shutil.rmtree(folder / "tmp", ignore_errors=True)


def await_api(url: str, log: Path) -> None:
    """Returns when the deployed API has answered anything but a server's error."""
    deadline = time.monotonic() + _START_TIMEOUT
    while not answers(f"{url}/health"):
        if time.monotonic() > deadline:
            raise StackError(f"The API does not answer at {url}; see {log}")
        time.sleep(0.1)


def answers(url: str) -> bool:
    """Whether a GET gets an answer that is no server's error."""
    try:
        with urllib.request.urlopen(url, timeout=10) as response:  # noqa: S310
            return bool(response.status < 500)
    except urllib.error.HTTPError as error:
        with error:
            return error.code < 500
    except OSError:
        return False


def workers(server_pid: int) -> list[tuple[int, str]]:
    """Process ids of the functions' workers, each with a command line that bears the function's name."""
    command = ["ps", "-A", "-o", "pid=,ppid=,args="]
    listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603
    rows = (line.split(None, 2) for line in listing.splitlines())
    return [(int(pid), args) for pid, parent, args in rows if parent == str(server_pid) and "ministack-lambda-" in args]


def free_port() -> int:
    """A port on loopback that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def private(path: str | Path, flags: int) -> int:
    """Opens a file that only its owner may read, whatever it was before; an ``opener`` for :func:`open`."""
    descriptor = os.open(path, flags, 0o600)
    os.fchmod(descriptor, 0o600)
    return descriptor


def write_whole(path: Path, text: str, replace: bool = True) -> None:
    """Writes a file that only its owner may read; others see what was there before or all of it, also when the disk is full.

    ``replace``: whether it takes the place of one that is there.
    """
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        with open(beside, "w", encoding="utf-8", opener=private) as target:
            target.write(text)
        if replace:
            beside.replace(path)
        else:
            with contextlib.suppress(FileExistsError):
                os.link(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def log_of(folder: Path) -> Path:
    """Where server and functions write."""
    return folder / "server.log"


def _environment(folder: Path, ports: tuple[int, int], persist: bool, secret: str) -> dict[str, str]:
    """Everything that MiniStack reads. The functions inherit it, so nothing of the caller's AWS setup may remain."""
    port, api_port = ports
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "FERMATA_", "MINISTACK_"))}
    return kept | {
        "GATEWAY_PORT": _NAMED_PORT,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_SECRET_ACCESS_KEY": secret,
        "FERMATA_PRIVATE_FOLDERS": str(folder),
        "FERMATA_PRIVATE_PORTS": f"{port},{api_port}",
        "AWS_EC2_METADATA_DISABLED": "true",
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "localhost",
        "MINISTACK_REGION": template.REGION,
        "PERSIST_STATE": "1" if persist else "0",
        "STATE_DIR": str(folder / "aws"),
        "S3_PERSIST": "1" if persist else "0",
        "S3_DATA_DIR": str(folder / "s3"),
        "TMPDIR": str(folder / "tmp"),
        "LAMBDA_EXECUTOR": "local",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": "INFO",
        "PYTHONUNBUFFERED": "1",
    }


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise StackError(f"Port {port} is taken by another program. Stop it, or choose another port.") from error


def _refuse_full(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < _ROOM:
        raise StackError(
            f"There are {free // MEGABYTE} MB left for {folder}; the local stack needs {_ROOM // MEGABYTE}. "
            "Make room, or choose another folder: --state-dir."
        )


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])

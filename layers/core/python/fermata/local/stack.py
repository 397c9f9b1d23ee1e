"""Starts, finds and stops the local stack."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from fermata.local import process, server, template
from fermata.local.errors import StackError
from fermata.local.server import ACCOUNT

STATE_FOLDER = ".fermata"
JWT_SECRET, AWS_SECRET = "jwt-secret", "aws-secret"
SECRETS = "secrets"
"""Folder of the state folder with a file for each secret that a parameter names."""

TOKEN_SECRET = "fermata-tokens"  # noqa: S105 - the name of one
"""Files of the state folder: what signs tokens, and what signs requests to the AWS endpoint."""

_RECORD = "stack.json"


@dataclass(frozen=True)
class Stack:
    """A running local stack.

    Attributes:
        api_url: where the deployed HTTP API answers.
        endpoint: the AWS endpoint, for boto3 and the AWS command line with this stack's credentials.
        outputs: the outputs of ``template.yaml``; empty while it is being deployed.
        pid: the server's process, which also leads the process group of all functions.
        folder: where state, log and secret lie.
        log: what server and functions write.
        deployed_at: seconds since the epoch; 0 before.
    """

    api_url: str
    endpoint: str
    outputs: Mapping[str, str]
    pid: int
    folder: str
    log: str
    deployed_at: float = 0.0

    def client(self, service: str) -> Any:
        """A boto3 client of this stack."""
        return self.session().client(service, endpoint_url=self.endpoint)

    def session(self) -> Any:
        """A boto3 session with this stack's credentials."""
        import boto3

        secret = _secret(Path(self.folder), AWS_SECRET)
        return boto3.Session(aws_access_key_id=ACCOUNT, aws_secret_access_key=secret, region_name=template.REGION)

    def environment(self) -> dict[str, str]:
        """The variables that make boto3 in another process use this stack."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_DEFAULT_REGION": template.REGION,
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": _secret(Path(self.folder), AWS_SECRET),
        }

    @property
    def jwt_secret(self) -> str:
        """The secret of the HS256 tokens that this stack accepts."""
        return _secret(Path(self.folder), JWT_SECRET)

    def workers(self, function: str = "") -> list[int]:
        """Process ids of the functions' workers, or of those whose function's name holds the given part."""
        return [pid for pid, command in process.workers(self.pid) if function in command]


def up(
    port: int = 8000,
    state_dir: Path | None = None,
    persist: bool = True,
    wait: bool = True,
    parameters: Mapping[str, str] | None = None,
    root: Path | None = None,
) -> Stack:
    """Starts the stack, or finds the running one, and deploys the code as it is now.

    Args:
        port: where the API shall answer; 0 for any free port.
        state_dir: where all state lies; ``.fermata`` in the project's folder by default.
        persist: whether state outlives :func:`down`.
        wait: whether to return only when the API answers.
        parameters: values for parameters of the template beyond the local defaults.
        root: the project whose template and code are deployed; this one by default.

    Raises:
        StackError: a parameter is not one of the template's, a port is taken, the server does not start, or a resource
            cannot be created.
    """
    from fermata.local.deploy import build, deploy

    chosen = _chosen(root or template.project_root(), parameters or {})
    folder = _folder(state_dir)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    found = status(folder)
    if found and port not in (0, _port_of(found.api_url)):
        raise StackError(f"The stack is running at {found.api_url}. Stop it first, or use it there.")
    with contextlib.ExitStack() as undo:
        server_process = None
        if not found:
            found, server_process = _start(port, folder, persist)
            undo.callback(_discard, found)
        bundle = build(root or template.project_root(), chosen, _secrets(folder, chosen))
        if server_process:
            process.await_ready(server_process, found.endpoint, Path(found.log))
        outputs = deploy(found.session(), found.endpoint, bundle) | {"ApiUrl": found.api_url}
        stack = _recorded(replace(found, outputs=outputs, deployed_at=time.time()))
        if wait:
            process.await_api(stack.api_url, Path(stack.log))
        undo.pop_all()
    return stack


def down(state_dir: Path | None = None) -> bool:
    """Stops the stack with all its processes, saving its state first. Returns whether one was running."""
    folder = _folder(state_dir)
    found = status(folder)
    if found:
        _discard(found)
    return found is not None


def status(state_dir: Path | None = None) -> Stack | None:
    """The running stack of this state folder, None when there is none."""
    folder = _folder(state_dir)
    return _read(folder) if server.is_running(folder) else None


def recorded(state_dir: Path | None = None) -> Stack | None:
    """The stack of this state folder as it was started last and not stopped; unlike :func:`status` this touches no lock."""
    return _read(_folder(state_dir))


@contextlib.contextmanager
def running(
    parameters: Mapping[str, str] | None = None,
    state_dir: Path | None = None,
    port: int = 0,
    root: Path | None = None,
) -> Iterator[Stack]:
    """A stack for the time of a ``with`` block, on free ports and, by default, with state that goes with it."""
    with contextlib.ExitStack() as cleanup:
        folder = state_dir or Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="fermata-")))
        cleanup.callback(down, folder)
        yield up(port, folder, persist=state_dir is not None, parameters=parameters, root=root)


def _start(port: int, folder: Path, persist: bool) -> tuple[Stack, subprocess.Popen[bytes]]:
    api_port, endpoint_port = port or process.free_port(), process.free_port()
    started = process.start(folder, endpoint_port, api_port, persist, _secret(folder, AWS_SECRET))
    log = str(process.log_of(folder))
    endpoint = f"http://127.0.0.1:{endpoint_port}"
    return _recorded(Stack(f"http://localhost:{api_port}", endpoint, {}, started.pid, str(folder), log)), started


def _discard(stack: Stack) -> None:
    process.stop(Path(stack.folder), stack.pid)
    (Path(stack.folder) / _RECORD).unlink(missing_ok=True)


def _recorded(stack: Stack) -> Stack:
    process.write_whole(Path(stack.folder) / _RECORD, json.dumps(asdict(stack), indent=2) + "\n")
    return stack


def _read(folder: Path) -> Stack | None:
    path = folder / _RECORD
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        return Stack(**{field.name: record[field.name] for field in fields(Stack)})
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError):
        raise StackError(f"{path} was written by another version, or damaged. Stop that stack and remove it.") from None


def _folder(state_dir: Path | None) -> Path:
    return (state_dir or template.project_root() / STATE_FOLDER).resolve()


def _chosen(root: Path, parameters: Mapping[str, str]) -> dict[str, str]:
    """The local defaults with what was asked for. Raises StackError."""
    known = template.load(root)["Parameters"]
    for name, value in parameters.items():
        if name not in known:
            raise StackError(f"The template has no parameter {name}; it has {', '.join(sorted(known))}.")
        allowed = [str(one) for one in known[name].get("AllowedValues", [value])]
        if value not in allowed:
            raise StackError(f"{name} is one of {', '.join(allowed)}, not {value}.")
    return _local_parameters() | dict(parameters)


def _secrets(folder: Path, chosen: Mapping[str, str]) -> dict[str, str]:
    """Values of the secrets that parameters name: the stack's own, and files of the state folder. Raises StackError."""
    known = {TOKEN_SECRET: _secret(folder, JWT_SECRET)}
    for parameter, name in chosen.items():
        if not parameter.endswith("SecretName") or not name or name in known:
            continue
        path = folder / SECRETS / Path(name).name
        try:
            known[name] = path.read_text(encoding="utf-8").strip()
        except OSError:
            raise StackError(f"{parameter} names a secret that there is not; write its value to {path}.") from None
    return known


def _local_parameters() -> dict[str, str]:
    return {
        "AllowLocalFiles": "true",
        "AllowedHosts": "localhost,127.0.0.1,::1",
        "AnonymousAccess": "true",
        "DocumentObjects": "arn:aws:s3:::*",
        "JwtSecretName": TOKEN_SECRET,
        # A worker for each processor: more would only share it, and each has to start.
        "WorkerConcurrency": str(max(2, min(4, os.cpu_count() or 2))),
        "ExpressConcurrency": "2",
        "OcrConcurrency": "2",
        "DeletionProtection": "false",
    }


def _secret(folder: Path, name: str) -> str:
    """Made once for each state folder, so that tokens outlive a restart."""
    path = folder / name
    if not path.exists():
        process.write_whole(path, secrets.token_urlsafe(48), replace=False)
    return path.read_text(encoding="utf-8")


def _port_of(url: str) -> int:
    return int(url.rsplit(":", 1)[1])

"""Where the API is, and as whom to call it: by flags, by the environment, else the local stack."""

from __future__ import annotations

import argparse
import getpass
import os
from pathlib import Path

from fermata.cli.client import Api
from fermata.cli.errors import Unreachable, WrongUse
from fermata.cli.tokens import signed
from fermata.domain.access import CONTROL, READ
from fermata.local import stack as local
from fermata.local.stack import Stack

NOT_RUNNING = "The local stack is not running. Start it with `fermata up`"


def add_state(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--state-dir",
        type=Path,
        metavar="DIR",
        help="folder of the local stack's state (default: .fermata in the project)",
    )


def add_server(parser: argparse.ArgumentParser) -> None:
    """The options that every command which calls the API has."""
    group = parser.add_argument_group("server")
    group.add_argument("--url", help="of the API (default: FERMATA_URL, else the local stack)")
    group.add_argument("--token", help="JWT to call it with (default: FERMATA_TOKEN)")
    group.add_argument("--api-key", metavar="KEY", help="API key to call it with (default: FERMATA_API_KEY)")
    add_state(parser)


def local_stack(arguments: argparse.Namespace) -> Stack:
    """The running local stack. Raises Unreachable."""
    found = running(arguments.state_dir)
    if found is None:
        raise Unreachable(f"{NOT_RUNNING}.")
    return found


def running(state_dir: Path | None) -> Stack | None:
    """The local stack, once it is deployed; None as well where there is no project to have one."""
    try:
        found = local.status(state_dir)
    except FileNotFoundError:
        return None
    return found if found is not None and found.outputs else None


def api_of(arguments: argparse.Namespace) -> Api:
    """The API that a command shall call. Raises Unreachable and WrongUse."""
    url = arguments.url or os.environ.get("FERMATA_URL")
    headers = _credentials(arguments)
    if url and headers:
        return Api(url, headers)
    stack = running(arguments.state_dir)
    if stack is None and not url:
        raise Unreachable(f"{NOT_RUNNING}, or name a server with --url or FERMATA_URL.")
    url = url or (stack.api_url if stack else "")
    if headers:
        return Api(url, headers)
    if stack is None or url.rstrip("/") != stack.api_url:
        raise WrongUse(f"{url} needs credentials: --token or --api-key (FERMATA_TOKEN or FERMATA_API_KEY).")
    return own(stack)


def own(stack: Stack) -> Api:
    """The local stack's API, called as the person at this computer."""
    return Api(stack.api_url, bearer(signed(stack.jwt_secret, user=whoami(), scopes=(READ, CONTROL))))


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def whoami() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a user that has no name
        return "local"


def _credentials(arguments: argparse.Namespace) -> dict[str, str]:
    """A flag wins over the environment; a token wins over a key, as in the API."""
    if arguments.token:
        return bearer(arguments.token)
    if arguments.api_key:
        return {"X-API-Key": arguments.api_key}
    if token := os.environ.get("FERMATA_TOKEN"):
        return bearer(token)
    key = os.environ.get("FERMATA_API_KEY")
    return {"X-API-Key": key} if key else {}

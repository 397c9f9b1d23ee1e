"""``fermata serve``: the API of a stack, run here under uvicorn from the code as it lies in this folder.

It reads and writes the stack's own table, queue and bucket, with the very settings of the deployed api function: only the
web server differs, which unlike the gateway streams.
"""

from __future__ import annotations

import errno
import logging
import os
import re
import socket
from pathlib import Path
from typing import Any

import click

from fermata.cli import options
from fermata.cli.cloud import of_stack, outputs_of
from fermata.cli.errors import CommandError

PORT = 8080
MAX_MESSAGE = 64 * 1024
"""Bytes of a WebSocket's message: who observes has nothing to say."""

SECRET = re.compile(r"([?&](?:token|ticket|api_key)=)[^&\s\"]*")
"""Parameters of an address that say who calls."""

STACK, STATE = "FERMATA_SERVE_STACK", "FERMATA_SERVE_STATE_DIR"
"""How the command tells the process that serves, which uvicorn starts anew after each change of the code."""


@click.command("serve")
@options.port(default=PORT, help="On loopback.")
@click.option("--no-reload", is_flag=True, help="Don't restart when the code changes.")
@of_stack
def serve_command(port: int, no_reload: bool, stack: str | None, state_dir: Path | None) -> None:
    """Run the API of a stack here, from this code, with true streaming and reload.

    A local stack that is stopped and started again meanwhile is found again.
    """
    with outputs_of(stack, state_dir):  # there is one
        pass
    check_free(port)
    os.environ[STACK], os.environ[STATE] = stack or "", str(state_dir.resolve()) if state_dir else ""
    import uvicorn

    uvicorn.run(
        "fermata.cli.serve:app",
        factory=True,
        host="127.0.0.1",
        port=port,
        reload=not no_reload,
        reload_dirs=None if no_reload else [str(Path(__file__).parents[1])],
        lifespan="off",
        ws_max_size=MAX_MESSAGE,
        ws_per_message_deflate=False,
    )


class Discretion(logging.Filter):
    """Keeps who calls out of what the web server says of addresses."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                SECRET.sub(r"\1…", argument) if isinstance(argument, str) else argument for argument in record.args
            )
        return True


def check_free(port: int) -> None:
    """Raises CommandError for a port that nobody can listen on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            why = "is taken by another program; choose another --port" if taken else f"can't be used: {error.strerror}"
            raise CommandError(f"Port {port} {why}") from None


def app() -> Any:
    """The API of the stack that this process's environment names; uvicorn calls it, again after each reload."""
    from fermata.local.api import LocalApi, built, settings

    for name in ("uvicorn.access", "uvicorn.error"):
        logging.getLogger(name).addFilter(Discretion())
    stack, state_dir = os.environ.get(STACK) or None, os.environ.get(STATE)
    if stack:
        with outputs_of(stack, None) as outputs:
            return built(settings(outputs["ApiFunctionName"]))
    return LocalApi(Path(state_dir) if state_dir else None)

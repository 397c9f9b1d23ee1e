"""``fermata serve``: the API of a stack, run here under uvicorn from the code as it lies in this folder.

It reads and writes the stack's own table, queue and bucket, with the very settings of the deployed api function: only the
web server differs, which unlike the gateway streams.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from fermata.cli.cloud import add_stack, outputs_of
from fermata.environment import PREFIX

PORT = 8080


def add(commands: Any) -> None:
    help_ = "run the API of a stack here, from this code, with true streaming and reload"
    parser = commands.add_parser("serve", help=help_, description=help_)
    parser.add_argument("--port", type=int, default=PORT, help=f"on loopback (default: {PORT})")
    parser.add_argument("--no-reload", action="store_true", help="don't restart when the code changes")
    add_stack(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    import uvicorn

    with outputs_of(arguments) as outputs:
        os.environ.update(settings(outputs["ApiFunctionName"]))
        uvicorn.run(
            "fermata.cli.serve:app",
            factory=True,
            host="127.0.0.1",
            port=arguments.port,
            reload=not arguments.no_reload,
            reload_dirs=None if arguments.no_reload else [str(Path(__file__).parents[1])],
            lifespan="off",
            ws="none",
        )


def settings(function: str) -> dict[str, str]:
    """What the api function is told by its environment. Raises Refused."""
    from fermata.adapters.aws.deployed import variables

    return {name: value for name, value in variables(function).items() if name.startswith(PREFIX)}


def app() -> Any:
    """The API by this process's environment; uvicorn calls it, again after each reload."""
    from fermata.api.anonymous import LOOPBACK
    from fermata.bootstrap import app_from
    from fermata.environment import ApiEnvironment

    return app_from(ApiEnvironment.read(os.environ), hosts=LOOPBACK)

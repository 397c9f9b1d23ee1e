"""``fermata up`` and ``fermata down``."""

from __future__ import annotations

import argparse
from typing import Any

from fermata.cli.endpoints import add_state
from fermata.cli.seeding import SEEDS, seed
from fermata.local import stack as local
from fermata.local.stack import Stack

PORT = 8000


def add(commands: Any) -> None:
    up = commands.add_parser("up", help="start the local stack and leave it running")
    up.add_argument("--port", type=int, default=PORT, help=f"where the API answers (default: {PORT}; 0: any free one)")
    add_state(up)
    up.set_defaults(run=_up)
    down = commands.add_parser("down", help="stop the local stack; its state is kept for the next time")
    add_state(down)
    down.set_defaults(run=_down)


def _up(arguments: argparse.Namespace) -> None:
    stack = local.up(arguments.port, arguments.state_dir)
    seed(stack)
    print(described(stack))


def described(stack: Stack) -> str:
    """What to do with a stack that has just been started."""
    keys = "\n".join(f"  {key:<18} tenant {tenant}, {', '.join(sorted(scopes))}" for key, tenant, scopes in SEEDS)
    return f"""Fermata answers at {stack.api_url} (its description: {stack.api_url}/docs).

Try it:
  fermata batch start samples/ --watch
  curl -H "X-API-Key: {SEEDS[0][0]}" {stack.api_url}/api/batch/active
  curl -H "Authorization: Bearer $(fermata token)" {stack.api_url}/api/batch/active

API keys (X-API-Key):
{keys}

AWS endpoint: {stack.endpoint}    log: {stack.log}
Stop it with `fermata down`."""


def _down(arguments: argparse.Namespace) -> None:
    stopped = local.down(arguments.state_dir)
    print("Stopped. The state is kept." if stopped else "The local stack was not running.")

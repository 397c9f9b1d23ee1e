"""``fermata up``, ``down`` and ``status``, which are also those of ``fermata stack``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fermata.cli import options
from fermata.cli.errors import UNREACHABLE
from fermata.cli.output import Column, member, show_one

if TYPE_CHECKING:
    from fermata.local.stack import Stack

PORT = 8000
FACTS: list[Column] = [
    ("API", member("api_url")),
    ("dashboard", member("dashboard")),
    ("AWS endpoint", member("endpoint")),
    ("state", member("folder")),
    ("log", member("log")),
    ("process", member("pid")),
]


@click.command("up")
@options.port(default=PORT, help="Where the API answers; 0: any free port.")
@click.option(
    "--set", "chosen", multiple=True, metavar="NAME=VALUE", help="A parameter of the template; again for more."
)
@options.state
def up_command(port: int, chosen: Sequence[str], state_dir: Path | None) -> None:
    """Start the local stack and leave it running; deploy the code as it is now.

    Parameters hold until the next `fermata up`: `--set CorsOrigins=http://localhost:3000`.
    """
    from fermata.cli.seeding import seed
    from fermata.local import stack as local

    stack = local.up(port, state_dir, parameters=options.assigned("a parameter", chosen))
    seed(stack)
    click.echo(described(stack))


@click.command("down")
@options.state
def down_command(state_dir: Path | None) -> None:
    """Stop the local stack; its state is kept for the next time."""
    from fermata.local import stack as local

    stopped = local.down(state_dir)
    click.echo("Stopped. The state is kept." if stopped else "The local stack was not running.")


@click.command("status")
@options.listed
@options.state
def status_command(format: str, state_dir: Path | None) -> int:
    """Show whether the local stack is running, and where. Exit code 3 where it is not."""
    from fermata.cli.cloud import running

    stack = running(state_dir)
    if stack is None:
        click.echo("The local stack is not running. Start it with `fermata up`.", err=True)
        return UNREACHABLE
    names = ("api_url", "endpoint", "folder", "log", "pid")
    show_one({name: getattr(stack, name) for name in names} | {"dashboard": f"{stack.api_url}/"}, FACTS, format)
    return 0


@click.group("stack")
def stack_command() -> None:
    """The local stack."""


for _command in (up_command, down_command, status_command):
    stack_command.add_command(_command)


def described(stack: Stack) -> str:
    """What to do with a stack that has just been started."""
    from fermata.cli.seeding import SEEDS

    keys = "\n".join(f"  {key:<18} tenant {tenant}, {', '.join(sorted(scopes))}" for key, tenant, scopes in SEEDS)
    return f"""Fermata answers at {stack.api_url} (its description: {stack.api_url}/docs).
The dashboard: {stack.api_url}/ (`fermata open` opens it; sign in with one of the keys below).

Try it:
  fermata batch start samples/ --watch
  curl -H "X-API-Key: {SEEDS[0][0]}" {stack.api_url}/api/batch/active
  curl -H "Authorization: Bearer $(fermata token)" {stack.api_url}/api/batch/active

API keys (X-API-Key):
{keys}

AWS endpoint: {stack.endpoint}    log: {stack.log}
Stop it with `fermata down`."""

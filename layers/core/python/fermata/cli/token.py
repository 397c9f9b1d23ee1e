"""``fermata token``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from fermata.cli import options
from fermata.cli.errors import Unreachable, WrongUse
from fermata.cli.session import NOT_RUNNING, local_stack
from fermata.domain.access import ADMIN, CONTROL, READ, SCOPES, is_reserved

DAY = 24 * 3600.0
MAX_TTL = 366 * DAY


@click.command("token")
@click.option("--tenant", default="default", show_default=True, help="Of this tenant.")
@click.option("--user", default=None, help="Whose it is (default: you).")
@click.option(
    "--scope", multiple=True, metavar="SCOPE", help=f"{READ}, {CONTROL} or {ADMIN}; again for more (default: all)."
)
@click.option("--ttl", type=float, default=DAY, metavar="SECONDS", help="How long it is good (default: a day).")
@options.state
def token_command(tenant: str, user: str | None, scope: tuple[str, ...], ttl: float, state_dir: Path | None) -> None:
    """Print a token (JWT) that the local stack accepts."""
    if not 1 <= ttl <= MAX_TTL:
        raise WrongUse(f"--ttl: 1 to {MAX_TTL:.0f} seconds")
    if user is not None and is_reserved(user):
        raise WrongUse(f"--user: {user} is a name that Fermata itself acts under")
    scopes = scopes_of(scope)
    stack = local_stack(state_dir)
    if stack is None:
        raise Unreachable(f"{NOT_RUNNING}.")
    click.echo(stack.token(user or whoami(), tenant=tenant, scopes=scopes, ttl=ttl))


def scopes_of(given: Sequence[str], default: Iterable[str] = SCOPES) -> tuple[str, ...]:
    """The scopes of ``--scope`` options, each one word or several; ``default`` when there is none. Raises WrongUse."""
    words = tuple(word for option in given for word in option.replace(",", " ").split()) or tuple(sorted(default))
    if unknown := set(words) - SCOPES:
        raise WrongUse(f"there is no scope {', '.join(sorted(unknown))}; there are {READ}, {CONTROL} and {ADMIN}")
    return words


def whoami() -> str:
    """The name of whoever runs the command."""
    from fermata_client.local import whoami

    return whoami()

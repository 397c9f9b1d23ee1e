"""``fermata token``."""

from __future__ import annotations

import argparse
from typing import Any

from fermata.cli.endpoints import add_state, local_stack, whoami
from fermata.cli.errors import WrongUse
from fermata.cli.tokens import TTL, signed
from fermata.domain.access import ADMIN, CONTROL, READ, SCOPES


def add(commands: Any) -> None:
    parser = commands.add_parser("token", help="print a token (JWT) that the local stack accepts")
    parser.add_argument("--tenant", default="default")
    parser.add_argument("--user", default=whoami())
    parser.add_argument(
        "--scope",
        action="append",
        metavar="SCOPE",
        help=f"{READ}, {CONTROL} or {ADMIN}; again for more (default: all three)",
    )
    parser.add_argument(
        "--ttl", type=float, default=TTL, metavar="SECONDS", help="how long it is good (default: a day)"
    )
    add_state(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    stack = local_stack(arguments)
    print(signed(stack.jwt_secret, arguments.user, arguments.tenant, scopes_of(arguments.scope), arguments.ttl))


def scopes_of(given: list[str] | None) -> tuple[str, ...]:
    """The scopes of ``--scope`` options, each one word or several; all when there is none. Raises WrongUse."""
    words = tuple(word for option in given or () for word in option.replace(",", " ").split()) or tuple(sorted(SCOPES))
    if unknown := set(words) - SCOPES:
        raise WrongUse(f"there is no scope {', '.join(sorted(unknown))}; there are {READ}, {CONTROL} and {ADMIN}")
    return words

"""``fermata whoami``."""

from __future__ import annotations

import click

from fermata.cli import options
from fermata.cli.calls import ask
from fermata.cli.output import Column, member, plain, show_one
from fermata.cli.session import Session

FACTS: list[Column] = [
    *plain("server", "tenant", "user"),
    ("scopes", lambda row: ", ".join(row["scopes"])),
    ("until", member("expires_at")),
]


@click.command("whoami")
@options.listed
@options.server
def whoami_command(session: Session, format: str) -> None:
    """Show which server commands call, and as whom."""
    from fermata_client import routes

    with session.client() as client:
        found = ask(client, routes.SESSION_READ)
        row = {"server": client.url, **{name: found[name] for name in ("tenant", "user", "scopes", "expires_at")}}
        show_one(row, FACTS, format)

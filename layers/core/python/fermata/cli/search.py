"""``fermata search``."""

from __future__ import annotations

import click

from fermata.cli import options
from fermata.cli.calls import ask
from fermata.cli.output import Column, cell, plain, show
from fermata.cli.session import Session

COLUMNS: list[Column] = [
    *plain("source_id", "title"),
    ("section", lambda row: " / ".join(row["section"])),
    *plain("page", "score", "snippet"),
]


@click.command("search")
@click.argument("words", nargs=-1, required=True)
@click.option("--workspace", metavar="NAME", help="In this workspace (default: default).")
@click.option("--limit", type=click.IntRange(1, 100), default=10, show_default=True, help="Show so many at most.")
@options.listed
@options.server
def search_command(session: Session, words: tuple[str, ...], workspace: str | None, limit: int, format: str) -> None:
    """Search what sources have been processed in a workspace."""
    from fermata_client import routes

    query = {"q": " ".join(words), "workspace": workspace, "limit": limit}
    with session.client() as client:
        found = ask(client, routes.SEARCH, query)["results"]
    if format != "table":
        show(found, COLUMNS, format)
        return
    for row in found:
        place = " / ".join([row["title"], *row["section"]]) + (f", page {row['page']}" if row["page"] else "")
        click.echo(f"{click.style(cell(place), bold=True)}  ({row['source_id']})\n  {cell(row['snippet'])}")
    if not found:
        click.echo("Nothing was found.", err=True)

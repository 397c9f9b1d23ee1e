"""``fermata records``: tables that imports have filled."""

from __future__ import annotations

import sys
from itertools import chain, islice

import click

from fermata.cli import options
from fermata.cli.calls import pages
from fermata.cli.errors import WrongUse
from fermata.cli.output import Column, member, show
from fermata.cli.session import Session


@click.group("records")
def records_command() -> None:
    """Tables that imports have filled."""


@records_command.command("show")
@click.argument("table")
@click.option("--workspace", metavar="NAME", help="In this workspace (default: default).")
@options.limit
@options.everything
@options.raw
@options.output("table", "json", "jsonl", "csv")
@options.server
def show_(
    session: Session, table: str, workspace: str | None, limit: int, everything: bool, raw: bool, format: str
) -> None:
    """Show the records of a TABLE, in the order of their keys."""
    from fermata_client import routes

    if raw and format != "csv":
        raise WrongUse("--raw goes with -o csv")
    with session.client() as client:
        if format == "csv" and everything:
            for part in client.records.download(table, workspace=workspace, raw=raw):
                sys.stdout.buffer.write(part)
            return
        most = None if everything else limit
        found = pages(client, routes.RECORDS_READ, "records", {"workspace": workspace}, most=most, table=table)
        first = list(islice(found, 1))
        names = list(first[0]["values"]) if first else []
        columns: list[Column] = [("key", member("key")), *((name, member("values", name)) for name in names)]
        show(chain(first, found), columns, format, "The table is empty.", raw=raw)

"""``fermata audit``: one record of each mutation, and of each that was refused."""

from __future__ import annotations

import sys
from typing import Any

import click

from fermata.cli import options
from fermata.cli.calls import pages
from fermata.cli.errors import REFUSED
from fermata.cli.output import plain, show, show_one
from fermata.cli.session import Session

COLUMNS = plain("number", "at", "user", "action", "target", "outcome", "reason")
FOUND = plain("intact", "checked", "broken_at", "last", "hash", "whole")


def filtered(function: options.F) -> options.F:
    """Options that say which records are meant."""
    for option in (
        click.option("--to", "before", metavar="TIME", help="Only before: a time, or how long ago (2h)."),
        click.option("--from", "since", metavar="TIME", help="Only then or later: a time, or how long ago."),
        click.option("--outcome", metavar="WORD", help="done, refused, or the whole text."),
        click.option("--user", metavar="NAME", help="Only what this user did."),
        click.option("--target", metavar="ID", help="Only what was done to this."),
        click.option("--action", metavar="NAME", help="Only this, as jobs.pause."),
    ):
        function = option(function)
    return function


def _wanted(since: str | None, before: str | None, **given: Any) -> dict[str, Any]:
    return {**given, "since": options.earlier(since), "before": options.earlier(before)}


@click.group("audit")
def audit_command() -> None:
    """Read, export and verify the audit log. Needs the scope admin."""


@audit_command.command("list")
@filtered
@options.limit
@options.everything
@options.output("table", "json", "jsonl", "csv")
@options.server
def list_(session: Session, limit: int, everything: bool, format: str, **filter_: Any) -> None:
    """List records, oldest first."""
    from fermata_client import routes
    from fermata_client.values import text_of

    query = _wanted(**filter_)
    query["from"], query["to"] = text_of(query.pop("since")), text_of(query.pop("before"))
    with session.client() as client:
        found = pages(client, routes.AUDIT_LIST, "records", query, most=None if everything else limit)
        show(found, COLUMNS, format, "There is no such record.")


@audit_command.command("export")
@filtered
@options.server
def export(session: Session, **filter_: Any) -> None:
    """Write all records that match as JSON Lines."""
    with session.client() as client:
        for part in client.audit.export(**_wanted(**filter_)):
            sys.stdout.buffer.write(part)
        sys.stdout.buffer.flush()


@audit_command.command("verify")
@click.option(
    "--last", type=click.IntRange(min=0), default=0, help="Number of the last record that was verified before."
)
@click.option("--hash", "hash_", default="", help="Its hash.")
@click.option(
    "--chain",
    type=click.Choice(("done", "refused")),
    default="done",
    show_default=True,
    help="Of what was done, or of what was refused.",
)
@options.listed
@options.server
def verify(session: Session, last: int, hash_: str, chain: Any, format: str) -> int:
    """Check that nobody has changed the log. Exit code 1 where somebody has.

    Keep number and hash of the last record elsewhere: given back later, they prove that nothing was cut off.
    """
    with session.client() as client:
        found = client.audit.verify(last, hash_, chain=chain)
    show_one(found.model_dump(mode="json"), FOUND, format)
    return 0 if found.intact else REFUSED

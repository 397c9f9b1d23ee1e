"""``fermata follow``: everything that changes in the tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from fermata.cli import options
from fermata.cli.job_options import FAMILIES, STATUSES, failed_units
from fermata.cli.output import Row, cell, show
from fermata.cli.session import Session

if TYPE_CHECKING:
    from fermata_client import Change


@click.command("follow")
@click.option("--kind", metavar="KIND", multiple=True, help="Only of jobs of this kind; each filter again for more.")
@click.option("--family", type=click.Choice(FAMILIES), multiple=True, help="Only of jobs started by this API.")
@click.option("--workspace", metavar="NAME", multiple=True, help="Only of this workspace.")
@click.option("--status", type=click.Choice(STATUSES), multiple=True, help="Only where the job is in this afterwards.")
@click.option("--job", metavar="JOB", multiple=True, help="Only of this job.")
@click.option("--type", "types", metavar="TYPE", multiple=True, help="Only events of this type: completed, system …")
@failed_units
@click.option("--after", metavar="ID", help="What came after this change too, as `-o jsonl` tells ids.")
@options.output("table", "jsonl")
@options.server
def follow_command(session: Session, format: str, **wanted: Any) -> None:
    """Show everything that changes in the tenant, as it happens. Ctrl-C ends it."""
    with session.client() as client:
        asked: Any = {name: None if value == () else value for name, value in wanted.items()}
        for change in client.follow(progress=False, **asked):
            row = _row(change)
            if format == "jsonl":
                show([row], [], format)
            elif change.event or change.system:
                click.echo(_line(row))


def _row(change: Change) -> Row:
    about = change.event or change.system or change.job
    return {"id": change.id, "type": change.type, **({} if about is None else {"data": about.model_dump(mode="json")})}


def _line(row: Row) -> str:
    data = row["data"]
    if row["type"] == "system":
        return f"{data['at']}  {'system':<34} {data['event_type']:<15} {cell(data['reason'])}".rstrip()
    return f"{data['at']}  {cell(data['job_id']):<34} {row['type']:<15} {cell(data['data'] or '')}".rstrip()

"""``fermata processes``: long-running work with a review where a person has to decide."""

from __future__ import annotations

from typing import Any

import click

from fermata.cli import options
from fermata.cli.calls import ask
from fermata.cli.output import Column, plain, show, show_made, show_one
from fermata.cli.session import Session

STATUSES = ("pending", "running", "waiting_review", "completed", "failed", "cancelled")
COLUMNS: list[Column] = [
    *plain("id", "type", "status"),
    ("progress", lambda row: f"{row['progress']} %"),
    ("age", lambda row: options.ago(row["created_at"])),
]
FACTS: list[Column] = [*COLUMNS[:-1], *plain("metadata", "result_summary")]
EVENTS = plain("id", "created_at", "status", "message")

the_process = click.argument("process", metavar="PROCESS")
of_workspace = click.option("--workspace", metavar="NAME", help="Only if it is of this workspace.")


@click.group("processes")
def processes_command() -> None:
    """Processes with a review."""


@processes_command.command("create")
@click.argument("type", metavar="TYPE")
@click.option(
    "--input", "input_", metavar="JSON", help="Input as an object of JSON, or @FILE (@- reads standard input)."
)
@click.option("-p", "pairs", metavar="NAME=VALUE", multiple=True, help="One member of the input; again for more.")
@click.option("--workspace", metavar="NAME", help="Put it into this workspace.")
@click.option("--watch", is_flag=True, help="Show its progress until it is over, or waits for review.")
@options.made
@options.server
def create(
    session: Session,
    type: str,
    input_: str | None,
    pairs: tuple[str, ...],
    workspace: str | None,
    watch: bool,
    format: str,
) -> int:
    """Start a process of a TYPE, and print its id."""
    given = options.parameters(input_, pairs, (), "--input")
    with session.client() as client:
        process = client.processes.create(type, given, workspace=workspace)
        show_made(process.id, process.data.model_dump(mode="json"), FACTS, format)
        return _watched(session, str(process.id)) if watch else 0


@processes_command.command("list")
@click.option("--workspace", metavar="NAME", help="Of this workspace (default: default).")
@click.option("--status", type=click.Choice(STATUSES), help="Only in this status.")
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True, help="Show so many at most.")
@options.listed
@options.server
def list_(session: Session, workspace: str | None, status: str | None, limit: int, format: str) -> None:
    """List the processes of a workspace, newest first."""
    from fermata_client import routes

    query = {"workspace_id": workspace, "status": status, "limit": limit}
    with session.client() as client:
        show(ask(client, routes.PROCESSES_LIST, query), COLUMNS, format, "There is no such process.")


@processes_command.command("show")
@the_process
@of_workspace
@options.listed
@options.server
def show_(session: Session, process: str, workspace: str | None, format: str) -> None:
    """Show a process."""
    from fermata_client import routes

    with session.client() as client:
        show_one(ask(client, routes.PROCESSES_READ, {"workspace_id": workspace}, id=process), FACTS, format)


@processes_command.command("events")
@the_process
@of_workspace
@options.listed
@options.server
def events(session: Session, process: str, workspace: str | None, format: str) -> None:
    """Show what happened to a process, oldest first."""
    from fermata_client import routes

    with session.client() as client:
        show(ask(client, routes.PROCESSES_EVENTS, {"workspace_id": workspace}, id=process), EVENTS, format)


@processes_command.command("watch")
@the_process
@of_workspace
@options.server
def watch(session: Session, process: str, workspace: str | None) -> int:
    """Watch a process until it is over, or waits for review. Ctrl-C ends the watching, not the process."""
    if workspace is not None:
        with session.client() as client:
            client.processes.get(process, workspace=workspace)
    return _watched(session, process)


@processes_command.command("follow")
@the_process
@of_workspace
@options.output("table", "jsonl")
@options.server
def follow(session: Session, process: str, workspace: str | None, format: str) -> None:
    """Show a process whenever something happens to it, until it is over."""
    with session.client() as client:
        for state in client.processes.follow(process, workspace=workspace):
            row = state.model_dump(mode="json")
            if format == "jsonl":
                show([row], [], format)
            else:
                click.echo(f"{row['id']}  {row['status']:<15} {row['progress']:>3} %")


@processes_command.command("retry")
@the_process
@of_workspace
@options.reason
@options.server
def retry(session: Session, process: str, workspace: str | None, reason: str | None) -> None:
    """Run what failed, and what never ran, again."""
    with session.client() as client:
        click.echo(
            f"process {process} is {client.processes.retry(process, reason=reason, workspace=workspace).status}."
        )


@processes_command.command("cancel")
@the_process
@of_workspace
@options.reason
@options.server
def cancel(session: Session, process: str, workspace: str | None, reason: str | None) -> None:
    """Stop a process for good."""
    with session.client() as client:
        click.echo(
            f"process {process} is {client.processes.cancel(process, reason=reason, workspace=workspace).status}."
        )


@processes_command.command("review")
@the_process
@of_workspace
@click.argument("decision", type=click.Choice(("approve", "reject")))
@click.option("--units", metavar="NUMBERS", help="Approve only these, as 1-5,7.")
@options.reason
@options.server
def review(
    session: Session, process: str, workspace: str | None, decision: Any, units: str | None, reason: str | None
) -> None:
    """Approve or reject the draft that a process waits with. Rejecting cancels it."""
    with session.client() as client:
        done = client.processes.review(
            process, decision, units=options.units(units), reason=reason, workspace=workspace
        )
        click.echo(f"process {process} is {done.status.replace('_', ' ')}.")


def _watched(session: Session, process: str) -> int:
    from fermata.cli.watching import Subject, watch

    job, again = f"processes:{process}", f"fermata processes watch {process}"
    with session.client() as client:
        return watch(client, Subject(process, job, "process", again, f"fermata jobs results {job}"))

"""``fermata tasks``: background tasks of projects."""

from __future__ import annotations

import click

from fermata.cli import options
from fermata.cli.calls import ask
from fermata.cli.output import Column, cell, plain, show, show_made, show_one
from fermata.cli.session import Session

STATUSES = ("pending", "running", "completed", "failed", "cancelled")
COLUMNS: list[Column] = [
    *plain("id", "project_id", "task_type", "status"),
    ("done", lambda row: f"{row['progress']}/{row['total']}"),
    ("age", lambda row: options.ago(row["created_at"])),
]
FACTS: list[Column] = [
    *COLUMNS[:-1],
    *plain("params", "result", "error_message", "created_at", "started_at", "completed_at"),
]
STATE = plain(
    "task_id", "is_paused", "paused_at", "pause_reason", "paused_by", "checkpoint", "is_cancelled", "cancel_reason",
    "cancelled_by",
)  # fmt: skip

the_task = click.argument("task", metavar="TASK")


@click.group("tasks")
def tasks_command() -> None:
    """Background tasks of projects."""


@tasks_command.command("create")
@click.argument("task_type", metavar="TYPE")
@click.option("--params", metavar="JSON", help="Parameters as an object of JSON, or @FILE (@- reads standard input).")
@click.option("-p", "pairs", metavar="NAME=VALUE", multiple=True, help="One parameter; again for more.")
@click.option("--project", type=click.IntRange(min=0), help="Of this project.")
@click.option("--watch", is_flag=True, help="Show its progress until it is over.")
@options.made
@options.server
def create(
    session: Session,
    task_type: str,
    params: str | None,
    pairs: tuple[str, ...],
    project: int | None,
    watch: bool,
    format: str,
) -> int:
    """Start a task of a TYPE, and print its id."""
    given = options.parameters(params, pairs, ())
    with session.client() as client:
        task = client.tasks.create(task_type, given, project_id=project)
        show_made(task.id, task.data.model_dump(mode="json"), FACTS, format)
        return _watched(session, str(task.id)) if watch else 0


@tasks_command.command("list")
@click.option("--project", type=click.IntRange(min=0), help="Only of this project.")
@click.option("--status", type=click.Choice(STATUSES), help="Only in this status.")
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True, help="Show so many at most.")
@options.listed
@options.server
def list_(session: Session, project: int | None, status: str | None, limit: int, format: str) -> None:
    """List tasks, newest first."""
    from fermata_client import routes

    query = {"project_id": project, "status": status, "limit": limit}
    with session.client() as client:
        show(ask(client, routes.TASKS_LIST, query)["data"], COLUMNS, format, "There is no such task.")


@tasks_command.command("show")
@the_task
@options.listed
@options.server
def show_(session: Session, task: str, format: str) -> None:
    """Show a task."""
    from fermata_client import routes

    with session.client() as client:
        show_one(ask(client, routes.TASKS_READ, id=task)["data"], FACTS, format)


@tasks_command.command("watch")
@the_task
@options.server
def watch(session: Session, task: str) -> int:
    """Watch a task until it is over. Ctrl-C ends the watching, not the task."""
    return _watched(session, task)


@tasks_command.command("follow")
@the_task
@options.output("table", "jsonl")
@options.server
def follow(session: Session, task: str, format: str) -> None:
    """Show what happens to a task, from its first event until it is over."""
    with session.client() as client:
        for event in client.tasks.follow(task):
            if format == "jsonl":
                show([event], [], format)
            else:
                click.echo(f"{event.get('timestamp') or event.get('at') or ''}  {event['type']:<22} {cell(event)}")


@tasks_command.command("pause")
@the_task
@options.reason
@options.server
def pause(session: Session, task: str, reason: str | None) -> None:
    """Pause a task at its next checkpoint."""
    with session.client() as client:
        click.echo(client.tasks.pause(task, reason=reason).message)


@tasks_command.command("resume")
@the_task
@options.reason
@options.server
def resume(session: Session, task: str, reason: str | None) -> None:
    """Go on where it stopped."""
    with session.client() as client:
        click.echo(client.tasks.resume(task, reason=reason).message)


@tasks_command.command("cancel")
@the_task
@options.reason
@options.server
def cancel(session: Session, task: str, reason: str | None) -> None:
    """Stop a task for good."""
    with session.client() as client:
        client.tasks.cancel(task, reason=reason)
        click.echo("Task cancelled")


@tasks_command.command("control-state")
@the_task
@options.listed
@options.server
def control_state(session: Session, task: str, format: str) -> None:
    """Show whether somebody stopped a task, who and why."""
    from fermata_client import routes

    with session.client() as client:
        show_one(ask(client, routes.TASKS_CONTROL_STATE, id=task), STATE, format)


def _watched(session: Session, task: str) -> int:
    from fermata.cli.watching import Subject, watch

    job = f"tasks:{task.removeprefix('task-')}"
    with session.client() as client:
        return watch(client, Subject(task, job, "task", f"fermata tasks watch {task}", f"fermata jobs results {job}"))

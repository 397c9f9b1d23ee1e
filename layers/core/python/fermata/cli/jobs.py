"""``fermata jobs``: every job of the tenant, whichever API it was started by."""

from __future__ import annotations

from typing import Any

import click

from fermata.cli import job_control, job_units, options
from fermata.cli.calls import ask, pages
from fermata.cli.errors import WrongUse
from fermata.cli.job_options import FAMILIES, filtered, the_job, wanted, watched
from fermata.cli.output import Column, Row, member, plain, show, show_made, show_one
from fermata.cli.session import Session


def _done(row: Row) -> str:
    counts = row["counts"]
    return f"{counts['succeeded'] + counts['failed']}/{counts['total']}"


def held_by(row: Row) -> str:
    """Who holds it, and why."""
    holds = [f"{hold['owner']}: {hold['reason']}" if hold["reason"] else hold["owner"] for hold in row["holds"]]
    return "; ".join(holds)


COLUMNS: list[Column] = [
    ("id", member("id")),
    ("kind", member("kind")),
    ("status", member("status")),
    ("done", _done),
    ("failed", member("counts", "failed")),
    ("age", lambda row: options.ago(row["created_at"])),
    ("user", member("user")),
    ("held by", held_by),
]
FACTS: list[Column] = [
    *plain("id", "kind", "workspace", "user", "status", "stage", "checkpoint"),
    ("done", _done),
    ("failed", member("counts", "failed")),
    ("progress", lambda row: f"{row['progress']:.1%}"),
    ("held by", held_by),
    ("params", member("params")),
    *plain("labels", "after", "notify", "source", "limit", "timeout", "max_failed_share", "priority", "run"),
    *plain("created_at", "started_at", "finished_at", "active_seconds", "idle_seconds", "result", "error"),
]
EVENTS: list[Column] = plain("number", "at", "type", "status", "data")


@click.group("jobs")
def jobs_command() -> None:
    """Start, watch, steer and list jobs of every kind."""


@jobs_command.command("create")
@click.argument("kind")
@options.given(*options.parameter_options)
@click.option("--file", "files", metavar="NAME=PATH", multiple=True, help="A text that the kind reads by name.")
@options.given(*options.tuning_options)
@click.option("--after", metavar="JOB", multiple=True, help="Start once this job has completed; again for more.")
@click.option(
    "--on-failure",
    type=click.Choice(("hold", "start", "cancel")),
    help="When one of those does not complete: stay held (default), start all the same, or be cancelled.",
)
@click.option(
    "--task-token", metavar="TOKEN", help="Of a state of Step Functions that waits for its end (@- reads it)."
)
@click.option("--notify", metavar="URL", multiple=True, help="Tell this address how it ended; again for more.")
@click.option("--key", metavar="KEY", help="Idempotency key: the same key with the same request starts nothing new.")
@click.option("--watch", is_flag=True, help="Show its progress until it is over.")
@options.made
@options.server
def create(
    session: Session,
    kind: str,
    params: str | None,
    pairs: tuple[str, ...],
    secrets: tuple[str, ...],
    files: tuple[str, ...],
    labels: tuple[str, ...],
    after: tuple[str, ...],
    task_token: str | None,
    notify: tuple[str, ...],
    key: str | None,
    watch: bool,
    format: str,
    **asked: Any,
) -> int:
    """Start a job of a KIND, and print its id.

    `fermata kinds show KIND` says which parameters it takes.
    """
    given = options.parameters(params, pairs, secrets)
    texts = _files(files)
    with session.client() as client:
        named = options.assigned("a label", labels)
        job = client.jobs.create(
            kind,
            given,
            files=texts,
            labels=named,
            after=after,
            notify=[*notify] or None,
            task_token=options.text_or_input(task_token),
            idempotency_key=key,
            **asked,
        )
        show_made(job.id, job.data.model_dump(mode="json"), FACTS, format)
        return watched(client, job.id) if watch else 0


@jobs_command.command("list")
@filtered
@click.option("--oldest", is_flag=True, help="The oldest first, not the newest.")
@options.limit
@options.everything
@options.listed
@options.server
def list_(session: Session, oldest: bool, limit: int, everything: bool, format: str, **filter_: Any) -> None:
    """List jobs, newest first."""
    from fermata_client import routes
    from fermata_client.values import text_of

    query = wanted(**filter_)
    query["sort"] = "oldest" if oldest else None
    query["from"], query["to"] = text_of(query.pop("since", None)), text_of(query.pop("before", None))
    with session.client() as client:
        found = pages(client, routes.JOBS_LIST, "jobs", query, most=None if everything else limit)
        show(found, COLUMNS, format, "There is no such job.")


@jobs_command.command("counts")
@click.option("--family", type=click.Choice(FAMILIES), help="Only those started by this API.")
@click.option("--workspace", metavar="NAME", help="Only of this workspace.")
@click.option("--from", "from_", metavar="TIME", help="Only those created then or later: a time, or how long ago (2h).")
@click.option("--to", metavar="TIME", help="Only those created before.")
@options.listed
@options.server
def counts(
    session: Session, family: str | None, workspace: str | None, from_: str | None, to: str | None, format: str
) -> None:
    """Count jobs by status."""
    times = {"since": options.earlier(from_), "before": options.earlier(to)}
    with session.client() as client:
        found = client.jobs.counts(family=family, workspace=workspace, **times)
        rows = [{"status": str(status), "jobs": number} for status, number in found.counts.items()]
        show(rows, plain("status", "jobs"), format)


@jobs_command.command("show")
@the_job
@options.listed
@options.server
def show_(session: Session, job: str, format: str) -> None:
    """Show all there is to know of a job."""
    from fermata_client import routes

    with session.client() as client:
        show_one(ask(client, routes.JOBS_READ, job_id=job), FACTS, format)


@jobs_command.command("watch")
@the_job
@options.server
def watch_(session: Session, job: str) -> int:
    """Watch a job until it is over, or waits for review.

    On a terminal a bar, elsewhere a line every few seconds; with the reason where it stands still. Ctrl-C ends the watching,
    not the job.
    """
    with session.client() as client:
        return watched(client, job)


@jobs_command.command("why")
@the_job
@options.listed
@options.server
def why(session: Session, job: str, format: str) -> None:
    """Say what a job waits for."""
    from fermata_client import routes

    with session.client() as client:
        found = ask(client, routes.JOBS_WHY, job_id=job)
        show_one(found, plain("status", "waits_for", "sentence", "facts"), format)


@jobs_command.command("cost")
@the_job
@options.listed
@options.server
def cost(session: Session, job: str, format: str) -> None:
    """Say about what a job has cost so far, in dollars."""
    from fermata_client import routes

    with session.client() as client:
        found = ask(client, routes.JOBS_COST, job_id=job)
        show_one(found, plain("status", "dollars", "projected_dollars", "worker_seconds", "services"), format)


@jobs_command.command("events")
@the_job
@click.option("--follow", is_flag=True, help="Go on until the job is over.")
@options.output("table", "json", "jsonl", "csv")
@options.server
def events(session: Session, job: str, follow: bool, format: str) -> None:
    """Show what happened to a job, oldest first."""
    with session.client() as client:
        if follow:
            if format in ("json", "csv"):
                raise WrongUse("--follow goes with -o table or -o jsonl")
            for update in client.jobs.follow(job, 0):
                if update.event:
                    event = update.event.model_dump(mode="json")
                    show([event], EVENTS, format) if format == "jsonl" else _event_line(event)
            return
        show((event.model_dump(mode="json") for event in client.jobs.events(job)), EVENTS, format)


def _files(pairs: tuple[str, ...]) -> dict[str, str] | None:
    texts = {}
    for pair in pairs:
        name, mark, path = pair.partition("=")
        if not mark or not name or not path:
            raise WrongUse(f"--file {pair}: say NAME=PATH")
        texts[name] = options.text_of(path, "--file")
    return texts or None


def _event_line(event: Row) -> None:
    from fermata.cli.output import cell

    click.echo(f"{event['number']:>4}  {event['at']}  {event['type']:<15} {event['status']:<15} {cell(event['data'])}")


for _command in (*job_control.COMMANDS, *job_units.COMMANDS):
    jobs_command.add_command(_command)

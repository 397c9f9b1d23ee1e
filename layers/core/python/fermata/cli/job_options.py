"""What commands about jobs share: naming them, choosing them, watching them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from fermata.cli import options
from fermata.cli.calls import pages
from fermata.cli.session import Session

if TYPE_CHECKING:
    from fermata_client import Client

    from fermata.cli.watching import Subject

FAMILIES = ("batch", "tasks", "processes", "sources", "jobs")
STATUSES = ("pending", "running", "paused", "waiting_review", "completed", "failed", "cancelled", "timed_out")


def completed_ids(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:
    """Ids that begin so, for the shell; none where the server can't be asked."""
    from fermata_client import routes

    names = ("url", "token", "api_key", "profile", "state_dir")
    try:
        with Session(**{name: context.params.get(name) for name in names}).client() as client:
            found = [row["id"] for row in pages(client, routes.JOBS_LIST, "jobs", most=PAGE_OF_SHELL)]
    except Exception:  # a shell has no use for a reason
        return []
    return [id_ for id_ in found if id_.startswith(begun)]


PAGE_OF_SHELL = 50
the_job = click.argument("job", metavar="JOB", shell_complete=completed_ids)
the_jobs = click.argument("jobs", metavar="[JOB]...", nargs=-1, shell_complete=completed_ids)


failed_units = click.option(
    "--failed-units/--no-failed-units", default=None, help="Only jobs with failed units, or without any so far."
)


def filtered(function: options.F) -> options.F:
    """Options that say which jobs are meant."""
    for option in (
        click.option("--text", metavar="TEXT", help="Only those whose id, kind, labels, parameters or error have it."),
        failed_units,
        click.option("--label", metavar="NAME[=VALUE]", multiple=True, help="Only with this label; again for more."),
        click.option("--user", metavar="USER", help="Only those that this user started."),
        click.option("--to", metavar="TIME", help="Only those created before: a time, or how long ago (2h)."),
        click.option(
            "--from", "from_", metavar="TIME", help="Only those created then or later: a time, or how long ago."
        ),
        click.option(
            "--held/--not-held", default=None, help="Only open jobs that something holds, or that nothing does."
        ),
        click.option("--workspace", metavar="NAME", help="Only of this workspace."),
        click.option(
            "--status", type=click.Choice(STATUSES), multiple=True, help="Only in this status; again for more."
        ),
        click.option("--family", type=click.Choice(FAMILIES), help="Only those started by this API."),
        click.option("--kind", metavar="KIND", help="Only of this kind."),
    ):
        function = option(function)
    return function


def wanted(**given: Any) -> dict[str, Any]:
    """The filter as the client has it, without what was not given."""
    from_, to = options.earlier(given.pop("from_")), options.earlier(given.pop("to"))
    status = list(given.pop("status"))
    label = list(given.pop("label"))
    filter_ = {**given, "status": status or None, "label": label or None, "since": from_, "before": to}
    return {name: value for name, value in filter_.items() if value is not None}


def watched(client: Client, job: str) -> int:
    """Watch a job to its end; the exit code."""
    from fermata.cli.watching import watch

    return watch(client, subject(job))


def subject(job: str) -> Subject:
    from fermata.cli.watching import Subject

    return Subject(job, job, "job", f"fermata jobs watch {job}", f"fermata jobs results {job}")

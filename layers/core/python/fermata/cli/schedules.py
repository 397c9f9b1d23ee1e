"""``fermata schedules``: work that starts by the clock."""

from __future__ import annotations

from typing import Any

import click

from fermata.cli import options
from fermata.cli.calls import ask, pages
from fermata.cli.output import Column, member, plain, show, show_made, show_one
from fermata.cli.session import Session

COLUMNS: list[Column] = [
    *plain("id", "name", "expression", "timezone"),
    ("kind", member("job", "kind")),
    ("paused", lambda row: (row["hold"]["reason"] or row["hold"]["owner"]) if row["hold"] else ""),
    ("next", lambda row: row["next"][0] if row["next"] else "never"),
]
FACTS: list[Column] = [
    *plain("id", "name", "user", "expression", "timezone", "start", "end", "window_minutes", "overlap", "catch_up"),
    *plain("job", "hold", "next", "created_at", "updated_at"),
]
FIRINGS: list[Column] = plain("due_at", "outcome", "cause", "job_id", "reason", "count", "through", "decided_at")
TIMES: list[Column] = plain("due_at", "job_id", "reason")

TUNED = ("workspace", "limit", "timeout", "max_failed_share", "rate", "rate_key", "priority")

the_schedule = click.argument("schedule", metavar="SCHEDULE")


@click.group("schedules")
def schedules_command() -> None:
    """Start jobs by the clock."""


@schedules_command.command("create")
@click.argument("name")
@click.argument("expression")
@click.argument("kind")
@options.given(*options.parameter_options)
@click.option("--timezone", metavar="ZONE", help="Time zone of the expression, as Europe/Warsaw (default: UTC).")
@click.option("--start", metavar="TIME", help="No time before it.")
@click.option("--end", metavar="TIME", help="No time from it on.")
@click.option("--window-minutes", type=click.IntRange(0, 1440), help="Minutes within which each job may start.")
@click.option(
    "--overlap",
    type=click.Choice(("skip", "queue", "allow", "cancel")),
    help="While the job before is open: skip (default), queue one, allow another, or cancel the old one.",
)
@click.option("--catch-up", type=click.Choice(("none", "last", "all")), help="Missed times that are made up for.")
@options.given(*options.tuning_options)
@click.option("--notify", metavar="URL", multiple=True, help="Tell this address how each job ended; again for more.")
@click.option("--key", metavar="KEY", help="Idempotency key: the same key with the same request makes nothing new.")
@options.made
@options.server
def create(
    session: Session,
    name: str,
    expression: str,
    kind: str,
    params: str | None,
    pairs: tuple[str, ...],
    secrets: tuple[str, ...],
    labels: tuple[str, ...],
    notify: tuple[str, ...],
    key: str | None,
    format: str,
    **asked: Any,
) -> None:
    """Start a job of a KIND at each time of an EXPRESSION, and print the schedule's id.

    An EXPRESSION is 'cron(30 2 ? * MON-FRI *)', 'rate(15 minutes)' or 'at(2026-04-13T09:00:00)'. Parameters may hold
    {{due:%Y-%m-%d}}.
    """
    given = options.parameters(params, pairs, ())
    values = {name: options.secret(name) for name in secrets}
    with session.client() as client:
        made = client.schedules.create(
            name,
            expression,
            kind,
            given,
            secrets=values,
            labels=options.assigned("a label", labels),
            notify=[{"url": url} for url in notify] or None,
            idempotency_key=key,
            **asked,
        )
        show_made(made.id, made.model_dump(mode="json"), FACTS, format)


@schedules_command.command("list")
@options.listed
@options.server
def list_(session: Session, format: str) -> None:
    """List schedules, with the next time of each."""
    from fermata_client import routes

    with session.client() as client:
        show(ask(client, routes.SCHEDULES_LIST)["schedules"], COLUMNS, format, "There is no schedule.")


@schedules_command.command("show")
@the_schedule
@options.listed
@options.server
def show_(session: Session, schedule: str, format: str) -> None:
    """Show all there is to know of a schedule."""
    from fermata_client import routes

    with session.client() as client:
        show_one(ask(client, routes.SCHEDULES_READ, schedule_id=schedule), FACTS, format)


@schedules_command.command("change")
@the_schedule
@click.option("--name", metavar="NAME", help="For people.")
@click.option("--expression", metavar="EXPRESSION", help="Its times; it begins with the next one.")
@click.option("--timezone", metavar="ZONE", help="Time zone of the expression.")
@click.option("--start", metavar="TIME", help="No time before it.")
@click.option("--end", metavar="TIME", help="No time from it on.")
@click.option("--window-minutes", type=click.IntRange(0, 1440), help="Minutes within which each job may start.")
@click.option(
    "--overlap", type=click.Choice(("skip", "queue", "allow", "cancel")), help="While the job before is open."
)
@click.option("--catch-up", type=click.Choice(("none", "last", "all")), help="Missed times that are made up for.")
@click.option("--kind", metavar="KIND", help="Start jobs of this kind; its parameters then are those given here alone.")
@options.given(*options.parameter_options)
@options.given(*options.tuning_options)
@options.server
def change(
    session: Session,
    schedule: str,
    kind: str | None,
    params: str | None,
    pairs: tuple[str, ...],
    secrets: tuple[str, ...],
    labels: tuple[str, ...],
    **asked: Any,
) -> None:
    """Change a schedule, and the job that it starts; what is left out stays.

    --params puts all parameters in place of those that there are, -p single ones among them; --label likewise all labels.
    """
    from fermata_client import routes

    tuned = {name: asked.pop(name) for name in TUNED}
    changes = {name: value for name, value in asked.items() if value is not None}
    if values := {name: options.secret(name) for name in secrets}:
        changes["secrets"] = values
    with session.client() as client:
        job = {name: value for name, value in tuned.items() if value is not None}
        if kind or params or pairs or labels or job:
            now = ask(client, routes.SCHEDULES_READ, schedule_id=schedule)["job"]
            now.pop("notify")  # it stays, and is shown without what may be secret of it
            kept = {} if params or (kind and kind != now["kind"]) else now["params"]
            job = {**now, **job, "params": {**kept, **options.parameters(params, pairs, ())}}
            job["kind"] = kind or now["kind"]
            job["labels"] = options.assigned("a label", labels) or now["labels"]
            job["rate"] = (
                int(job["rate"]) if job["rate"] is not None else None
            )  # answered as a float, asked for as an integer
            changes["job"] = {name: value for name, value in job.items() if value is not None}
        client.schedules.change(schedule, **changes)
        click.echo(f"{schedule} is changed.")


@schedules_command.command("pause")
@the_schedule
@options.reason
@options.until
@options.server
def pause(session: Session, schedule: str, reason: str | None, until: str | None) -> None:
    """Start nothing until it is resumed, or until a time; the times meanwhile are skipped."""
    with session.client() as client:
        client.schedules.pause(schedule, reason=reason, until=options.later(until))
        click.echo(f"{schedule} is paused.")


@schedules_command.command("resume")
@the_schedule
@options.reason
@options.server
def resume(session: Session, schedule: str, reason: str | None) -> None:
    """Go on with the next time."""
    with session.client() as client:
        client.schedules.resume(schedule, reason=reason)
        click.echo(f"{schedule} is resumed.")


@schedules_command.command("delete")
@the_schedule
@options.reason
@options.server
def delete(session: Session, schedule: str, reason: str | None) -> None:
    """Start nothing more. Its jobs stay."""
    with session.client() as client:
        client.schedules.delete(schedule, reason=reason)
        click.echo(f"{schedule} is deleted.")


@schedules_command.command("run")
@the_schedule
@click.option("--key", metavar="KEY", help="Idempotency key: the same key starts nothing new.")
@options.server
def run(session: Session, schedule: str, key: str | None) -> None:
    """Start its work now, and print the job's id."""
    with session.client() as client:
        click.echo(client.schedules.run(schedule, idempotency_key=key))


@schedules_command.command("backfill")
@the_schedule
@click.option("--from", "from_", metavar="TIME", required=True, help="The first time: a time, or how long ago (2h).")
@click.option("--to", metavar="TIME", required=True, help="The first time that is not meant any more.")
@click.option("--dry-run", is_flag=True, help="Only say what would be started.")
@options.listed
@options.server
def backfill(session: Session, schedule: str, from_: str, to: str, dry_run: bool, format: str) -> None:
    """Start a job for each time of a span that has passed and that has none."""
    with session.client() as client:
        since, before = options.earlier(from_), options.earlier(to)
        done = client.schedules.backfill(schedule, since, before, dry_run=dry_run)  # type: ignore[arg-type]
        show((one.model_dump(mode="json") for one in done.times), TIMES, format, "The span has no time.")


@schedules_command.command("history")
@the_schedule
@options.limit
@options.everything
@options.listed
@options.server
def history(session: Session, schedule: str, limit: int, everything: bool, format: str) -> None:
    """List what became of each time, newest first."""
    from fermata_client import routes

    with session.client() as client:
        most = None if everything else limit
        found = pages(client, routes.SCHEDULES_HISTORY, "firings", most=most, schedule_id=schedule)
        show(found, FIRINGS, format, "No time has come yet.")

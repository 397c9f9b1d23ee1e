"""Pause, resume, cancel, retry and review: one job, several, or all that match."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any

import click

from fermata.cli import options
from fermata.cli.errors import REFUSED, WrongUse
from fermata.cli.job_options import filtered, the_job, the_jobs, wanted, watched
from fermata.cli.output import Column, Row, plain, show
from fermata.cli.session import Session

OUTCOMES: list[Column] = plain("job_id", "status", "outcome", "error")


@click.command("pause")
@the_jobs
@options.reason
@options.until
@filtered
@click.option("--all", "everything", is_flag=True, help="All jobs that can be paused.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--yes", is_flag=True, help="Don't ask before many are paused.")
@options.listed
@options.server
def pause(session: Session, reason: str | None, until: str | None, **asked: Any) -> int:
    """Stop jobs after the units in hand: those named, or all that match.

    With --until they resume by themselves.
    """
    extra = {"reason": reason, "until": options.later(until)}
    return _control(session, "pause", "paused", extra, **asked)


@click.command("resume")
@the_jobs
@options.reason
@filtered
@click.option("--all", "everything", is_flag=True, help="All jobs that are paused.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--yes", is_flag=True, help="Don't ask before many are resumed.")
@options.listed
@options.server
def resume(session: Session, reason: str | None, **asked: Any) -> int:
    """Take away the holds of jobs: of those named, or of all that match.

    Holds on their sources and on the system stay.
    """
    return _control(session, "resume", "resumed", {"reason": reason}, **asked)


@click.command("cancel")
@the_jobs
@options.reason
@filtered
@click.option("--all", "everything", is_flag=True, help="All jobs that are not over.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--yes", is_flag=True, help="Don't ask before many are cancelled.")
@options.listed
@options.server
def cancel(session: Session, reason: str | None, **asked: Any) -> int:
    """End jobs for good: those named, or all that match. Results stay readable."""
    return _control(session, "cancel", "cancelled", {"reason": reason}, **asked)


@click.command("retry")
@the_jobs
@options.reason
@filtered
@click.option("--all", "everything", is_flag=True, help="All jobs that failed or ran out of time.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--yes", is_flag=True, help="Don't ask before many are retried.")
@click.option(
    "--group", metavar="ID", help="Just the units whose errors say the same: a group of `fermata jobs errors`."
)
@click.option("--unfinished", is_flag=True, help="Only what never ran, not what failed.")
@click.option("--units", metavar="NUMBERS", help="Just these units, as 1-5,7.")
@click.option("--stage", metavar="NAME", help="Of the units (default: the first).")
@click.option(
    "--secret", "secrets", metavar="NAME", multiple=True, help="A secret parameter, which went when the job ended."
)
@click.option("--watch", is_flag=True, help="Show its progress until it is over.")
@options.listed
@options.server
def retry(
    session: Session,
    reason: str | None,
    group: str | None,
    unfinished: bool,
    units: str | None,
    stage: str | None,
    secrets: tuple[str, ...],
    watch: bool,
    **asked: Any,
) -> int:
    """Run what failed, and what never ran, again: of one job, of several, or of all that match."""
    if sum(map(bool, (unfinished, units, group))) > 1:
        raise WrongUse("--unfinished, --units and --group exclude each other")
    which = "unfinished" if unfinished else "failed"
    if len(asked["jobs"]) != 1 or asked["dry_run"]:
        if units or group or stage or secrets or watch:
            raise WrongUse("--units, --group, --stage, --secret and --watch are for one job")
        return _control(session, "retry", "retried", {"which": which, "reason": reason}, **asked)
    (job,) = asked["jobs"]
    values = {name: options.secret(name) for name in secrets}
    with session.client() as client:
        client.jobs.retry(
            job,
            which,  # type: ignore[arg-type]
            units=options.units(units),
            stage=stage,
            group=group,
            secrets=values or None,
            reason=reason,
        )
        click.echo(f"{job} runs again.")
        return watched(client, job) if watch else 0


@click.command("review")
@the_job
@click.argument("decision", type=click.Choice(("approve", "reject")))
@click.option("--units", metavar="NUMBERS", help="Approve only these, as 1-5,7.")
@options.reason
@click.option("--watch", is_flag=True, help="Show its progress until it is over.")
@options.server
def review(session: Session, job: str, decision: Any, units: str | None, reason: str | None, watch: bool) -> int:
    """Approve or reject the draft that a job waits with. Rejecting cancels it."""
    with session.client() as client:
        done = client.jobs.review(job, decision, units=options.units(units), reason=reason)
        click.echo(f"{job} is {done.status.replace('_', ' ')}.")
        return watched(client, job) if watch and decision == "approve" else 0


def _control(
    session: Session,
    verb: str,
    past: str,
    extra: dict[str, Any],
    *,
    jobs: tuple[str, ...],
    everything: bool,
    dry_run: bool,
    yes: bool,
    format: str,
    **filter_: Any,
) -> int:
    """Do it to those that are named one after the other, or to all that match at once."""
    matching = wanted(**filter_)
    if bool(jobs) == bool(matching or everything):
        raise WrongUse("name the jobs, or say which by --kind, --status and the like, or --all (and not both)")
    if jobs and dry_run:
        raise WrongUse("--dry-run is for jobs that are said by --kind, --status and the like")
    with session.client() as client:
        if jobs:
            return _each(jobs, lambda job: getattr(client.jobs, verb)(job, **extra), past, format)
        many = getattr(client.jobs, f"{verb}_many")
        if not dry_run and not yes:
            count = sum(one.outcome == "would be done" for one in many(dry_run=True, **extra, **matching))
            _confirm(f"{count} {'job' if count == 1 else 'jobs'} will be {past}. Go on?")
        outcomes = many(dry_run=dry_run, **extra, **matching)
    show((one.model_dump(mode="json") for one in outcomes), OUTCOMES, format, "There is no such job.")
    return REFUSED if any(one.outcome == "failed" for one in outcomes) else 0


def _each(jobs: Iterable[str], do: Callable[[str], Any], past: str, format_: str) -> int:
    """Each of them, whatever becomes of the others; a single one's refusal is the command's."""
    from fermata_client.errors import ApiError

    names, code = list(jobs), 0
    rows: list[Row] = []
    for job in names:
        try:
            done = do(job)
        except ApiError as error:
            if len(names) == 1:
                raise
            code = REFUSED
            if format_ == "table":
                click.echo(f"fermata: {job}: {error}", err=True)
            rows.append({"job_id": job, "status": None, "outcome": "refused", "error": error.message})
            continue
        if format_ == "table":
            click.echo(f"{job} is {_word(done, past)}.")
        rows.append({"job_id": done.id, "status": done.status, "outcome": "done", "error": None})
    if format_ != "table":
        show(rows, OUTCOMES, format_)
    return code


def _word(job: Any, past: str) -> str:
    """What it is now; a pause that is not reached yet is told as one that is under way."""
    if past == "paused" and job.status == "running":
        return "pausing: it stops after the units in hand"
    if past == "resumed" and job.status == "paused":
        others = ", ".join(sorted({hold.scope for hold in job.holds}))
        return f"resumed, and still held: {others}"
    return past


def _confirm(question: str) -> None:
    if not sys.stdin.isatty():
        raise WrongUse("this is done to many jobs at once: say --yes (or look first with --dry-run)")
    click.confirm(question, abort=True, err=True)


COMMANDS = (pause, resume, cancel, retry, review)

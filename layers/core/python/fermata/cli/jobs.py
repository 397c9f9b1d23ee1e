"""``fermata jobs``: every job of the tenant, whichever API it was started by."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fermata.cli import options
from fermata.cli.calls import ask, pages
from fermata.cli.errors import REFUSED, WrongUse
from fermata.cli.output import Column, Row, member, plain, show, show_one
from fermata.cli.session import Session

if TYPE_CHECKING:
    from fermata_client import Client

    from fermata.cli.watching import Subject

FAMILIES = ("batch", "tasks", "processes", "sources", "jobs")
STATUSES = ("pending", "running", "paused", "waiting_review", "completed", "failed", "cancelled", "timed_out")


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
    *plain("source", "limit", "timeout", "max_failed_share", "run"),
    *plain("created_at", "started_at", "finished_at", "active_seconds", "idle_seconds", "result", "error"),
]
EVENTS: list[Column] = plain("number", "at", "type", "status", "data")
RESULTS: list[Column] = plain("stage", "unit", "value", "error", "input")
OUTCOMES: list[Column] = plain("job_id", "status", "outcome", "error")


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


def filtered(function: options.F) -> options.F:
    """Options that say which jobs are meant."""
    for option in (
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
    filter_ = {**given, "status": status or None, "since": from_, "before": to}
    return {name: value for name, value in filter_.items() if value is not None}


@click.group("jobs")
def jobs_command() -> None:
    """Start, watch, steer and list jobs of every kind."""


@jobs_command.command("create")
@click.argument("kind")
@click.option("--params", metavar="JSON", help="Parameters as an object of JSON, or @FILE (@- reads standard input).")
@click.option("-p", "pairs", metavar="NAME=VALUE", multiple=True, help="One parameter; again for more.")
@click.option(
    "--secret",
    "secrets",
    metavar="NAME",
    multiple=True,
    help="A secret parameter, read from FERMATA_SECRET_NAME or asked for.",
)
@click.option("--file", "files", metavar="NAME=PATH", multiple=True, help="A text that the kind reads by name.")
@click.option("--workspace", metavar="NAME", help="Put it into this workspace.")
@click.option("--limit", type=click.IntRange(1, 1000), help="Chunks of units that may run at a time.")
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), help="Seconds at work.")
@click.option("--max-failed-share", type=click.FloatRange(0, 1), help="Of failed units, from which on it is paused.")
@click.option("--key", metavar="KEY", help="Idempotency key: the same key with the same request starts nothing new.")
@click.option("--watch", is_flag=True, help="Show its progress until it is over.")
@options.server
def create(
    session: Session,
    kind: str,
    params: str | None,
    pairs: tuple[str, ...],
    secrets: tuple[str, ...],
    files: tuple[str, ...],
    key: str | None,
    watch: bool,
    **asked: Any,
) -> int:
    """Start a job of a KIND, and print its id.

    `fermata kinds show KIND` says which parameters it takes.
    """
    given = options.parameters(params, pairs, secrets)
    texts = _files(files)
    with session.client() as client:
        job = client.jobs.create(kind, given, files=texts, idempotency_key=key, **asked)
        click.echo(job.id)
        return watched(client, job.id) if watch else 0


@jobs_command.command("list")
@filtered
@options.limit
@options.everything
@options.listed
@options.server
def list_(session: Session, limit: int, everything: bool, format: str, **filter_: Any) -> None:
    """List jobs, newest first."""
    from fermata_client import routes
    from fermata_client.values import text_of

    query = wanted(**filter_)
    query["from"], query["to"] = text_of(query.pop("since", None)), text_of(query.pop("before", None))
    with session.client() as client:
        found = pages(client, routes.JOBS_LIST, "jobs", query, most=None if everything else limit)
        show(found, COLUMNS, format, "There is no such job.")


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


@jobs_command.command("results")
@the_job
@click.option("--stage", metavar="NAME", help="Only of this stage; all unless told otherwise.")
@click.option("--failed", is_flag=True, help="Only failed units.")
@click.option("--follow", is_flag=True, help="Go on until the job is over.")
@click.option("--limit", type=click.IntRange(min=1), help="Show so many at most.")
@options.output("table", "json", "jsonl", "csv")
@options.server
def results(
    session: Session, job: str, stage: str | None, failed: bool, follow: bool, limit: int | None, format: str
) -> None:
    """Show what became of each unit."""
    from itertools import islice

    with session.client() as client:
        found = client.jobs.get(job).results(stage, failed=failed, wait=follow)
        rows = (result.model_dump(mode="json") for result in islice(found, limit))
        show(rows, RESULTS, format, "Nothing is settled yet.")


@jobs_command.command("pause")
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


@jobs_command.command("resume")
@the_jobs
@filtered
@click.option("--all", "everything", is_flag=True, help="All jobs that are paused.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--yes", is_flag=True, help="Don't ask before many are resumed.")
@options.listed
@options.server
def resume(session: Session, **asked: Any) -> int:
    """Take away the holds of jobs: of those named, or of all that match.

    Holds on their sources and on the system stay.
    """
    return _control(session, "resume", "resumed", {}, **asked)


@jobs_command.command("cancel")
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


@jobs_command.command("retry")
@the_job
@click.option("--unfinished", is_flag=True, help="Only what never ran, not what failed.")
@click.option("--units", metavar="NUMBERS", help="Just these units, as 1-5,7.")
@click.option("--stage", metavar="NAME", help="Of the units (default: the first).")
@click.option(
    "--secret", "secrets", metavar="NAME", multiple=True, help="A secret parameter, which went when the job ended."
)
@click.option("--watch", is_flag=True, help="Show its progress until it is over.")
@options.server
def retry(
    session: Session,
    job: str,
    unfinished: bool,
    units: str | None,
    stage: str | None,
    secrets: tuple[str, ...],
    watch: bool,
) -> int:
    """Run what failed, and what never ran, again."""
    if unfinished and units:
        raise WrongUse("--unfinished and --units exclude each other")
    values = {name: options.secret(name) for name in secrets}
    with session.client() as client:
        client.jobs.retry(
            job,
            "unfinished" if unfinished else "failed",
            units=options.units(units),
            stage=stage,
            secrets=values or None,
        )
        click.echo(f"{job} runs again.")
        return watched(client, job) if watch else 0


@jobs_command.command("review")
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


def watched(client: Client, job: str) -> int:
    """Watch a job to its end; the exit code."""
    from fermata.cli.watching import watch

    return watch(client, subject(job))


def subject(job: str) -> Subject:
    from fermata.cli.watching import Subject

    return Subject(job, job, "job", f"fermata jobs watch {job}", f"fermata jobs results {job}")


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
            return _each(jobs, lambda job: getattr(client.jobs, verb)(job, **extra), past)
        many = getattr(client.jobs, f"{verb}_many")
        if not dry_run and not yes:
            count = sum(one.outcome == "would be done" for one in many(dry_run=True, **extra, **matching))
            _confirm(f"{count} {'job' if count == 1 else 'jobs'} will be {past}. Go on?")
        outcomes = many(dry_run=dry_run, **extra, **matching)
    show((one.model_dump(mode="json") for one in outcomes), OUTCOMES, format, "There is no such job.")
    return REFUSED if any(one.outcome == "failed" for one in outcomes) else 0


def _each(jobs: Iterable[str], do: Callable[[str], Any], past: str) -> int:
    """Each of them, whatever becomes of the others; a single one's refusal is the command's."""
    from fermata_client.errors import ApiError

    names, code = list(jobs), 0
    for job in names:
        try:
            done = do(job)
        except ApiError as error:
            if len(names) == 1:
                raise
            click.echo(f"fermata: {job}: {error}", err=True)
            code = REFUSED
            continue
        click.echo(f"{job} is {_word(done, past)}.")
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


def _files(pairs: tuple[str, ...]) -> dict[str, str] | None:
    texts = {}
    for pair in pairs:
        name, mark, path = pair.partition("=")
        if not mark or not name or not path:
            raise WrongUse(f"--file {pair}: say NAME=PATH")
        try:
            texts[name] = Path(path).read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise WrongUse(f"--file {pair}: is not UTF-8: {error}") from None
    return texts or None


def _event_line(event: Row) -> None:
    from fermata.cli.output import cell

    click.echo(f"{event['number']:>4}  {event['at']}  {event['type']:<15} {event['status']:<15} {cell(event['data'])}")

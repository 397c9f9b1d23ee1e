"""What became of a job's units: results, how each stands, the chunks they are in, and what failed ones say."""

from __future__ import annotations

import sys
from itertools import islice

import click

from fermata.cli import options
from fermata.cli.calls import ask, pages
from fermata.cli.errors import WrongUse
from fermata.cli.job_options import the_job
from fermata.cli.output import Column, member, plain, show, show_one
from fermata.cli.session import Session

UNIT_STATUSES = ("pending", "running", "succeeded", "failed")
CHUNK_STATUSES = ("pending", "running", "waiting", "lost", "done")
RESULTS: list[Column] = plain("stage", "unit", "value", "error", "input", "attempts")
UNITS: list[Column] = plain("stage", "unit", "status", "attempts", "started_at", "seconds", "worker", "error", "input")
UNIT: list[Column] = [
    *UNITS[:5],
    *plain("ended_at", "seconds", "worker", "next_attempt_at", "input", "value", "error", "log"),
]
CHUNKS: list[Column] = [
    *plain("stage", "chunk", "status", "first", "last"),
    *((name, member("counts", name)) for name in ("succeeded", "failed", "remaining")),
    *plain("attempts", "strikes", "started_at", "settled_at", "leased_until", "not_before", "worker"),
]
GROUPS: list[Column] = [
    *plain("id", "stage", "count", "message"),
    ("example unit", member("example", "unit")),
    ("example", member("example", "error")),
]

in_stage = click.option("--stage", metavar="NAME", help="Only of this stage; all unless told otherwise.")


@click.command("results")
@the_job
@in_stage
@click.option("--failed", is_flag=True, help="Only failed units.")
@click.option("--follow", is_flag=True, help="Go on until the job is over.")
@click.option("--limit", type=click.IntRange(min=1), help="Show so many at most.")
@options.raw
@options.output("table", "json", "jsonl", "csv")
@options.server
def results(
    session: Session,
    job: str,
    stage: str | None,
    failed: bool,
    follow: bool,
    limit: int | None,
    raw: bool,
    format: str,
) -> None:
    """Show what became of each unit, stage by stage."""
    if raw and format != "csv":
        raise WrongUse("--raw goes with -o csv")
    with session.client() as client:
        if format == "csv" and limit is None and not follow:
            for part in client.jobs.download(job, stage=stage, failed=failed, raw=raw):
                sys.stdout.buffer.write(part)
            return
        found = client.jobs.results(job, stage, failed=failed, wait=follow)
        rows = (result.model_dump(mode="json") for result in islice(found, limit))
        show(rows, RESULTS, format, "Nothing is settled yet.", raw=raw)


@click.command("units")
@the_job
@in_stage
@click.option("--status", type=click.Choice(UNIT_STATUSES), multiple=True, help="Only in this status; again for more.")
@click.option("--chunk", type=click.IntRange(min=0), metavar="NUMBER", help="Only of this chunk of its stage.")
@options.limit
@options.everything
@options.output("table", "json", "jsonl", "csv")
@options.server
def units(
    session: Session,
    job: str,
    stage: str | None,
    status: tuple[str, ...],
    chunk: int | None,
    limit: int,
    everything: bool,
    format: str,
) -> None:
    """Show how each unit stands: its tries, when the last one began, how long it took, who ran it, and its error."""
    from fermata_client import routes

    query = {"stage": stage, "status": list(status) or None, "chunk": chunk}
    with session.client() as client:
        found = pages(client, routes.JOBS_UNITS, "units", query, most=None if everything else limit, job_id=job)
        show(found, UNITS, format, "There is no such unit.")


@click.command("chunks")
@the_job
@in_stage
@click.option("--status", type=click.Choice(CHUNK_STATUSES), multiple=True, help="Only in this status; again for more.")
@options.limit
@options.everything
@options.output("table", "json", "jsonl", "csv")
@options.server
def chunks(
    session: Session, job: str, stage: str | None, status: tuple[str, ...], limit: int, everything: bool, format: str
) -> None:
    """Show how each chunk stands: its units, how far it is, who has it until when, and what it waits for."""
    from fermata_client import routes

    query = {"stage": stage, "status": list(status) or None}
    with session.client() as client:
        found = pages(client, routes.JOBS_CHUNKS, "chunks", query, most=None if everything else limit, job_id=job)
        show(found, CHUNKS, format, "There is no such chunk.")


@click.command("unit")
@the_job
@click.argument("number", type=click.IntRange(min=0))
@click.option("--stage", metavar="NAME", help="Of this stage (default: the first).")
@options.listed
@options.server
def unit(session: Session, job: str, number: int, stage: str | None, format: str) -> None:
    """Show one unit of a job by its NUMBER: its whole input and result, its error and log lines."""
    from fermata_client import routes

    with session.client() as client:
        show_one(ask(client, routes.JOBS_UNIT, {"stage": stage}, job_id=job, number=number), UNIT, format)


@click.command("errors")
@the_job
@options.listed
@options.server
def errors(session: Session, job: str, format: str) -> None:
    """Group a job's errors by what they say, the largest group first.

    `fermata jobs retry JOB --group ID` runs the units of one group again.
    """
    from fermata_client import routes

    with session.client() as client:
        found = ask(client, routes.JOBS_ERRORS, job_id=job)
        show(found["groups"], GROUPS, format, "No unit has failed.")
        if not found["whole"]:
            click.echo("There are more than these.", err=True)


COMMANDS = (results, units, unit, chunks, errors)

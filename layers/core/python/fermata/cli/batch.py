"""``fermata batch``: documents to tag."""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from fermata.cli import options
from fermata.cli.calls import ask
from fermata.cli.documents import documents_of
from fermata.cli.errors import DONE, REFUSED, WrongUse
from fermata.cli.output import Column, Row, cell, member, plain, show, show_made, show_one
from fermata.cli.session import Session
from fermata.domain.cells import harmless

if TYPE_CHECKING:
    from fermata_client import Client

    from fermata.cli.watching import Subject

MODEL_KEY = "FERMATA_MODEL_KEY"
CSV_COLUMNS = ("row", "title", "file_path", "file_source_type", "columns", "tags", "note", "error", "attempts")
"""As the API's own download has them."""

the_batch = click.argument("job", metavar="JOB")

ACTIVE: list[Column] = [
    *plain("job_id", "status"),
    ("done", lambda row: f"{row['processed_count']}/{row['total_documents']}"),
    ("age", lambda row: options.ago(row["started_at"])),
]
FACTS: list[Column] = [
    *plain("job_id", "status", "total_documents", "processed_count", "failed_count"),
    ("progress", lambda row: f"{row['progress']:.1%}"),
]
CHECKED: list[Column] = [
    ("document", member("path")),
    ("readable", lambda row: "yes" if row["valid"] else row["error"]),
    *plain("content_type", "size"),
]
DOCUMENTS: list[Column] = [
    ("row", member("row")),
    ("document", lambda row: row["title"] or row["file_path"] or "?"),
    ("tags, or what went wrong", lambda row: outcome(row)),
]


@click.group("batch")
def batch_command() -> None:
    """Tag documents in batches: start, watch, pause, resume, cancel, read the results."""


@batch_command.command("start")
@click.argument("files", metavar="[FILE]...", nargs=-1)
@click.option("--list-url", metavar="URL", help="Of a list that the server reads; to a million documents.")
@click.option("--watch", is_flag=True, help="Show its progress until it is over.")
@click.option("--job-id", metavar="ID", help="An id of your own; the same request again starts nothing new.")
@click.option("--num-pages", type=int, metavar="N", help="Pages of each document to read (1-10, default 3).")
@click.option("--num-tags", type=int, metavar="N", help="Tags for each document (1-15, default 8).")
@click.option("--exclude", multiple=True, metavar="WORD", help="That no tag may have; again for more.")
@click.option("--model", metavar="NAME", help=f"Model to ask; its key is read from {MODEL_KEY}.")
@click.option("--base-url", metavar="URL", help="Of the OpenAI-compatible API that has the model.")
@click.option(
    "--map",
    "mapping",
    multiple=True,
    metavar="COLUMN=FIELD",
    help="A column of the list onto title, file_path or file_source_type; again for more.",
)
@options.made
@options.server
def start(session: Session, files: tuple[str, ...], watch: bool, format: str, **asked: Any) -> int:
    """Start a batch, and print its id.

    A FILE is a file, folder, pattern or URL; a .csv or .jsonl is a list of documents, its paths relative to itself.
    """
    request = request_of(files, **asked)
    with session.client() as client:
        batch = client.batches.start(**request)
        show_made(batch.id, batch.data.model_dump(mode="json"), FACTS, format)
        if watch:
            return watched(client, batch.id)
    click.echo(f"Watch it: fermata batch status {batch.id} --watch", err=True)
    return 0


def request_of(
    files: tuple[str, ...],
    *,
    list_url: str | None,
    job_id: str | None,
    num_pages: int | None,
    num_tags: int | None,
    exclude: tuple[str, ...],
    model: str | None,
    base_url: str | None,
    mapping: tuple[str, ...],
) -> dict[str, Any]:
    """What the client is asked for. Raises WrongUse."""
    columns = _mapping(mapping)
    if bool(files) == bool(list_url):
        raise WrongUse("name the documents, or a list of them by --list-url (and not both)")
    config = {
        "num_pages": num_pages,
        "num_tags": num_tags,
        "exclusion_words": list(exclude) or None,
        "model_name": model,
        "base_url": base_url,
        "api_key": os.environ.get(MODEL_KEY) if model else None,
    }
    return {
        "documents": documents_of(files, columns) or None,
        "documents_url": list_url,
        "config": {name: value for name, value in config.items() if value is not None},
        "column_mapping": columns,
        "job_id": job_id,
    }


@batch_command.command("check")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@options.listed
@options.server
def check(session: Session, files: tuple[str, ...], format: str) -> int:
    """Ask whether the server can read documents, named as for start; 500 at most. Exit code 1 where it can't read all."""
    paths = [str(row["file_path"]) for row in documents_of(files)]
    with session.client() as client:
        found = client.batches.check(paths)
    show([one.model_dump(mode="json") for one in found.results], CHECKED, format)
    return REFUSED if found.invalid_count else DONE


@batch_command.command("list")
@options.listed
@options.server
def list_(session: Session, format: str) -> None:
    """List your batches that are not over, newest first."""
    _show_active(session, format)


@batch_command.command("status")
@click.argument("job", metavar="[JOB]", required=False)
@click.option("--watch", is_flag=True, help="Until it is over.")
@options.listed
@options.server
def status(session: Session, job: str | None, watch: bool, format: str) -> int:
    """Show how a batch stands, or all of yours that are not over."""
    from fermata_client import routes

    if job is None:
        if watch:
            raise WrongUse("--watch needs the id of a batch")
        _show_active(session, format)
        return 0
    with session.client() as client:
        if watch:
            return watched(client, job)
        if format == "table":
            click.echo(client.batches.get(job))
        else:
            show_one(ask(client, routes.BATCHES_STATUS, job_id=job), FACTS, format)
    return 0


@batch_command.command("watch")
@the_batch
@options.server
def watch_(session: Session, job: str) -> int:
    """Watch a batch until it is over. Ctrl-C ends the watching, not the batch."""
    with session.client() as client:
        return watched(client, job)


@batch_command.command("pause")
@the_batch
@options.reason
@options.server
def pause(session: Session, job: str, reason: str | None) -> None:
    """Stop after the documents in hand."""
    with session.client() as client:
        click.echo(client.batches.pause(job, reason=reason).message)


@batch_command.command("resume")
@the_batch
@options.reason
@options.server
def resume(session: Session, job: str, reason: str | None) -> None:
    """Go on where it stopped."""
    with session.client() as client:
        click.echo(client.batches.resume(job, reason=reason).message)


@batch_command.command("cancel")
@the_batch
@options.reason
@options.server
def cancel(session: Session, job: str, reason: str | None) -> None:
    """Stop for good; results are kept."""
    with session.client() as client:
        click.echo(client.batches.cancel(job, reason=reason).message)


@batch_command.command("results")
@the_batch
@options.output("table", "json", "jsonl", "csv")
@click.option("--follow", is_flag=True, help="Go on until the batch is over.")
@options.raw
@options.server
def results(session: Session, job: str, format: str, follow: bool, raw: bool) -> None:
    """Show the tags of each document, or what went wrong with it."""
    if raw and (format != "csv" or follow):
        raise WrongUse("--raw goes with -o csv, and not with --follow")
    with session.client() as client:
        if format in ("csv", "jsonl") and not follow:
            for part in client.batches.download(job, "csv" if format == "csv" else "jsonl", raw=raw):
                sys.stdout.buffer.write(part)
            sys.stdout.buffer.flush()
            return
        rows = (document.model_dump(mode="json") for document in client.batches.results(job, wait=follow))
        if follow and format in ("csv", "table"):
            _stream(rows, format)
        else:
            show(rows, DOCUMENTS, format, "Nothing is settled yet.")


def watched(client: Client, job: str) -> int:
    """Watch a batch to its end; the exit code."""
    from fermata.cli.watching import watch

    return watch(client, subject(job))


def subject(job: str) -> Subject:
    from fermata.cli.watching import Subject

    again, shown = f"fermata batch status {job} --watch", f"fermata batch results {job}"
    return Subject(job, f"batch:{job}", "batch", again, shown, "documents")


def outcome(row: Row) -> str:
    """Its tags, or what went wrong."""
    return (
        f"failed: {row['error']}" if row["error"] is not None else ", ".join(row["tags"] or ()) or row.get("note") or ""
    )


def _stream(rows: Iterable[Row], format_: str) -> None:
    """Write each row as soon as there is one."""
    writer = csv.DictWriter(sys.stdout, CSV_COLUMNS)
    if format_ == "csv":
        writer.writeheader()
    for row in rows:
        if format_ == "csv":
            columns = json.dumps(row["columns"], ensure_ascii=False) if row["columns"] else ""
            cells = {**row, "columns": columns, "tags": "; ".join(row["tags"] or ())}
            writer.writerow({name: harmless(cell_) for name, cell_ in cells.items()})
        else:
            print(f"{row['row']}  {cell(row['title'] or row['file_path'] or '?')}: {cell(outcome(row))}")
        sys.stdout.flush()


def _show_active(session: Session, format_: str) -> None:
    from fermata_client import routes

    with session.client() as client:
        show(ask(client, routes.BATCHES_ACTIVE)["jobs"], ACTIVE, format_, "No batch is under way.")


def _mapping(given: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for text in given:
        column, mark, field = text.rpartition("=")
        if not mark or not column or not field:
            raise WrongUse(f"--map {text}: say COLUMN=FIELD")
        pairs[column] = field
    return pairs

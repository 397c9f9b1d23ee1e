"""``fermata sources``: documents to extract and index."""

from __future__ import annotations

from pathlib import Path

import click

from fermata.cli import options
from fermata.cli.calls import ask, pages
from fermata.cli.errors import WrongUse
from fermata.cli.output import Column, plain, show, show_made, show_one
from fermata.cli.session import Session

COLUMNS: list[Column] = [
    *plain("source_id", "title", "status", "paused"),
    ("age", lambda row: options.ago(row["created_at"])),
    ("error", lambda row: row["error"]),
]
FACTS = plain(
    "source_id",
    "title",
    "uri",
    "workspace_id",
    "status",
    "paused",
    "paused_at",
    "reason",
    "error",
    "job_id",
    "created_at",
)

the_source = click.argument("source", metavar="SOURCE")
the_sources = click.argument("sources", metavar="SOURCE...", nargs=-1, required=True)


@click.group("sources")
def sources_command() -> None:
    """Documents to extract and index."""


@sources_command.command("create")
@click.argument("place", metavar="URL_OR_FILE")
@click.option("--title", help="Shown with what is found (default: the last part of its name).")
@click.option("--workspace", metavar="NAME", help="Put it into this workspace.")
@click.option("--watch", is_flag=True, help="Show its progress until it is over.")
@options.made
@options.server
def create(session: Session, place: str, title: str | None, workspace: str | None, watch: bool, format: str) -> int:
    """Give a source, and print its id: a URL that the server reads, or a file of text or Markdown."""
    if "://" in place:
        uri, text = place, None
    else:
        try:
            uri, text = None, Path(place).read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            raise WrongUse(
                f"{place} is not text in UTF-8; give other documents by a URL that the server reads"
            ) from None
    with session.client() as client:
        name = title or place.rstrip("/").rpartition("/")[2] or place
        source = client.sources.create(name, uri=uri, text=text, workspace=workspace)
        show_made(source.id, source.data.model_dump(mode="json"), FACTS, format)
        return _watched(session, source.id) if watch else 0


@sources_command.command("list")
@click.option("--workspace", metavar="NAME", help="Only of this workspace.")
@options.limit
@options.everything
@options.listed
@options.server
def list_(session: Session, workspace: str | None, limit: int, everything: bool, format: str) -> None:
    """List sources, newest first."""
    from fermata_client import routes

    with session.client() as client:
        query = {"workspace_id": workspace}
        found = pages(client, routes.SOURCES_LIST, "sources", query, most=None if everything else limit)
        show(found, COLUMNS, format, "There is no source.")


@sources_command.command("show")
@the_source
@options.listed
@options.server
def show_(session: Session, source: str, format: str) -> None:
    """Show a source, and how far its processing is."""
    from fermata_client import routes

    with session.client() as client:
        show_one(ask(client, routes.SOURCES_READ, source_id=source), FACTS, format)


@sources_command.command("watch")
@the_source
@options.server
def watch(session: Session, source: str) -> int:
    """Watch a source until it is processed. Ctrl-C ends the watching, not the processing."""
    return _watched(session, source)


@sources_command.command("pause")
@the_sources
@options.reason
@options.until
@options.server
def pause(session: Session, sources: tuple[str, ...], reason: str | None, until: str | None) -> None:
    """Pause sources: nothing of them is started; what runs stops after the unit in hand."""
    ends = options.later(until)
    with session.client() as client:
        if len(sources) == 1:
            client.sources.pause(sources[0], reason=reason, until=ends)
            click.echo(f"{sources[0]} is paused.")
        else:
            count = client.sources.pause_many(sources, reason=reason, until=ends)
            click.echo(f"{count} of {len(set(sources))} are paused.")


@sources_command.command("resume")
@the_sources
@options.reason
@options.server
def resume(session: Session, sources: tuple[str, ...], reason: str | None) -> None:
    """Resume sources: what is left is queued again at once."""
    with session.client() as client:
        if len(sources) == 1:
            client.sources.resume(sources[0], reason=reason)
            click.echo(f"{sources[0]} is resumed.")
        else:
            click.echo(f"{client.sources.resume_many(sources, reason=reason)} of {len(set(sources))} are resumed.")


@sources_command.command("delete")
@the_source
@options.reason
@options.server
def delete(session: Session, source: str, reason: str | None) -> None:
    """Delete a source: its processing is cancelled, and its passages leave the index."""
    with session.client() as client:
        client.sources.delete(source, reason=reason)
        click.echo(f"{source} is deleted.")


def _watched(session: Session, source: str) -> int:
    from fermata.cli.watching import Subject, watch

    with session.client() as client:
        job = client.sources.get(source).data.job_id
        return watch(client, Subject(source, job, "source", f"fermata sources watch {source}"))

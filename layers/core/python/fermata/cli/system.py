"""``fermata system``: all processing of a tenant at once."""

from __future__ import annotations

import click

from fermata.cli import options
from fermata.cli.calls import ask
from fermata.cli.output import plain, show, show_one
from fermata.cli.session import Session

TYPES = ("pause", "resume", "health_change", "task_failed", "recovery")
STATUS = plain("paused", "paused_at", "reason")
EVENTS = plain("created_at", "event_type", "database_name", "about", "reason", "id")


@click.group("system")
def system_command() -> None:
    """All processing of a tenant at once. Pausing, resuming and clearing need the scope admin."""


@system_command.command("status")
@options.listed
@options.server
def status(session: Session, format: str) -> None:
    """Show whether all processing is paused."""
    from fermata_client import routes

    with session.client() as client:
        show_one(ask(client, routes.SYSTEM_STATUS), STATUS, format)


@system_command.command("pause")
@options.reason
@options.until
@options.server
def pause(session: Session, reason: str | None, until: str | None) -> None:
    """Pause all processing: nothing new starts, and the units in hand end."""
    with session.client() as client:
        client.system.pause(reason=reason, until=options.later(until))
        click.echo("All processing is paused.")


@system_command.command("resume")
@options.reason
@options.server
def resume(session: Session, reason: str | None) -> None:
    """Resume all processing. What was paused by itself stays so."""
    with session.client() as client:
        client.system.resume(reason=reason)
        click.echo("All processing is resumed.")


@system_command.command("show")
@options.listed
@options.server
def overview(session: Session, format: str) -> None:
    """Show the tenant's limits and how full the queues are, which needs the scope admin."""
    from fermata_client import routes

    with session.client() as client:
        show_one(ask(client, routes.SYSTEM_READ), plain("version", "limits", "queues"), format)


@system_command.command("events")
@click.option("--type", "type_", type=click.Choice(TYPES), help="Only of this type.")
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True, help="Show so many at most.")
@options.listed
@options.server
def events(session: Session, type_: str | None, limit: int, format: str) -> None:
    """List the most recent events, in the order they happened."""
    from fermata_client import routes

    with session.client() as client:
        found = ask(client, routes.SYSTEM_EVENTS, {"event_type": type_, "limit": limit, "about": True})
        show(found, EVENTS, format, "There is no event.")


@system_command.command("clear-events")
@options.server
def clear_events(session: Session) -> None:
    """Remove all events. The audit log stays as it is."""
    with session.client() as client:
        click.echo(f"{client.system.clear_events()} events are removed.")


@system_command.command("health")
@options.listed
@options.server
def health(session: Session, format: str) -> None:
    """Show whether the server answers, and its version."""
    from fermata_client import routes

    with session.client() as client:
        show_one(ask(client, routes.HEALTH), plain("status", "version"), format)

"""``fermata webhooks``: receivers that are told of what happens."""

from __future__ import annotations

from typing import Any

import click

from fermata.cli import options
from fermata.cli.calls import ask, pages
from fermata.cli.output import Column, plain, show, show_one
from fermata.cli.session import Session

COLUMNS: list[Column] = plain("id", "name", "url", "events", "state", "failing_since")
FACTS: list[Column] = [
    *plain("id", "name", "url", "user", "events", "kinds", "workspaces", "labels", "format", "state"),
    *plain("disabled_at", "disabled_reason", "failures", "failing_since", "resting_until", "old_secret_until"),
    *plain("created_at", "updated_at"),
]
DELIVERIES: list[Column] = [
    *plain("id", "type", "job_id", "state", "at"),
    ("attempts", lambda row: len(row["attempts"])),
    ("status", lambda row: row["attempts"][-1]["status"] if row["attempts"] else None),
    ("seconds", lambda row: row["attempts"][-1]["seconds"] if row["attempts"] else None),
    ("error", lambda row: row["reason"] or (row["attempts"][-1]["error"] if row["attempts"] else None)),
    *plain("next_attempt_at"),
]
DELIVERY: list[Column] = [*plain("id", "type", "state", "at", "next_attempt_at", "reason", "attempts", "event")]

the_webhook = click.argument("webhook", metavar="WEBHOOK")


def filters(function: options.F) -> options.F:
    """Options that say what a webhook hears of."""
    for option in (
        click.option("--label", "labels", metavar="NAME=VALUE", multiple=True, help="Only of jobs with this label."),
        click.option("--workspace", "workspaces", metavar="NAME", multiple=True, help="Only of this workspace."),
        click.option("--kind", "kinds", metavar="KIND", multiple=True, help="Only of jobs of this kind."),
        click.option(
            "--event", "events", metavar="TYPE", multiple=True, help="As job.failed or 'job.*'; again for more."
        ),
        click.option("--format", "shape", type=click.Choice(("json", "slack")), help="Of what it is sent."),
    ):
        function = option(function)
    return function


@click.group("webhooks")
def webhooks_command() -> None:
    """Tell others of what happens, by signed requests. Needs the scope admin."""


@webhooks_command.command("create")
@click.argument("name")
@click.argument("receiver", metavar="URL")
@filters
@click.option("--key", metavar="KEY", help="Idempotency key: the same key with the same request makes nothing new.")
@options.server
def create(session: Session, name: str, receiver: str, key: str | None, **asked: Any) -> None:
    """Have a URL told of what happens, and print the webhook's secret, once.

    Without --event it hears of everything.
    """
    with session.client() as client:
        made = client.webhooks.create(name, receiver, idempotency_key=key, **_asked(asked))
    if made.secret is not None:
        click.echo(made.secret)
    click.echo(f"{made.id}: its secret is shown this once.", err=True)


@webhooks_command.command("list")
@options.listed
@options.server
def list_(session: Session, format: str) -> None:
    """List webhooks, and how their receivers are."""
    from fermata_client import routes

    with session.client() as client:
        show(ask(client, routes.WEBHOOKS_LIST)["webhooks"], COLUMNS, format, "There is no webhook.")


@webhooks_command.command("show")
@the_webhook
@options.listed
@options.server
def show_(session: Session, webhook: str, format: str) -> None:
    """Show all there is to know of a webhook, but for its secret."""
    from fermata_client import routes

    with session.client() as client:
        show_one(ask(client, routes.WEBHOOKS_READ, webhook_id=webhook), FACTS, format)


@webhooks_command.command("change")
@the_webhook
@click.option("--name", metavar="NAME", help="For people.")
@click.option("--receiver", "address", metavar="URL", help="Where it is.")
@filters
@options.server
def change(session: Session, webhook: str, name: str | None, address: str | None, **asked: Any) -> None:
    """Change a webhook; what is left out stays."""
    changes = _asked(asked) | {"name": name, "url": address}
    with session.client() as client:
        client.webhooks.change(webhook, **{name: value for name, value in changes.items() if value is not None})
        click.echo(f"{webhook} is changed.")


@webhooks_command.command("enable")
@the_webhook
@options.reason
@options.server
def enable(session: Session, webhook: str, reason: str | None) -> None:
    """Let it hear of what happens from now on."""
    with session.client() as client:
        client.webhooks.enable(webhook, reason=reason)
        click.echo(f"{webhook} is enabled.")


@webhooks_command.command("disable")
@the_webhook
@options.reason
@options.server
def disable(session: Session, webhook: str, reason: str | None) -> None:
    """Send it nothing more; what waits is given up, and may be sent again."""
    with session.client() as client:
        client.webhooks.disable(webhook, reason=reason)
        click.echo(f"{webhook} is disabled.")


@webhooks_command.command("delete")
@the_webhook
@options.reason
@options.server
def delete(session: Session, webhook: str, reason: str | None) -> None:
    """Send it nothing more, and forget what it was sent."""
    with session.client() as client:
        client.webhooks.delete(webhook, reason=reason)
        click.echo(f"{webhook} is deleted.")


@webhooks_command.command("test")
@the_webhook
@options.server
def test(session: Session, webhook: str) -> None:
    """Send it an event that says nothing, and print the delivery's id."""
    with session.client() as client:
        click.echo(client.webhooks.test(webhook).id)


@webhooks_command.command("secret")
@the_webhook
@click.option("--overlap-hours", type=click.IntRange(0, 168), help="The old one signs as well (default: 24).")
@options.server
def secret(session: Session, webhook: str, overlap_hours: int | None) -> None:
    """Make a new secret, and print it, once. `notify` names what signs for all addresses that jobs name."""
    with session.client() as client:
        made = client.webhooks.rotate_secret(webhook, overlap_hours=overlap_hours)
    click.echo(made.secret)
    until = f"; the one before signs until {made.old_secret_until:%Y-%m-%d %H:%M} UTC" if made.old_secret_until else ""
    click.echo(f"{made.id}: shown this once{until}.", err=True)


@webhooks_command.command("deliveries")
@the_webhook
@click.option("--state", type=click.Choice(("pending", "dead")), help="Only what waits, or was given up.")
@options.limit
@options.everything
@options.listed
@options.server
def deliveries(session: Session, webhook: str, state: str | None, limit: int, everything: bool, format: str) -> None:
    """List what it was sent, newest first."""
    from fermata_client import routes

    query = {"state": state} if state else {}
    with session.client() as client:
        most = None if everything else limit
        found = pages(client, routes.WEBHOOKS_DELIVERIES, "deliveries", query, most=most, webhook_id=webhook)
        show(found, DELIVERIES, format, "It was sent nothing.")


@webhooks_command.command("delivery")
@the_webhook
@click.argument("delivery")
@options.listed
@options.server
def delivery_(session: Session, webhook: str, delivery: str, format: str) -> None:
    """Show a delivery, with the event and each attempt."""
    from fermata_client import routes

    with session.client() as client:
        found = ask(client, routes.WEBHOOKS_DELIVERY, webhook_id=webhook, delivery_id=delivery)
        show_one(found, DELIVERY, format)


@webhooks_command.command("resend")
@the_webhook
@click.argument("deliveries", metavar="[DELIVERY]...", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All that were given up.")
@options.server
def resend(session: Session, webhook: str, deliveries: tuple[str, ...], every: bool) -> None:
    """Send deliveries again that were given up."""
    if every == bool(deliveries):
        raise click.UsageError("name deliveries, or --all")
    with session.client() as client:
        if len(deliveries) == 1:
            click.echo(f"{client.webhooks.resend(webhook, deliveries[0]).id} is sent again.")
            return
        done = client.webhooks.resend_all(webhook, None if every else deliveries)
        count = done.count
        while every and done.more and done.count:
            done = client.webhooks.resend_all(webhook)
            count += done.count
        click.echo(f"{count} {'delivery is' if count == 1 else 'deliveries are'} sent again.")


def _asked(options_: dict[str, Any]) -> dict[str, Any]:
    """What was said of a webhook, by the names of the route; None where nothing was."""
    labels = options.assigned("a label", options_["labels"])
    given = {name: [*options_[name]] or None for name in ("events", "kinds", "workspaces")}
    return given | {"labels": labels or None, "format": options_["shape"]}

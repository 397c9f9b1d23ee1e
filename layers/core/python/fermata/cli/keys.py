"""``fermata keys``: API keys of the tenant."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fermata.cli import options
from fermata.cli.calls import ask
from fermata.cli.cloud import of_stack, outputs_of
from fermata.cli.errors import WrongUse
from fermata.cli.output import Column, Row, member, plain, show, show_one
from fermata.cli.session import Session
from fermata.cli.token import scopes_of, whoami
from fermata.domain.access import CONTROL, READ, SCOPES

if TYPE_CHECKING:
    from fermata.control.api_keys import Keyring


def _scopes(row: Row) -> str:
    return ",".join(row["scopes"])


def _last_used(row: Row) -> str:
    return row["last_used_at"] or "never"


COLUMNS: list[Column] = [
    *plain("id", "user"),
    ("scopes", _scopes),
    *plain("state", "created_at", "expires_at"),
    ("last used", _last_used),
    ("label", member("label")),
]

new_user = click.option("--user", help="Whose it is; what it starts is this user's (default: you).")
new_label = click.option("--label", default="", help="What it is for, in at most 100 characters.")
new_expiry = click.option(
    "--expires", metavar="TIME", help="When it is good no more: a time, or how long (90d). Default: never."
)


@click.group("keys")
def keys_command() -> None:
    """Create, list and revoke API keys of the tenant. Needs the scope admin.

    The first key of a stack that nobody can call yet is made by `fermata keys bootstrap`.
    """


@keys_command.command("create")
@new_user
@click.option(
    "--scope", multiple=True, metavar="SCOPE", help="read, control or admin; again for more (default: read, control)."
)
@new_label
@new_expiry
@options.listed
@options.server
def create(
    session: Session, user: str | None, scope: tuple[str, ...], label: str, expires: str | None, format: str
) -> None:
    """Make a key and show it, once."""
    scopes = scopes_of(scope, (READ, CONTROL))
    with session.client() as client:
        made = client.keys.create(user, scopes=scopes, label=label, expires_at=options.later(expires))
    if format != "table":
        show_one(made.model_dump(mode="json"), [("key", member("key")), *COLUMNS], format)
        return
    _shown_once(made.id, made.key)


@keys_command.command("list")
@options.listed
@options.server
def list_(session: Session, format: str) -> None:
    """List all keys of the tenant, revoked ones too, with when each was last used."""
    from fermata_client import routes

    with session.client() as client:
        show(ask(client, routes.KEYS_LIST)["keys"], COLUMNS, format, "The tenant has no keys.")


@keys_command.command("revoke")
@click.argument("key", metavar="KEY")
@options.reason
@options.server
def revoke(session: Session, key: str, reason: str | None) -> None:
    """Have a KEY, by its id, accepted no longer; sessions that it has opened are over."""
    with session.client() as client:
        click.echo(f"{client.keys.revoke(key, reason=reason).id} is revoked.")


@keys_command.command("bootstrap")
@click.option("--tenant", default="default", show_default=True, help="Of this tenant.")
@new_user
@click.option("--scope", multiple=True, metavar="SCOPE", help="read, control or admin; again for more (default: all).")
@new_label
@new_expiry
@of_stack
def bootstrap(
    tenant: str,
    user: str | None,
    scope: tuple[str, ...],
    label: str,
    expires: str | None,
    stack: str | None,
    state_dir: Path | None,
) -> None:
    """Make a tenant's first key, straight in the stack's table, with your AWS credentials.

    For a stack that nobody can call yet, or whose last administrator's key is lost. It is in the audit log as `cli:you`. All
    other keys are made over HTTP: fermata keys create.
    """
    from fermata.control.api_keys import check_new
    from fermata.domain.errors import InvalidInput

    owner = whoami() if user is None else user
    scopes, lasts = frozenset(scopes_of(scope, SCOPES)), options.seconds_until(expires, "--expires")
    try:
        check_new(owner, scopes, label, lasts)
    except InvalidInput as error:
        raise WrongUse(f"--{error}") from None
    with _keyring(tenant, stack, state_dir) as ring:
        made, key = ring.create(owner, scopes, label, lasts)
    _shown_once(made.id, key)


def _shown_once(id_: str, key: str) -> None:
    click.echo(key)
    click.echo(f"{id_}: shown this once, and stored as a hash only.", err=True)


@contextmanager
def _keyring(tenant: str, stack: str | None, state_dir: Path | None) -> Iterator[Keyring]:
    """The tenant's keys, as you handle them. Raises WrongUse, Unreachable, NotFound and Refused."""
    from fermata.adapters.aws.anchors import S3Anchors
    from fermata.adapters.aws.api_keys import DynamoKeys
    from fermata.adapters.aws.clients import Clients, SystemClock
    from fermata.adapters.aws.secrets import KmsSecrets
    from fermata.adapters.aws.store import DynamoStore
    from fermata.api.auth import TENANT
    from fermata.control.api_keys import MAX_USER, Keyring
    from fermata.domain.events import Actor

    if not TENANT.fullmatch(tenant):
        raise WrongUse("--tenant: 1 to 64 of A-Z a-z 0-9 . _ -")
    with outputs_of(stack, state_dir) as outputs:
        clients, table = Clients(), outputs["TableName"]
        secrets = KmsSecrets(outputs["KeyId"], clients, outputs["MacKeyId"])
        anchors = S3Anchors(outputs["AuditBucketName"], clients)
        store = DynamoStore(table, clients, key_of=secrets.key, anchors=anchors)
        actor = Actor(tenant, f"cli:{whoami()}"[:MAX_USER])
        yield Keyring(DynamoKeys(table, clients), store, SystemClock(), actor)

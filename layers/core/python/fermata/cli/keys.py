"""``fermata keys``: API keys of the local stack, or of one on AWS."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fermata.cli import options
from fermata.cli.cloud import of_stack, outputs_of
from fermata.cli.errors import WrongUse
from fermata.cli.output import Column, plain, show
from fermata.cli.token import scopes_of, whoami
from fermata.domain.access import CONTROL, READ

if TYPE_CHECKING:
    from fermata.control.api_keys import Keyring
    from fermata.domain.access import ApiKey

COLUMNS: list[Column] = [*plain("id", "user", "scopes", "created_at", "state", "last_used", "label")]
of_tenant = click.option("--tenant", default="default", show_default=True, help="Of this tenant.")


@click.group("keys")
def keys_command() -> None:
    """Create, list and revoke API keys of a stack that you can reach into: the local one, or one on AWS."""


@keys_command.command("create")
@click.option("--user", default=None, help="Whose it is; what it starts is this user's (default: you).")
@click.option(
    "--scope", multiple=True, metavar="SCOPE", help="read, control or admin; again for more (default: read, control)."
)
@click.option("--label", default="", help="What it is for, in at most 100 characters.")
@click.option("--days", type=float, default=None, help="After which it is good no more (default: it stays good).")
@of_tenant
@of_stack
def create(
    user: str | None,
    scope: tuple[str, ...],
    label: str,
    days: float | None,
    tenant: str,
    stack: str | None,
    state_dir: Path | None,
) -> None:
    """Make a key and show it, once."""
    from fermata.control.api_keys import DAY, check_new
    from fermata.domain.errors import InvalidInput

    user = whoami() if user is None else user
    scopes = frozenset(scopes_of(scope, (READ, CONTROL)))
    lasts = days * DAY if days is not None else None
    try:
        check_new(user, scopes, label, lasts)
    except InvalidInput as error:
        raise WrongUse(f"--{error}") from None
    with _keyring(tenant, stack, state_dir) as ring:
        made, key = ring.create(user, scopes, label, lasts)
    click.echo(key)
    click.echo(f"{made.id}: shown this once, and stored as a hash only.", err=True)


@keys_command.command("list")
@of_tenant
@options.listed
@of_stack
def list_(tenant: str, format: str, stack: str | None, state_dir: Path | None) -> None:
    """List all keys of a tenant, revoked ones too."""
    from fermata.api.formatting import zoned_time

    with _keyring(tenant, stack, state_dir) as ring:
        found = ring.all()
    rows: list[dict[str, Any]] = [
        {
            "id": key.id,
            "user": key.user,
            "scopes": ",".join(sorted(key.scopes)),
            "created_at": zoned_time(key.created_at),
            "state": _state(key, time.time(), zoned_time),
            "last_used": zoned_time(key.used_at) if key.used_at is not None else "never",
            "label": key.label,
        }
        for key in found
    ]
    show(rows, COLUMNS, format, f"The tenant {tenant} has no keys.")


def _state(key: ApiKey, now: float, shown: Callable[[float], str]) -> str:
    if key.revoked_at is not None:
        return f"revoked {shown(key.revoked_at)}"
    if key.expires_at is None:
        return "good"
    return f"{'expires' if key.is_good(now) else 'expired'} {shown(key.expires_at)}"


@keys_command.command("revoke")
@click.argument("key")
@of_tenant
@of_stack
def revoke(key: str, tenant: str, stack: str | None, state_dir: Path | None) -> None:
    """Have a KEY, by its id, accepted no longer."""
    with _keyring(tenant, stack, state_dir) as ring:
        click.echo(f"{ring.revoke(key).id} is revoked.")


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

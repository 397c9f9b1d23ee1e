"""``fermata keys``: API keys of the local stack, or of one on AWS."""

from __future__ import annotations

import argparse
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from fermata.api.auth import MAX_USER, TENANT
from fermata.api.formatting import zoned_time
from fermata.cli.cloud import add_stack, outputs_of
from fermata.cli.endpoints import whoami
from fermata.cli.errors import WrongUse
from fermata.cli.token import scopes_of
from fermata.domain.access import ApiKey, digest
from fermata.domain.events import Actor, Mutation
from fermata.ports import AddAudit, Keys, Store


@dataclass(frozen=True)
class Keyring:
    """The keys of one tenant, and where what is done to them is recorded."""

    keys: Keys
    store: Store
    tenant: str

    def create(self, user: str, scopes: frozenset[str]) -> tuple[ApiKey, str]:
        """A new key: its record, and the key itself, which nobody can find out later."""
        key = f"sk_{secrets.token_urlsafe(32)}"
        made = ApiKey(f"key_{secrets.token_hex(6)}", self.tenant, user, scopes, digest(key), time.time())
        self.keys.add(made)
        self._record("keys.create", made.id)
        return made, key

    def revoke(self, key_id: str) -> ApiKey:
        """From now on the key is not accepted. Raises NotFound."""
        revoked = self.keys.revoke(self.tenant, key_id, time.time())
        self._record("keys.revoke", key_id)
        return revoked

    def _record(self, action: str, target: str) -> None:
        actor = Actor(self.tenant, f"cli:{whoami()}"[:MAX_USER])
        self.store.write(AddAudit(Mutation(actor, action, target, time.time())))


def add(commands: Any) -> None:
    parser = commands.add_parser("keys", help="create, list and revoke API keys")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    create = _verb(verbs, "create", "make a key and show it, once", _create)
    create.add_argument("--user", default=whoami(), help="whose it is; batches that it starts are this user's")
    create.add_argument("--scope", action="append", metavar="SCOPE", help="read, control or admin (default: all)")
    _verb(verbs, "list", "all keys of a tenant, revoked ones too", _list)
    revoke = _verb(verbs, "revoke", "have a key accepted no longer", _revoke)
    revoke.add_argument("id", metavar="ID", help="as `fermata keys list` shows it")


def _verb(verbs: Any, name: str, help_: str, run: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=help_, description=help_)
    parser.add_argument("--tenant", default="default")
    add_stack(parser)
    parser.set_defaults(run=run)
    return parser


def _create(arguments: argparse.Namespace) -> None:
    scopes = frozenset(scopes_of(arguments.scope))
    if not 0 < len(arguments.user) <= MAX_USER or not arguments.user.isprintable():
        raise WrongUse(f"--user: 1 to {MAX_USER} printable characters")
    with _keyring(arguments) as ring:
        made, key = ring.create(arguments.user, scopes)
    print(key)
    print(f"{made.id}: shown this once, and stored as a hash only.", file=_told())


def _list(arguments: argparse.Namespace) -> None:
    with _keyring(arguments) as ring:
        found = ring.keys.all(arguments.tenant)
    for key in found:
        state = "good" if key.revoked_at is None else f"revoked {zoned_time(key.revoked_at)}"
        print(f"{key.id}  {key.user}  {','.join(sorted(key.scopes))}  created {zoned_time(key.created_at)}  {state}")
    if not found:
        print(f"The tenant {arguments.tenant} has no keys.", file=_told())


def _revoke(arguments: argparse.Namespace) -> None:
    with _keyring(arguments) as ring:
        print(f"{ring.revoke(arguments.id).id} is revoked.")


@contextmanager
def _keyring(arguments: argparse.Namespace) -> Iterator[Keyring]:
    from fermata.adapters.aws.api_keys import DynamoKeys
    from fermata.adapters.aws.clients import Clients
    from fermata.adapters.aws.store import DynamoStore

    if not TENANT.fullmatch(arguments.tenant):
        raise WrongUse("--tenant: 1 to 64 of A-Z a-z 0-9 . _ -")
    with outputs_of(arguments) as outputs:
        clients = Clients()
        table = outputs["TableName"]
        yield Keyring(DynamoKeys(table, clients), DynamoStore(table, clients), arguments.tenant)


def _told() -> Any:
    import sys

    return sys.stderr

"""The API keys that every local stack knows."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from fermata.cli.cloud import reaching
from fermata.domain.access import READ, SCOPES, ApiKey, digest
from fermata.domain.errors import Stale
from fermata.ports import Keys

if TYPE_CHECKING:
    from fermata.local.stack import Stack

SEEDS = (
    ("sk_test_123456", "default", SCOPES),
    ("sk_test_readonly", "default", frozenset({READ})),
    ("sk_test_other", "other", SCOPES),
)
"""Key, tenant, scopes. They are published here, so nothing but a stack on one's own computer may know them."""


def seed(stack: Stack) -> None:
    """Have the local stack know its keys. One that is there already, revoked ones too, stays as it is."""
    from fermata.adapters.aws.api_keys import DynamoKeys

    with reaching(stack):
        put(DynamoKeys(stack.outputs["TableName"]))


def put(keys: Keys) -> None:
    for key, tenant, scopes in SEEDS:
        name = key.removeprefix("sk_")
        with suppress(Stale):
            keys.add(ApiKey(name, tenant, name, scopes, digest(key), time.time()))

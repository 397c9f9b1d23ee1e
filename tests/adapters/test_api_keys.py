"""API keys, over the memory and over AWS."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from unittest import mock

import pytest
from fermata.adapters.aws.api_keys import DynamoKeys
from fermata.adapters.aws.clients import Clients
from fermata.adapters.aws.request_counter import DynamoCounter
from fermata.adapters.memory.api_keys import MemoryKeys
from fermata.api.quota import Counter, LocalCounter
from fermata.domain.access import ApiKey, digest
from fermata.domain.errors import NotFound, Stale
from fermata.ports import Keys
from moto_account import mocked

KEY = ApiKey("one", "acme", "ann", frozenset({"read", "control"}), digest("sk_1"), 10.0)
SECOND = replace(KEY, id="two", digest=digest("sk_2"), created_at=5.0)
OTHERS = replace(KEY, tenant="other", digest=digest("sk_3"))
AWS = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s", "AWS_DEFAULT_REGION": "us-east-1"}


@pytest.fixture
def clients() -> Iterator[Clients]:
    with mock.patch.dict(os.environ, AWS), mocked():
        clients = Clients()
        clients.dynamodb.create_table(
            TableName="t",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            BillingMode="PAY_PER_REQUEST",
        )
        yield clients


@pytest.fixture(params=["memory", "aws"])
def keys(request: pytest.FixtureRequest) -> Keys:
    return MemoryKeys() if request.param == "memory" else DynamoKeys("t", request.getfixturevalue("clients"))


@pytest.fixture(params=["memory", "aws"])
def counter(request: pytest.FixtureRequest) -> Counter:
    return LocalCounter() if request.param == "memory" else DynamoCounter("t", request.getfixturevalue("clients"))


def test_a_key_is_found_by_its_digest(keys: Keys) -> None:
    keys.add(KEY)
    assert keys.find(digest("sk_1")) == KEY
    assert keys.find(digest("sk_9")) is None


def test_a_tenants_keys_are_listed_oldest_first(keys: Keys) -> None:
    for key in (KEY, SECOND, OTHERS):
        keys.add(key)
    assert keys.all("acme") == [SECOND, KEY]
    assert keys.all("nobody") == []


def test_neither_digest_nor_id_is_used_twice(keys: Keys) -> None:
    keys.add(KEY)
    for key in (replace(KEY, id="two"), replace(KEY, digest=digest("sk_2"))):
        with pytest.raises(Stale):
            keys.add(key)
    assert keys.all("acme") == [KEY]


def test_a_revoked_key_stays_revoked_from_the_first_time_on(keys: Keys) -> None:
    keys.add(KEY)
    assert keys.revoke("acme", "one", 20.0).revoked_at == 20.0
    assert keys.revoke("acme", "one", 30.0).revoked_at == 20.0
    found = keys.find(KEY.digest)
    assert found is not None
    assert found.revoked_at == 20.0


def test_another_tenants_key_can_not_be_revoked(keys: Keys) -> None:
    keys.add(OTHERS)
    with pytest.raises(NotFound):
        keys.revoke("acme", "one", 20.0)


def test_requests_are_counted_by_tenant_and_minute(counter: Counter) -> None:
    assert [counter.add("acme", 7, 2), counter.add("acme", 7, 3), counter.add("other", 7, 1)] == [2, 5, 1]
    assert counter.add("acme", 8, 1) == 1


def test_when_a_key_was_used_shows_and_outlives_a_revocation(keys: Keys) -> None:
    keys.add(KEY)
    keys.used(KEY, 50.5)
    found = keys.find(KEY.digest)
    assert found is not None
    assert found.used_at == 50.5
    assert [key.used_at for key in keys.all("acme")] == [50.5]
    assert keys.revoke("acme", "one", 60.0).used_at == 50.5
    keys.used(KEY, 70.0)
    found = keys.find(KEY.digest)
    assert found is not None
    assert found.revoked_at == 60.0


def test_a_key_that_is_gone_is_not_made_by_its_use(keys: Keys) -> None:
    keys.used(KEY, 50.0)
    assert keys.find(KEY.digest) is None


def test_label_and_expiry_are_kept(keys: Keys) -> None:
    key = replace(KEY, label="the nightly import", expires_at=99.5)
    keys.add(key)
    assert keys.find(KEY.digest) == key

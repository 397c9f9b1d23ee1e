"""API keys, and sessions that were signed out, over both kinds of adapters."""

from typing import Any

import pytest
from fermata.domain.access import ApiKey, digest
from fermata.domain.errors import NotFound, Stale
from fermata.ports import Keys

KEY = ApiKey("key_1", "acme", "ann", frozenset({"read"}), digest("sk_1"), 10.0, label="laptop", expires_at=99.0)


def test_a_key_is_found_by_its_digest_and_listed_with_its_tenant(ports: Any) -> None:
    keys: Keys = ports.keys
    keys.add(KEY)
    assert keys.find(digest("sk_1")) == KEY
    assert keys.all("acme") == [KEY]
    assert keys.all("other") == []


def test_a_key_is_added_once(ports: Any) -> None:
    keys: Keys = ports.keys
    keys.add(KEY)
    with pytest.raises(Stale):
        keys.add(KEY)


def test_a_revoked_key_stays_so_however_it_was_used(ports: Any) -> None:
    keys: Keys = ports.keys
    keys.add(KEY)
    keys.revoke("acme", "key_1", 20.0)
    keys.used(KEY, 21.0)
    found = keys.find(digest("sk_1"))
    assert found is not None
    assert (found.revoked_at, found.used_at) == (20.0, 21.0)


def test_another_tenants_key_is_not_revoked(ports: Any) -> None:
    keys: Keys = ports.keys
    keys.add(KEY)
    with pytest.raises(NotFound):
        keys.revoke("other", "key_1", 20.0)


def test_a_session_has_ended_once_it_was_signed_out(ports: Any) -> None:
    keys: Keys = ports.keys
    assert not keys.has_ended("one")
    keys.end_session("one", 1e10)
    keys.end_session("one", 1e10)
    assert (keys.has_ended("one"), keys.has_ended("two")) == (True, False)

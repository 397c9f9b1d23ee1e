from __future__ import annotations

from dataclasses import replace

import pytest
from fermata.control.health import OWNER
from fermata.control.holds import AUTOMATIC
from fermata.control.maintenance import OWNER as MAINTENANCE
from fermata.domain.access import SCOPES, ApiKey, digest, is_reserved


def test_a_digest_names_its_key_and_does_not_show_it():
    assert digest("sk_one") == digest("sk_one")
    assert digest("sk_one") != digest("sk_two")
    assert "sk_one" not in digest("sk_one")


def test_there_are_three_scopes():
    assert {"read", "control", "admin"} == SCOPES


@pytest.mark.parametrize(
    "user", [AUTOMATIC, OWNER, MAINTENANCE, "anonymous", "cli:ann", " Anonymous ", "CLI:x", "\uff41nonymous"]
)
def test_users_that_the_engine_acts_as_are_reserved(user):
    assert is_reserved(user)


@pytest.mark.parametrize("user", ["ann", "anonymous@example.com", "climb", "automatically", ""])
def test_other_users_are_not(user):
    assert not is_reserved(user)


def test_a_key_is_good_until_it_is_revoked_or_expires():
    key = ApiKey("k", "t", "ann", SCOPES, "d", 0.0, expires_at=10.0)
    assert (key.is_good(9.9), key.is_good(10.0)) == (True, False)
    assert not replace(key, revoked_at=1.0).is_good(2.0)
    assert replace(key, expires_at=None).is_good(1e12)

import time
from contextlib import contextmanager

import pytest
from fermata.adapters.memory.api_keys import MemoryKeys
from fermata.adapters.memory.state import State, SystemClock
from fermata.adapters.memory.store import MemoryStore
from fermata.cli.seeding import SEEDS, put
from fermata.control.api_keys import Keyring
from fermata.domain.access import digest
from fermata.domain.events import Actor


def test_seeding_twice_changes_nothing():
    keys = MemoryKeys()
    put(keys)
    before = [keys.find(digest(key)) for key, _, _ in SEEDS]
    put(keys)
    assert [keys.find(digest(key)) for key, _, _ in SEEDS] == before


def test_seeding_does_not_revive_a_revoked_key():
    keys = MemoryKeys()
    put(keys)
    keys.revoke("default", "test_123456", 1.0)
    put(keys)
    assert keys.find(digest("sk_test_123456")).revoked_at == 1.0


@pytest.mark.parametrize("verb", [("create",), ("list",), ("revoke", "key_1")])
def test_without_a_stack_it_is_said_how_to_start_one(fermata, monkeypatch, verb):
    monkeypatch.setattr("fermata.local.stack.status", lambda state_dir=None: None)
    said = fermata("keys", *verb)
    assert (said.code, "fermata up" in said.err) == (3, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("create", "--tenant", "a/b"),
        ("list", "--tenant", ""),
        ("create", "--scope", "root"),
        ("create", "--user", ""),
        ("create", "--user", "x" * 129),
        ("create", "--user", "anonymous"),
        ("create", "--label", "x" * 101),
        ("create", "--label", "a\nb"),
        ("create", "--days", "0"),
        ("create", "--days", "nan"),
    ],
)
def test_what_no_key_can_have_is_refused(fermata, arguments):
    assert fermata("keys", *arguments).code == 2


def test_a_key_made_without_scopes_is_no_administrators(monkeypatch, fermata):
    keys, actor = MemoryKeys(), Actor("acme", "cli:ann")
    ring = Keyring(keys, MemoryStore(State(), SystemClock()), SystemClock(), actor)

    @contextmanager
    def keyring(*arguments):
        yield ring

    monkeypatch.setattr("fermata.cli.keys._keyring", keyring)
    assert fermata("keys", "create", "--user", "ann", "--label", "nightly", "--days", "2").code == 0
    (key,) = keys.all("acme")
    assert (key.scopes, key.label) == ({"read", "control"}, "nightly")
    assert key.expires_at == pytest.approx(time.time() + 2 * 86_400, abs=60)
    listed = fermata("keys", "list", "--tenant", "acme").out
    assert ("nightly" in listed, "expires" in listed, "never" in listed) == (True, True, True)


@pytest.mark.parametrize("ttl", ["0", "-1", "nan", "inf", "1e12"])
def test_a_token_that_would_not_last_is_refused(fermata, ttl):
    said = fermata("token", "--ttl", ttl)
    assert (said.code, "--ttl" in said.err) == (2, True)

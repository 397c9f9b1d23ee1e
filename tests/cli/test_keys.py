import json
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


@pytest.mark.parametrize("verb", [("create",), ("list",), ("revoke", "key_1"), ("bootstrap",)])
def test_without_a_stack_it_is_said_how_to_start_one(fermata, monkeypatch, verb):
    monkeypatch.setattr("fermata.local.stack.status", lambda state_dir=None: None)
    said = fermata("keys", *verb)
    assert (said.code, "fermata up" in said.err) == (3, True)


def test_a_key_is_made_listed_used_and_revoked_over_http(run, fermata, server):
    said = run("keys", "create", "--user", "ann", "--scope", "read", "--label", "nightly", "--expires", "90d")
    key, id_ = said.out.strip(), said.err.partition(":")[0]
    assert fermata("jobs", "list", "--url", server.url, "--api-key", key).code == 0
    listed = next(row for row in json.loads(run("keys", "list", "-o", "json").out) if row["id"] == id_)
    assert (listed["user"], listed["scopes"], listed["label"], listed["state"]) == ("ann", ["read"], "nightly", "good")
    assert listed["last_used_at"] and listed["expires_at"]
    assert run("keys", "revoke", id_).out == f"{id_} is revoked.\n"
    assert fermata("jobs", "list", "--url", server.url, "--api-key", key).code == 1
    assert "revoked" in next(line for line in run("keys", "list").out.splitlines() if id_ in line)


def test_a_key_that_is_made_without_scopes_is_no_administrators(run):
    assert json.loads(run("keys", "create", "-o", "json").out)["scopes"] == ["control", "read"]


def test_who_is_no_administrator_makes_no_key(fermata, server):
    said = fermata("keys", "create", "--url", server.url, "--api-key", "sk_test_readonly")
    assert (said.code, "HTTP 403" in said.err) == (1, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--tenant", "a/b"),
        ("--scope", "root"),
        ("--user", ""),
        ("--user", "x" * 129),
        ("--user", "anonymous"),
        ("--label", "x" * 101),
        ("--label", "a\nb"),
        ("--expires", "0s"),
        ("--expires", "soon"),
        ("--expires", "2020-01-01"),
    ],
)
def test_what_no_key_can_have_is_refused(fermata, arguments):
    assert fermata("keys", "bootstrap", *arguments).code == 2


def test_a_tenants_first_key_may_do_everything(monkeypatch, fermata):
    keys, actor = MemoryKeys(), Actor("acme", "cli:ann")
    ring = Keyring(keys, MemoryStore(State(), SystemClock()), SystemClock(), actor)

    @contextmanager
    def keyring(*arguments):
        yield ring

    monkeypatch.setattr("fermata.cli.keys._keyring", keyring)
    said = fermata("keys", "bootstrap", "--tenant", "acme", "--user", "ann", "--label", "first", "--expires", "2d")
    (key,) = keys.all("acme")
    assert (said.code, key.digest) == (0, digest(said.out.strip()))
    assert (key.scopes, key.label) == ({"read", "control", "admin"}, "first")
    assert key.expires_at == pytest.approx(time.time() + 2 * 86_400, abs=60)


@pytest.mark.parametrize("ttl", ["0", "-1", "nan", "inf", "1e12"])
def test_a_token_that_would_not_last_is_refused(fermata, ttl):
    said = fermata("token", "--ttl", ttl)
    assert (said.code, "--ttl" in said.err) == (2, True)

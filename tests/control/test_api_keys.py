from dataclasses import replace

import pytest
from fermata.adapters.memory.api_keys import MemoryKeys
from fermata.adapters.memory.state import State, SystemClock
from fermata.adapters.memory.store import MemoryStore
from fermata.control.api_keys import Keyring
from fermata.domain.access import READ, SCOPES, digest
from fermata.domain.errors import NotFound
from fermata.domain.events import Actor


@pytest.fixture
def world():
    return State()


@pytest.fixture
def ring(world):
    return Keyring(MemoryKeys(), MemoryStore(world, SystemClock()), SystemClock(), Actor("acme", "ann"))


def test_a_new_key_is_found_by_its_hash_and_stored_as_nothing_else(ring):
    made, key = ring.create("ann", frozenset({READ}))
    assert ring.keys.find(digest(key)) == made
    assert key not in repr(ring.all())


def test_a_new_key_has_what_was_asked_for(ring):
    made, _ = ring.create("ann", frozenset({READ}))
    assert (made.tenant, made.user, made.scopes, made.revoked_at) == ("acme", "ann", {READ}, None)


def test_no_two_keys_are_alike(ring):
    assert len({ring.create("ann", SCOPES)[1] for _ in range(20)}) == 20


def test_a_revoked_key_stays_in_the_list(ring):
    made, _ = ring.create("ann", SCOPES)
    ring.revoke(made.id)
    assert [key.revoked_at is not None for key in ring.all()] == [True]


def test_a_key_of_another_tenant_can_not_be_revoked(ring, world):
    made, _ = ring.create("ann", SCOPES)
    other = replace(ring, actor=Actor("other", "bob"))
    with pytest.raises(NotFound):
        other.revoke(made.id)


def test_each_change_leaves_one_audit_record(ring, world):
    made, _ = ring.create("ann", SCOPES)
    ring.revoke(made.id)
    records = [(record.act.action, record.act.target) for record in world.audit["acme"]]
    assert records == [("keys.create", made.id), ("keys.revoke", made.id)]

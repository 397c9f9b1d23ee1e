import pytest
from fermata.adapters.memory.api_keys import MemoryKeys
from fermata.adapters.memory.state import State
from fermata.adapters.memory.store import MemoryStore
from fermata.cli.keys import Keyring
from fermata.cli.seeding import SEEDS, put
from fermata.domain.access import READ, SCOPES, digest
from fermata.domain.errors import NotFound


@pytest.fixture
def world():
    return State()


@pytest.fixture
def ring(world):
    return Keyring(MemoryKeys(), MemoryStore(world), "acme")


def test_a_new_key_is_found_by_its_hash_and_stored_as_nothing_else(ring):
    made, key = ring.create("ann", frozenset({READ}))
    assert ring.keys.find(digest(key)) == made
    assert key not in repr(ring.keys.all("acme"))


def test_a_new_key_has_what_was_asked_for(ring):
    made, _ = ring.create("ann", frozenset({READ}))
    assert (made.tenant, made.user, made.scopes, made.revoked_at) == ("acme", "ann", {READ}, None)


def test_no_two_keys_are_alike(ring):
    assert len({ring.create("ann", SCOPES)[1] for _ in range(20)}) == 20


def test_a_revoked_key_stays_in_the_list(ring):
    made, _ = ring.create("ann", SCOPES)
    ring.revoke(made.id)
    assert [key.revoked_at is not None for key in ring.keys.all("acme")] == [True]


def test_a_key_of_another_tenant_can_not_be_revoked(ring, world):
    made, _ = ring.create("ann", SCOPES)
    other = Keyring(ring.keys, MemoryStore(world), "other")
    with pytest.raises(NotFound):
        other.revoke(made.id)


def test_each_change_leaves_one_audit_record(ring, world):
    made, _ = ring.create("ann", SCOPES)
    ring.revoke(made.id)
    records = [(record.act.action, record.act.target) for record in world.audit["acme"]]
    assert records == [("keys.create", made.id), ("keys.revoke", made.id)]


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
    ],
)
def test_what_no_key_can_have_is_refused(fermata, arguments):
    assert fermata("keys", *arguments).code == 2

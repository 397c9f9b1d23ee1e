import pytest
from fermata.adapters.memory.api_keys import MemoryKeys
from fermata.cli.seeding import SEEDS, put
from fermata.domain.access import digest


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

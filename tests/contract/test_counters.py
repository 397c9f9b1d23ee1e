from __future__ import annotations

NOW = 1_800_000_000.0


def reserve(ports, count, at=NOW, key="provider", tenant="acme", within=3.0):
    return round(ports.counters.reserve(tenant, key, 0.5, count, at, within) - NOW, 3)


def test_turns_follow_one_another_whoever_takes_them(ports):
    assert [reserve(ports, 2), reserve(ports, 1), reserve(ports, 3), reserve(ports, 1)] == [0.0, 1.0, 1.5, 3.0]


def test_a_turn_too_far_off_is_told_and_not_taken(ports):
    reserve(ports, 20)
    assert [reserve(ports, 1), reserve(ports, 1)] == [10.0, 10.0]
    assert reserve(ports, 1, at=NOW + 8) == 10.0
    assert reserve(ports, 1, at=NOW + 8) == 10.5


def test_turns_that_nobody_took_are_not_saved_up(ports):
    reserve(ports, 1)
    assert reserve(ports, 5, at=NOW + 60) == 60.0
    assert reserve(ports, 1, at=NOW + 60) == 62.5


def test_each_key_of_each_tenant_has_turns_of_its_own(ports):
    reserve(ports, 4)
    assert reserve(ports, 1, key="other") == reserve(ports, 1, tenant="globex") == 0.0


def test_a_key_gets_the_same_number_each_time(ports):
    numbers = [ports.counters.next_number("acme", "tasks", key) for key in ("a", None, "a", "b", "a")]
    assert numbers == [1, 2, 1, 3, 1]
    assert ports.counters.next_number("other", "tasks", "b") == ports.counters.next_number("acme", "jobs", "b") == 1

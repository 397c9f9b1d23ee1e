from __future__ import annotations

from fermata.domain.jobs import Ref
from fermata.ports import MADE_UP

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


def test_turns_that_nobody_took_are_not_saved_up_but_for_those_of_the_last_seconds(ports):
    reserve(ports, 1)
    assert reserve(ports, 1, at=NOW + 1) == 0.5
    assert reserve(ports, 5, at=NOW + 60) == 60.0 - MADE_UP
    assert reserve(ports, 1, at=NOW + 60) == 62.5 - MADE_UP


def test_each_key_of_each_tenant_has_turns_of_its_own(ports):
    reserve(ports, 4)
    assert reserve(ports, 1, key="other") == reserve(ports, 1, tenant="globex") == 0.0


def test_a_key_gets_the_same_number_each_time(ports):
    numbers = [ports.counters.next_number("acme", "tasks", key) for key in ("a", None, "a", "b", "a")]
    assert numbers == [1, 2, 1, 3, 1]
    assert ports.counters.next_number("other", "tasks", "b") == ports.counters.next_number("acme", "jobs", "b") == 1


def spend(ports, amount, limit=100, job="jobs:one"):
    return ports.counters.spend(Ref("acme", job), amount, limit, NOW)


def test_a_budget_is_spent_to_its_end_and_no_further(ports):
    assert [spend(ports, 60), spend(ports, 41), spend(ports, 40), spend(ports, 1)] == [True, False, True, False]


def test_what_was_not_used_is_given_back_and_what_was_used_beyond_is_counted(ports):
    assert spend(ports, 100) and spend(ports, -30, None) and spend(ports, 30)
    assert spend(ports, 50, None)
    assert [spend(ports, 1, 150), spend(ports, 1, 151)] == [False, True]


def test_a_first_amount_beyond_the_limit_is_not_taken(ports):
    assert [spend(ports, 101), spend(ports, 100)] == [False, True]


def test_each_job_has_a_budget_of_its_own(ports):
    assert spend(ports, 100) and spend(ports, 100, job="jobs:two")

from __future__ import annotations

import pytest
from fermata.domain.holds import OWN, SYSTEM, Hold, Scope, described, source_scope, standing

NOW = 1_800_000_000.0


def hold(until=None, scope=OWN):
    return Hold(scope, "ann", "a look", 0.0, until)


def test_a_hold_without_an_end_holds_for_ever(now):
    assert hold().holds(now + 1e9)


def test_a_hold_ends_at_the_moment_it_names(now):
    assert hold(until=now).holds(now - 0.001)
    assert not hold(until=now).holds(now)


def test_only_holds_that_have_not_expired_stand(now):
    lasting, over = hold(until=now + 1), hold(until=now - 1)
    assert standing([over, None, lasting], now) == (lasting,)


def test_a_scope_is_due_when_its_hold_ends(now):
    assert Scope("acme", SYSTEM, hold(until=now)).due_at == now


def test_a_scope_held_without_an_end_is_never_due():
    assert Scope("acme", SYSTEM, hold()).due_at is None


def test_a_scope_that_was_never_held_is_never_due():
    assert Scope("acme", SYSTEM).due_at is None


def test_a_released_scope_is_due_at_once_while_jobs_may_wait_for_it(now):
    assert Scope("acme", SYSTEM, waking_since=now).due_at == 0.0


def test_scopes_of_sources_are_told_apart_from_the_system():
    assert source_scope("s1") == "source:s1"
    assert source_scope("system") != SYSTEM


@pytest.mark.parametrize(
    ("hold", "expected"),
    [
        (Hold("job", "ann", None, NOW), "it is held by ann"),
        (Hold("job", "ann", "a look", NOW), "it is held by ann: a look"),
        (Hold("system", "root", "deploying", NOW), "the whole system is held by root: deploying"),
        (Hold("source:s1", "ann", None, NOW), "source s1 is held by ann"),
        (Hold("job", "ann", None, NOW, NOW), "it is held by ann, until 2027-01-15T08:00:00Z"),
    ],
)
def test_a_hold_is_told_with_what_it_holds_by_whom_why_and_until_when(hold, expected):
    assert described([hold]) == expected


def test_of_several_holds_the_first_is_told_and_the_others_counted():
    holds = [Hold("job", "ann", None, NOW), Hold("system", "root", None, NOW), Hold("source:s", "bob", None, NOW)]
    assert described(holds) == "it is held by ann, and 2 more"

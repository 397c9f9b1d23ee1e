"""Who follows something in a process, and how often each is looked for."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from fermata.api.audience import SLOWEST, Audience
from fermata.api.errors import TooMany
from fermata.domain.errors import Unavailable


def seated(audience: Audience, **connections: int) -> ExitStack:
    """So many connections of each tenant."""
    seats = ExitStack()
    for tenant, count in connections.items():
        for _ in range(count):
            audience.admit(tenant)
            seats.enter_context(audience.seat(tenant))
    return seats


def costing(seconds: float) -> Audience:
    """An audience whose looks have long cost so much."""
    audience = Audience(most=1_000, of_tenant=900, share=0.25)
    for _ in range(200):
        audience.looked(seconds)
    return audience


def test_a_few_are_looked_for_as_often_as_they_would_like() -> None:
    audience = costing(0.005)
    with seated(audience, ann=20):
        assert audience.rest("ann", 0.5) == 0.5


def test_looks_never_take_more_than_their_share_of_the_time() -> None:
    audience = costing(0.005)
    with seated(audience, ann=400):
        assert 400 / audience.rest("ann", 0.5) * 0.005 == pytest.approx(0.25)


def test_the_many_of_one_tenant_slow_down_nobody_else() -> None:
    audience = costing(0.005)
    with seated(audience, crowd=800, ann=1):
        assert audience.rest("ann", 0.5) == 0.5
        assert audience.rest("crowd", 0.5) == SLOWEST


def test_a_tenant_has_no_more_connections_than_it_may() -> None:
    audience = Audience(most=10, of_tenant=2)
    with seated(audience, crowd=2):
        with pytest.raises(TooMany, match="more than 2 connections"):
            audience.admit("crowd")
        audience.admit("ann")


def test_where_there_is_no_room_nobody_is_let_in() -> None:
    audience = Audience(most=2, of_tenant=2)
    with seated(audience, a=1, b=1), pytest.raises(Unavailable):
        audience.admit("c")


def test_whoever_goes_makes_room() -> None:
    audience = Audience(most=1, of_tenant=1)
    with seated(audience, ann=1):
        pass
    audience.admit("ann")
    assert not audience._present

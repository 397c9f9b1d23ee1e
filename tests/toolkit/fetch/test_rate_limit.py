from __future__ import annotations

import pytest
from fermata.domain.kind import UnitRetry
from fermata.toolkit.fetch.rate_limit import Pace


class Clock:
    time = 100.0

    def sleep(self, seconds: float) -> None:
        self.time += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pace(clock: Clock) -> Pace:
    return Pace(lambda: clock.time, clock.sleep)


def test_the_first_request_does_not_wait(pace: Pace, clock: Clock) -> None:
    pace.wait("a", 5.0, 1_000)
    assert clock.time == 100


def test_the_next_one_waits_for_its_turn(pace: Pace, clock: Clock) -> None:
    pace.wait("a", 5.0, 1_000)
    clock.time += 2
    pace.wait("a", 5.0, 1_000)
    assert clock.time == 105
    clock.time += 7
    pace.wait("a", 5.0, 1_000)
    assert clock.time == 112


def test_hosts_have_turns_of_their_own(pace: Pace, clock: Clock) -> None:
    pace.wait("a", 5.0, 1_000)
    pace.wait("b", 5.0, 1_000)
    assert clock.time == 100


def test_a_turn_past_the_deadline_is_left_for_later(pace: Pace, clock: Clock) -> None:
    pace.wait("a", 5.0, 1_000)
    with pytest.raises(UnitRetry) as refusal:
        pace.wait("a", 5.0, 104.0)
    assert refusal.value.after == 5.0
    pace.wait("a", 5.0, 1_000)
    assert clock.time == 105

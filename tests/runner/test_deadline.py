from __future__ import annotations

import signal
import threading

import pytest
from fermata.domain.jobs import MOST_PRIORITY, PRIORITY
from fermata.runner import deadline
from fermata.runner.deadline import EXPRESS, NEXT_LOOK, RESERVE, TURN, Slice, remaining, slice_of, turn


class Invocation:
    """What Lambda tells of an invocation that has so many seconds left."""

    def __init__(self, seconds):
        self.seconds = seconds

    def get_remaining_time_in_millis(self):
        return int(self.seconds * 1000)


def test_a_slice_is_over_when_its_time_is(lab):
    now = lab.clock.now()
    slice = slice_of(lab.engine, 60.0)
    assert (slice.over(now + 59.9), slice.over(now + 60.0)) == (False, True)


def test_a_slice_of_a_message_that_may_overtake_others_is_short(lab):
    now = lab.clock.now()
    assert slice_of(lab.engine, 60.0, express=True).until == now + EXPRESS
    assert slice_of(lab.engine, 2.0, express=True).until == now + 2.0


def test_others_get_their_turn_before_a_long_slice_is_over(lab):
    slice, now = slice_of(lab.engine, 600.0), lab.clock.now()
    assert not slice.turn_over(now + TURN - 0.1, lambda: 1)
    assert slice.turn_over(now + TURN, lambda: 1)


def test_who_waits_is_not_asked_again_at_once(lab):
    slice, now = slice_of(lab.engine, 600.0), lab.clock.now()
    assert not slice.turn_over(now + TURN, lambda: 0)
    assert not slice.turn_over(now + TURN + NEXT_LOOK - 0.1, lambda: 1)
    assert slice.turn_over(now + TURN + NEXT_LOOK, lambda: 1)


def test_a_turn_grows_with_the_priority():
    assert [turn(priority) for priority in (0, PRIORITY, MOST_PRIORITY)] == [TURN / 6, TURN, TURN * 10 / 6]


def test_every_slice_is_over_once_the_process_is_told_to_stop():
    stopped = threading.Event()
    slice = Slice(1000.0, 1000.0, stopped=stopped)
    assert (slice.over(0.0), slice.stopping) == (False, False)
    stopped.set()
    assert (slice.over(0.0), slice.stopping) == (True, True)


@pytest.mark.parametrize(("left", "seconds"), [(900.0, 900.0 - RESERVE), (10.0, 1.0)])
def test_an_invocation_keeps_time_to_end_in_order(left, seconds):
    assert remaining(Invocation(left)) == seconds


@pytest.fixture
def told(monkeypatch):
    """Whether this process has been told to stop; what it did on SIGTERM before comes back."""
    told = threading.Event()
    monkeypatch.setattr(deadline, "_told_to_stop", told)
    before = signal.getsignal(signal.SIGTERM)
    yield told
    signal.signal(signal.SIGTERM, before)


def test_a_worker_that_is_told_to_stop_puts_its_work_down_first(told):
    deadline.stop_when_told()
    with deadline.at_work():
        signal.raise_signal(signal.SIGTERM)
        assert told.is_set()


def test_an_idle_worker_that_is_told_to_stop_ends_at_once(told):
    deadline.stop_when_told()
    with pytest.raises(SystemExit):
        signal.raise_signal(signal.SIGTERM)

from __future__ import annotations

import threading

from fermata.runner.slots import ThreadSlots

PLENTY = 10.0
"""Seconds within which a thread that is able to go on surely does."""


def test_work_runs_beside_the_caller():
    ran = threading.Event()
    ThreadSlots().start(ran.set)
    assert ran.wait(PLENTY)


def test_waiting_ends_when_a_work_does():
    slots, go, done = ThreadSlots(), threading.Event(), []
    slots.start(lambda: go.wait(PLENTY) and done.append(True))
    go.set()
    slots.wait(PLENTY)
    assert done == [True]


def test_a_work_that_breaks_rings_as_well(monkeypatch):
    broken = []
    monkeypatch.setattr(threading, "excepthook", broken.append)
    slots = ThreadSlots()
    slots.start(lambda: 1 // 0)
    slots.wait(PLENTY)
    assert [args.exc_type for args in broken] == [ZeroDivisionError]


def test_a_rest_ends_early_when_it_is_told_to_stop():
    assert ThreadSlots().rest(PLENTY * 1000, lambda: True) is False


def test_a_rest_that_nobody_stops_passes():
    assert ThreadSlots().rest(0.001, lambda: False) is True

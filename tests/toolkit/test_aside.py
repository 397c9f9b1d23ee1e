from __future__ import annotations

import threading

import pytest
from fermata.domain.interruption import check, interruptible_by
from fermata.toolkit.aside import aside


class Stopped(BaseException):
    """What ends the work."""


def stop() -> None:
    raise Stopped


def test_a_call_returns_and_raises_what_it_would() -> None:
    assert aside(lambda: "result") == "result"
    with pytest.raises(ZeroDivisionError):
        aside(lambda: 1 / 0)


def test_a_call_that_does_not_end_is_left_behind_and_what_it_returns_after_all_discarded() -> None:
    end, late = threading.Event(), threading.Event()
    with interruptible_by(stop), pytest.raises(Stopped):
        aside(end.wait, lambda result: late.set())
    end.set()
    assert late.wait(10)


def test_nobody_is_stopped_who_was_not_asked_to() -> None:
    with interruptible_by(stop):
        pass
    check()

"""Planning and finishing: in a slot, while lease and message are kept alive beside it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from fermata.control.lease import StepLease
from fermata.domain.chunks import LEASE
from fermata.domain.errors import FermataError
from fermata.domain.holds import LOOK_AGE
from fermata.runner.claim import BEAT
from fermata.runner.slots import Slots

T = TypeVar("T")


def attended(lease: StepLease, slots: Slots, hide: Callable[[], None], do: Callable[[], T]) -> T:
    """Do it, and meanwhile prolong the lease and ``hide`` the message. Raises what it raises; Stale: the lease was lost."""
    outcome: list[T | BaseException] = []

    def run() -> None:
        try:
            outcome.append(do())
        except BaseException as error:
            outcome.append(error)

    slots.start(run)
    hide()
    excused = False
    while not outcome:
        slots.wait(LOOK_AGE)
        stopping = lease.slice.stopping and not excused
        if not outcome and (stopping or lease.until - lease.engine.clock.now() < LEASE - BEAT):
            with suppress(FermataError):  # without a lease it goes no further, see StepLease.check
                lease.beat()
                excused = lease.slice.stopping
                hide()
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    return outcome[0]

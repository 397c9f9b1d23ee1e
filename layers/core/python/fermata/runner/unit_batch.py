"""A batch: units handed to one slot together, so that quick ones cost no thread each."""

from __future__ import annotations

import json
import logging
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field

from fermata.domain import strict_json
from fermata.domain.kind import Json, Policy, Result, Stage, Unit, UnitError, UnitRetry
from fermata.domain.scrub import Scrubber
from fermata.domain.segments import MAX_RESULT
from fermata.runner.slots import Slots

logger = logging.getLogger(__name__)

LONGEST_BACKOFF = 30.0
THROTTLED_TRIES = 4
"""How many times as often a unit is tried that a provider refused for now: it is not the unit's fault."""

LONGEST_BATCH = 0.1
"""Seconds after which a batch begins no further unit, so that the loop looks at the holds again."""

MAX_TEXT = 100_000
MAX_TRACEBACK = 8_000
"""Characters of an error that are looked at, and of a traceback that is logged."""

TIMED_OUT = "timed out after {seconds:g} seconds"


@dataclass
class Outbox:
    """What the slots have settled since the last commit; the one place that slots and loop share.

    Attributes:
        results: settled units.
        bytes: about how large they are.
        slow: a unit took long enough to be committed at once.
        throttled: units that a provider refused for now, since one succeeded.
        stop: no further unit may start.
        until: clock time after which no further unit may start, since the lease may lapse.
    """

    until: float
    results: list[Result] = field(default_factory=list)
    bytes: int = 0
    slow: bool = False
    throttled: set[int] = field(default_factory=set)
    stop: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> list[Result]:
        with self.lock:
            taken, self.results, self.bytes, self.slow = self.results, [], 0, False
            return taken

    def put_back(self, results: list[Result]) -> None:
        """What was taken could not be committed."""
        with self.lock:
            self.results = results + self.results


SLOW = 1.0
"""Seconds after which a unit counts as slow: it is committed as soon as it ends."""


@dataclass
class Batch:
    """Units of one slot, run one after another.

    Attributes:
        units: number and value, and which attempt of it begins, for each.
        at: index of the unit that runs, or would be next.
        began: clock time at which it began, None between two.
        ended, abandoned: it reports nothing any more.
        seconds: how long the whole batch took.
        scrub: takes the job's secrets out of what is logged.
    """

    stage: Stage
    units: list[tuple[int, Json, int]]
    make: Callable[[int, Json, float], Unit]
    outbox: Outbox
    slots: Slots
    now: Callable[[], float]
    scrub: Scrubber = field(default_factory=lambda: Scrubber.of(()))
    at: int = 0
    began: float | None = None
    tries: int = 1
    ended: bool = False
    abandoned: bool = False
    seconds: float = 0.0

    def run(self) -> None:
        start = self.now()
        try:
            for number, value, attempt in self.units:
                self.tries = attempt
                if self._halted() or self.now() - start > LONGEST_BATCH:
                    break
                result = self._settle(number, value)
                if result is None:
                    break
                if not self._report(*result):
                    return
        finally:
            self.began = None
            self.seconds = self.now() - start
            self.ended = True

    def left(self) -> list[int]:
        """Numbers of the units that it has not settled."""
        return [number for number, _, _ in self.units[self.at :]]

    def _halted(self) -> bool:
        return self.outbox.stop or self.abandoned or self.now() >= self.outbox.until

    def _settle(self, number: int, value: Json) -> tuple[Result, int, float] | None:
        """Run a unit until it succeeds, fails for good or is to be left for later (None)."""
        policy = self.stage.policy
        began = self.now()
        while True:
            self.began = self.now()
            try:
                result, size = _checked(number, self.stage.run(self.make(number, value, _deadline(policy))))
                return result, size, self.now() - began
            except UnitRetry as error:
                if error.throttled:
                    with self.outbox.lock:
                        self.outbox.throttled.add(number)
                if self.tries >= policy.attempts * (THROTTLED_TRIES if error.throttled else 1):
                    return _failed(number, f"{error} (tried {self.tries} times)"), 100, self.now() - began
                wait = error.after if error.after is not None else policy.backoff * 2 ** (self.tries - 1)
                self.tries += 1
                self.began = None
                if self._halted() or not self.slots.rest(min(wait, LONGEST_BACKOFF), self._halted):
                    return None
            except UnitError as error:
                return _failed(number, str(error)), 100, self.now() - began
            except Exception as error:
                where = self.scrub.text("".join(traceback.format_exception(error)), MAX_TRACEBACK)
                logger.error("unit failed unexpectedly", extra={"unit": number, "traceback": where})
                return _failed(number, f"unexpected {type(error).__name__}: {error}"), 100, self.now() - began

    def _report(self, result: Result, size: int, took: float) -> bool:
        """Hand the result over, unless the loop has given this slot up."""
        with self.outbox.lock:
            if self.abandoned:
                return False
            self.at += 1
            self.outbox.results.append(result)
            self.outbox.bytes += size
            self.outbox.slow = self.outbox.slow or took >= SLOW
            if result.error is None:
                self.outbox.throttled.clear()
        return True


def _deadline(policy: Policy) -> float:
    return time.monotonic() + policy.timeout if policy.timeout is not None else float("inf")


def _failed(number: int, error: str) -> Result:
    return Result(number, None, error[:MAX_TEXT])


def _checked(number: int, value: Json) -> tuple[Result, int]:
    """The result, if it can be stored, and its size in bytes."""
    if value is None or value is True:
        return Result(number, value, None), 8
    try:
        strict_json.check(value)
    except strict_json.NotJson as error:
        return _failed(number, f"the result is not JSON: {error}"), 100
    size = len(json.dumps(value))
    if size > MAX_RESULT:
        return _failed(number, f"the result has {size} bytes; the limit is {MAX_RESULT}"), 100
    return Result(number, value, None), size

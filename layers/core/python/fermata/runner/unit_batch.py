"""A batch: units handed to one slot together, so that quick ones cost no thread each."""

from __future__ import annotations

import json
import logging
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from fermata.domain import strict_json
from fermata.domain.chunks import Retry
from fermata.domain.interruption import interruptible_by
from fermata.domain.kind import (
    Interrupted,
    Json,
    Policy,
    Result,
    Stage,
    Unit,
    UnitError,
    UnitHold,
    UnitRetry,
    UnitRun,
)
from fermata.domain.scrub import Scrubber
from fermata.domain.segments import MAX_RESULT

logger = logging.getLogger(__name__)

LONGEST_BATCH = 0.1
"""Seconds after which a batch begins no further unit, so that the loop looks at the holds again."""

MAX_TEXT = 100_000
MAX_TRACEBACK = 8_000
"""Characters of an error that are looked at, and of a traceback that is logged."""

MAX_LINES, TRACEBACK_LINES = 20, 6
"""Lines that a unit may say, and of a traceback that are kept with them."""

TIMED_OUT = "timed out after {seconds:g} seconds"

BATCH_SECONDS, BATCH_UNITS = 0.05, 256
"""What a batch should take, and the most units that it has."""

SLOW = 4.0
"""Seconds after which a unit counts as slow: it is committed as soon as it ends. A commit costs as much as a tenth of a second
of a worker, and what is stored of it as much again."""


@dataclass
class Outbox:
    """What the slots have settled since the last commit; the one place that slots and loop share.

    Attributes:
        results: settled units.
        bytes: about how large they are.
        slow: a unit took long enough to be committed at once.
        retries: units that are to be tried again, and when.
        throttled: units that a provider refused for now, since one succeeded.
        hold: why a unit wants the job held.
        stop: no further unit may start, and none that waits may go on.
        interrupted: a unit was told to go no further.
        until: clock time after which no further unit may start, since the lease may lapse.
    """

    until: float
    results: list[Result] = field(default_factory=list)
    bytes: int = 0
    slow: bool = False
    retries: list[Retry] = field(default_factory=list)
    throttled: set[int] = field(default_factory=set)
    hold: UnitHold | None = None
    stop: bool = False
    interrupted: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> list[Result]:
        with self.lock:
            taken, self.results, self.bytes, self.slow = self.results, [], 0, False
            return taken

    def put_back(self, results: list[Result]) -> None:
        """What was taken could not be committed."""
        with self.lock:
            self.results = results + self.results

    def take_retries(self) -> list[Retry]:
        with self.lock:
            taken, self.retries = self.retries, []
            return taken


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
        worker: name of who runs it.
        check: raises Interrupted where a unit that takes long must go no further.
        lines: that the unit which runs has said.
    """

    stage: Stage
    units: list[tuple[int, Json, int]]
    make: Callable[[int, Json, float, Callable[[str], None]], Unit]
    outbox: Outbox
    now: Callable[[], float]
    scrub: Scrubber = field(default_factory=lambda: Scrubber.of(()))
    worker: str = ""
    check: Callable[[], None] = lambda: None
    lines: list[str] = field(default_factory=list)
    at: int = 0
    began: float | None = None
    ended: bool = False
    abandoned: bool = False
    seconds: float = 0.0

    def run(self) -> None:
        start = self.now()
        try:
            for number, value, attempt in self.units:
                if self._halted() or self.now() - start > LONGEST_BATCH or not self._settle(number, value, attempt):
                    return
        finally:
            self.began = None
            self.seconds = self.now() - start
            self.ended = True

    def left(self) -> list[tuple[int, int]]:
        """Number and attempt of the units that it has neither settled nor put off."""
        return [(number, attempt) for number, _, attempt in self.units[self.at :]]

    def fitting(self, size: int) -> int:
        """How many units the next batch should have, after this one of so many."""
        if self.seconds > BATCH_SECONDS:
            return max(1, size // 2)
        quick = self.at == len(self.units) and self.seconds < BATCH_SECONDS / 2
        return min(size * 2, BATCH_UNITS) if quick else size

    def time_out(self, now: float) -> None:
        """Give the batch up if its unit has taken longer than it may: the unit fails, or is tried again."""
        policy, began = self.stage.policy, self.began
        if policy.timeout is None or began is None or now - began < policy.timeout:
            return
        with self.outbox.lock:
            if self.ended or self.began != began:
                return
            self.abandoned = True
            number, value, attempt = self.units[self.at]
            if attempt < policy.attempts:
                self.units[self.at] = (number, value, attempt + 1)
                return
            run = UnitRun(began, now, self.worker, tuple(self.lines))
            self.outbox.results.append(Result(number, None, TIMED_OUT.format(seconds=policy.timeout), attempt, run))
            self.at += 1

    def _halted(self) -> bool:
        return self.outbox.stop or self.abandoned or self.now() >= self.outbox.until

    def _settle(self, number: int, value: Json, attempt: int) -> bool:
        """Run a unit once, and report what came of it; whether the batch goes on."""
        began = self.began = self.now()
        self.lines = []
        try:
            unit = self.make(number, value, _deadline(self.stage.policy), self._say)
            with interruptible_by(self._go_on):
                result, size = _checked(number, self.stage.run(unit))
        except Interrupted:
            if self.outbox.interrupted or self._halted():
                return False
            result, size = _failed(number, "it interrupted itself, though nobody had asked it to stop"), 100
        except UnitHold as hold:
            self.outbox.hold = hold
            return False
        except UnitRetry as error:
            if self._put_off(number, attempt, error):
                return not self.abandoned
            result, size = _failed(number, f"{error} (tried {attempt} times)"), 100
        except UnitError as error:
            result, size = _failed(number, str(error)), 100
        except (Exception, SystemExit, KeyboardInterrupt) as error:
            where = self.scrub.text("".join(traceback.format_exception(error)), MAX_TRACEBACK)
            logger.error("unit failed unexpectedly", extra={"unit": number, "traceback": where})
            self.lines += where.rstrip().splitlines()[-TRACEBACK_LINES:]
            result, size = _failed(number, f"unexpected {type(error).__name__}: {error}"), 100
        ended = self.now()
        run = UnitRun(began, ended, self.worker, tuple(self.lines))
        return self._report(replace(result, attempts=attempt, run=run), size, ended - began)

    def _say(self, line: str) -> None:
        if len(self.lines) < MAX_LINES:
            self.lines.append(str(line)[:MAX_TEXT])

    def _go_on(self) -> None:
        if self.abandoned:
            raise Interrupted
        self.check()

    def _put_off(self, number: int, attempt: int, error: UnitRetry) -> bool:
        """Have the unit tried again later, in another batch; whether it has tries left."""
        policy = self.stage.policy
        if attempt >= (policy.throttled_attempts if error.throttled else policy.attempts):
            return False
        ready_at = self.now() + policy.wait_after(attempt, error)
        with self.outbox.lock:
            if not self.abandoned:
                self.at += 1
                self.outbox.retries.append(Retry(number, attempt + 1, ready_at, error.throttled))
                if error.throttled:
                    self.outbox.throttled.add(number)
        return True

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
    size = strict_json.escaped_size(json.dumps(value, ensure_ascii=False).encode())
    if size > MAX_RESULT:
        return _failed(number, f"the result has {size} bytes as an answer shows it; the limit is {MAX_RESULT}"), 100
    return Result(number, value, None), size

"""The picture of what follows what: jobs are run in memory, and the steps that the engine decided for them are drawn."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from unittest.mock import patch

from fermata.adapters.memory.state import State
from fermata.bootstrap import memory_engine
from fermata.control import holds, retry, review, scopes, termination
from fermata.control.starting import NewJob, start
from fermata.domain import progress
from fermata.domain.chunks import LEASE
from fermata.domain.events import Actor, Mutation
from fermata.domain.holds import SYSTEM, Hold
from fermata.domain.jobs import Job, Ref
from fermata.domain.kind import Json, Kind, Planned, Planning, Policy, Stage, Unit, UnitError, UnitRetry
from fermata.domain.progress import Action, Step
from fermata.testing import Driver, InlineSlots, ManualClock

ACTOR = Actor("default", "ann", frozenset({"read", "control"}))


class Killed(BaseException):
    """The worker's process is gone."""


class Trial:
    """One job in a world of its own, and the steps that were decided for it."""

    def __init__(self) -> None:
        self.clock, self.world, self.steps = ManualClock(), State(), list[Action]()
        stage = Stage("read", self._plan, self._run, Policy(chunk_size=2, timeout=None))
        applied = Stage("apply", _plan_again, self._run, Policy(timeout=None), review=True)
        kinds = {"one": (stage,), "two": (stage, Stage("index", _plan_again, self._run)), "reviewed": (stage, applied)}
        made = {name: Kind(name, name, stages, dict, dict) for name, stages in kinds.items()}
        self.engine = memory_engine(self.world, made, self.clock)
        self.driver = Driver(self.engine, self.world, lambda: InlineSlots(self.clock))
        self.refusals: list[UnitRetry] = []
        self.happens: dict[int, Callable[[], object]] = {}
        self.ref = Ref("default", "jobs:one")

    def start(self, kind: str, timeout: float | None = None) -> None:
        start(self.engine, self.act, NewJob(family="jobs", id="one", kind=kind, timeout=timeout))

    def run(self) -> None:
        try:
            self.driver.run()
        except Killed:
            self.run()

    @property
    def act(self) -> Mutation:
        return Mutation(ACTOR, "jobs.trial", "one", self.clock.now())

    def pause(self, until: float | None = None) -> Job:
        return holds.pause(self.engine, self.act, self.ref, holds.own_hold(self.engine, "ann", None, until))

    def die(self) -> None:
        raise Killed

    def _plan(self, planning: Planning) -> Iterator[Planned]:
        if self.refusals:
            raise self.refusals.pop()
        for number in range(planning.cursor or 0, 6):
            yield Planned(number, number + 1)

    def _run(self, unit: Unit) -> Json:
        self.clock.sleep(1)
        if happening := self.happens.pop(unit.value, None):
            happening()
        return unit.value


def _plan_again(planning: Planning) -> Iterator[Planned]:
    for result in planning.previous():
        yield Planned(result.number + 100, None)


def _stages(trial: Trial) -> None:
    trial.start("two")
    trial.run()


def _review(trial: Trial) -> None:
    trial.start("reviewed")
    trial.run()
    review.approve(trial.engine, trial.act, trial.ref)
    trial.run()


def _pause(trial: Trial) -> None:
    trial.happens[2] = trial.pause
    trial.start("one")
    trial.run()
    holds.resume(trial.engine, trial.act, trial.ref)
    trial.run()


def _hold(trial: Trial) -> None:
    hold = Hold(SYSTEM, "ann", None, trial.clock.now())
    trial.happens[2] = lambda: (scopes.hold_scope(trial.engine, trial.act, "default", hold), trial.pause())
    trial.start("one")
    trial.run()
    trial.engine.clock.sleep(1)
    holds.resume(trial.engine, trial.act, trial.ref)
    scopes.release_scope(trial.engine, trial.act, "default", SYSTEM)
    trial.run()


def _until(trial: Trial) -> None:
    trial.happens[2] = lambda: trial.pause(trial.clock.now() + 60)
    trial.start("one")
    trial.run()
    trial.clock.sleep(61)
    trial.driver.recover()
    trial.run()


def _cancel(trial: Trial) -> None:
    trial.happens[2] = lambda: termination.cancel(trial.engine, trial.act, trial.ref)
    trial.start("one")
    trial.run()


def _late(trial: Trial) -> None:
    trial.start("one", timeout=2)
    trial.run()


def _retry(trial: Trial) -> None:
    def fail() -> None:
        raise UnitError("no good")

    trial.happens[2] = fail
    trial.start("one")
    trial.run()
    retry.retry(trial.engine, trial.act, trial.ref)
    trial.run()


def _kill(trial: Trial) -> None:
    trial.happens[2] = trial.die
    trial.start("one")
    trial.run()
    trial.clock.sleep(LEASE + 1)
    trial.driver.recover()
    trial.run()


def _refuse(trial: Trial) -> None:
    trial.refusals.append(UnitRetry("too many requests", 60.0))
    trial.start("one")
    while not trial.world.delayed:
        trial.driver.step()
    trial.pause()
    holds.resume(trial.engine, trial.act, trial.ref)
    trial.run()


TRIALS = (_stages, _review, _pause, _hold, _until, _cancel, _late, _retry, _kill, _refuse)


def followed() -> set[tuple[Action, Action]]:
    """Which step has followed which in the trials."""
    found: set[tuple[Action, Action]] = set()
    for play in TRIALS:
        trial = Trial()
        decide = progress.next_step

        def watched(*facts: object, decide: Callable[..., Step] = decide, trial: Trial = trial, **more: object) -> Step:
            step = decide(*facts, **more)
            trial.steps.append(step.action)
            return step

        with patch("fermata.control.view.next_step", watched):
            play(trial)
        deeds = [step for step in trial.steps if step is not Action.WAIT]
        found |= {(one, two) for one, two in pairwise(deeds) if one is not two}
    return found


def drawn() -> str:
    """The picture, and what each step means."""
    order = list(Action)
    arrows = sorted(followed(), key=lambda pair: (order.index(pair[0]), order.index(pair[1])))
    lines = [f"    {one.value} --> {two.value}" for one, two in arrows]
    meanings = re.findall(r'^    ([A-Z_]+) = "(\w+)"  # (.+)$', inspect.getsource(Action), re.MULTILINE)
    rows = [
        f"| `{value}` | {said.rpartition('; ')[0] or said} | {said.rpartition('; ')[2] if '; ' in said else '-'} |"
        for _, value, said in meanings
    ]
    picture = "\n".join(["```mermaid", "flowchart LR", *lines, "```"])
    return "\n".join([picture, "", "| step | what it is | who may do it |", "| --- | --- | --- |", *rows])

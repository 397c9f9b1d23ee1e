"""Nobody starves: with few workers, and queues that are emptied in order, a small job gets its turn whatever else runs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from fermata.control.engine import Limits
from fermata.control.starting import NewJob, start
from fermata.domain.events import Actor, Mutation
from fermata.domain.jobs import Job, Ref
from fermata.domain.kind import Json, Kind, Planned, Planning, Policy, Stage, Unit, UnitRetry
from simulator import CALM, Chaos, Simulator

WORKERS = 2
"""Of each queue: the one of quick work, and the one of long work."""

SECONDS = 0.2
"""That a unit takes."""

SMALL = 10
"""Units."""

MISHAPS = replace(CALM, kill=0.0005, throttle=0.005, lose_answer=0.005)


class Crowded(Simulator):
    """A world with few workers, which take the messages of their queue in order."""

    def __init__(self, seed: int, chaos: Chaos) -> None:
        super().__init__(seed, chaos)
        steady = {name: self._kind(name, run) for name, run in (("steady", self._run), ("dead", self._wait_for_nobody))}
        self.engine = replace(self.engine, kinds=steady, limits=Limits(lanes=WORKERS))

    def _kind(self, name: str, run: Callable[[Unit], Json]) -> Kind:
        def plan(planning: Planning) -> Any:
            for number in range(planning.cursor or 0, planning.params["units"]):
                yield Planned({"number": number}, number + 1)

        policy = Policy(chunk_size=250, timeout=None, attempts=50)
        return Kind(name, "units that take a while", (Stage("only", plan, run, policy),), parse=dict, schema=dict)

    def _run(self, unit: Unit) -> Json:
        self.block(lambda: False, self.now + SECONDS)
        return unit.value["number"]

    def _wait_for_nobody(self, unit: Unit) -> Json:
        unit.wait(10.0)
        raise UnitRetry("the host does not answer")

    def _starts(self) -> list[Callable[[], None]]:
        starts = [begin for begin in super()._starts() if begin != self._deliver]
        return [*starts, self._take_next] if self._next() else starts

    def _next(self) -> Any:
        """The first message whose queue has a free worker: a waiting one, or a late one whose time has come."""
        taken = [actor.name.partition("|")[0] for actor in self.actors if not actor.dead and not actor.family]
        ripe = [(id_, message, receives) for at, id_, message, receives in self.late if at <= self.now]
        for id_, message, receives in [*((None, message, 0) for message in self.world.queue), *ripe]:
            if taken.count(_queue(message)) < WORKERS:
                return id_, message, receives
        return None

    def _take_next(self) -> None:
        id_, message, receives = self._next()
        if id_ is None:
            self.world.queue.remove(message)
            self.ids += 1
            id_ = f"message-{self.ids}"
        else:
            self.late = [entry for entry in self.late if entry[1] != id_]
        before = len(self.actors)
        self._work_on(id_, message, receives)
        for actor in self.actors[before:]:
            actor.name = f"{_queue(message)}|{actor.name}"

    # What a test does ------------------------------------------------------------------------------------------------------

    def begin(self, tenant: str, id_: str, units: int, kind: str = "steady") -> Ref:
        who = Actor(tenant, "ann", frozenset({"control"}))
        new = NewJob(family="jobs", id=id_, kind=kind, params={"units": units})
        act = Mutation(who, "jobs.start", id_, self.now)
        ref = Ref(tenant, f"jobs:{id_}")
        while ref not in self.world.jobs:
            self.spawn("operator-start", lambda: start(self.engine, act, new))
            self.go_on(self.now + 0.5, lambda: ref in self.world.jobs)
        return ref

    def go_on(self, until: float, over: Callable[[], bool] = lambda: False) -> None:
        """Let everything happen until then, recovery each minute included."""
        recovered = self.now
        while self.now < until and not over():
            if self.now - recovered >= 60:
                recovered = self.now
                self.recover()
            if not self.turn() and not self.pass_time():
                self.now += 0.1

    def seconds(self, ref: Ref) -> float:
        """How long the job takes from now on; an hour at most."""
        began = self.now
        self.go_on(began + 3600, lambda: self.world.jobs[ref].status.final)
        return self.now - began

    def settled(self, ref: Ref) -> int:
        job: Job = self.world.jobs[ref]
        return sum(chunk.succeeded for chunk in self.world.chunks[job.ref].values())


def _queue(message: Any) -> str:
    return "express" if message.express else "work"


@pytest.fixture(autouse=True)
def silent() -> Iterator[None]:
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(scope="module")
def alone() -> float:
    """Seconds that a small job takes where nothing else runs."""
    sim = Crowded(0, CALM)
    return sim.seconds(sim.begin("acme", "small", SMALL))


CROWDS = {
    "a large job": [("steady", 20_000)],
    "thirty large jobs": [("steady", 5_000)] * 30,
    "jobs whose units wait for a dead host": [("dead", 500)] * 5,
}


@pytest.mark.parametrize(("tenant", "more"), [("acme", 10.0), ("globex", 30.0)])
@pytest.mark.parametrize("crowd", CROWDS)
@pytest.mark.parametrize("chaos", [CALM, MISHAPS], ids=["calm", "mishaps"])
def test_a_small_job_gets_its_turn(crowd: str, tenant: str, more: float, chaos: Chaos, alone: float) -> None:
    sim = Crowded(1, chaos)
    for number, (kind, units) in enumerate(CROWDS[crowd]):
        sim.begin("globex", f"large-{number}", units, kind)
    sim.go_on(sim.now + 45)
    slack = 0.0 if chaos is CALM else 30.0  # whoever was killed is found once its lease has lapsed, and again
    assert sim.seconds(sim.begin(tenant, "small", SMALL)) <= alone + more + slack


def test_large_jobs_share_the_workers() -> None:
    sim = Crowded(2, CALM)
    jobs = [sim.begin(tenant, "large", 5_000) for tenant in ("acme", "globex", "initech")]
    sim.go_on(sim.now + 400)
    done = [sim.settled(job) for job in jobs]
    assert min(done) >= 0.6 * max(done), done

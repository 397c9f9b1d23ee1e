"""One schedule: a job, operators that meddle, mishaps, then calm; and what must be true in the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

from fermata.control import holds, release, review
from fermata.control.results import START, Position, settled, unread
from fermata.control.starting import NewJob, start
from fermata.control.termination import cancel, retry
from fermata.domain.chunks import count
from fermata.domain.events import Actor, AuditRecord, Mutation
from fermata.domain.holds import SYSTEM, Hold
from fermata.domain.jobs import Job, Ref
from fermata.domain.transitions import Status
from simulator import CALM, Broken, Chaos, Simulator

WHO = Actor("acme", "ann", frozenset({"control", "admin"}))
TURNS = 400


@dataclass
class Schedule:
    """A seeded schedule and its promises."""

    seed: int
    chaos: Chaos = field(default_factory=Chaos)

    def run(self) -> Job:
        """Raises Broken when a promise does not hold."""
        sim = self.sim = Simulator(self.seed, self.chaos)
        kind = sim.random.choice(["one", "one", "two", "reviewed"])
        self.units = sim.random.randint(0, 14)
        self.fails = sim.random.choice([0, 0, 0, 3])
        self.limit = sim.random.choice([None, None, 1, 2])
        self.ref = Ref("acme", "jobs:one")
        self.acts = 0
        self.cancelled = self.rejected = self.retried = False
        self.new = NewJob(
            family="jobs",
            id="one",
            kind=kind,
            params={"units": self.units, "fails": self.fails},
            limit=self.limit,
            expected=self.units,
        )
        self._operate("start", lambda act: start(sim.engine, act, self.new))
        for _ in range(TURNS):
            luck = sim.random.random()
            if luck < 0.03:
                self._meddle()
            elif luck < 0.05:
                sim.recover()
            elif luck < 0.08:
                sim.now += sim.random.choice([0.05, 1, 20, 100])
            elif not sim.turn() and not sim.pass_time():
                sim.now += 30
        return self._calm_down()

    # Operators -------------------------------------------------------------------------------------------------------------

    def _operate(self, name: str, call: Callable[[Mutation], object]) -> None:
        act = Mutation(WHO, f"jobs.{name}", self.ref.id, self.sim.now, trace=str(self.acts))
        self.acts += 1
        self.sim.spawn(f"operator-{name}", lambda: call(act))

    def _meddle(self) -> None:
        sim, engine, ref = self.sim, self.sim.engine, self.ref
        until = sim.random.choice([None, None, sim.now + 40])
        own = holds.own_hold(engine, "ann", "why not", until)
        system = Hold(SYSTEM, "ann", "maintenance", sim.now, until)
        calls: list[tuple[str, Callable[[Mutation], object]]] = [
            ("pause", lambda act: holds.pause(engine, act, ref, own)),
            ("pause", lambda act: holds.pause(engine, act, ref, own)),
            ("resume", lambda act: release.resume(engine, act, ref)),
            ("resume", lambda act: release.resume(engine, act, ref)),
            ("hold", lambda act: holds.hold_scope(engine, act, ref.tenant, system)),
            ("unhold", lambda act: release.release_scope(engine, act, ref.tenant, SYSTEM)),
            ("unhold", lambda act: release.release_scope(engine, act, ref.tenant, SYSTEM)),
            ("approve", lambda act: review.approve(engine, act, ref)),
            ("retry", lambda act: retry(engine, act, ref)),
            ("start", lambda act: start(engine, act, self.new)),
        ]
        if sim.random.random() < 0.1:
            calls = [
                ("cancel", lambda act: cancel(engine, act, ref)),
                ("reject", lambda act: review.reject(engine, act, ref)),
            ]
        self._operate(*sim.random.choice(calls))

    # The end ---------------------------------------------------------------------------------------------------------------

    def _calm_down(self) -> Job:
        sim, engine = self.sim, self.sim.engine
        sim.chaos = CALM
        for round_ in range(60):
            self._exhaust()
            job = sim.world.jobs.get(self.ref)
            if job is None:
                self._operate("start", lambda act: start(engine, act, self.new))
                continue
            if job.status.final and job.closed and not sim.actors:
                break
            scope = sim.world.scopes.get((self.ref.tenant, SYSTEM))
            if scope and scope.hold:
                self._operate("unhold", lambda act: release.release_scope(engine, act, self.ref.tenant, SYSTEM))
            elif job.status is Status.PAUSED and job.holds:
                self._operate("resume", lambda act: release.resume(engine, act, self.ref))
            elif job.status is Status.WAITING_REVIEW:
                self._operate("approve", lambda act: review.approve(engine, act, self.ref))
            self._exhaust()
            sim.now += 120 if round_ < 5 else 700
            sim.recover()
        else:
            raise Broken(f"never ended: {job}")
        self._check_end(job)
        return job

    def _exhaust(self) -> None:
        for _ in range(20_000):
            if not self.sim.turn() and not self.sim.pass_time():
                return
        raise Broken("never comes to rest")

    def _check_end(self, job: Job) -> None:
        sim, engine = self.sim, self.sim.engine
        chunks = list(sim.world.chunks.get(self.ref, {}).values())
        if job.counts != count(chunks, job.expected if job.status is not Status.COMPLETED else 0):
            raise Broken(f"sealed {job.counts}, but the ledger has {count(chunks)}")
        if job.status not in (Status.COMPLETED, Status.CANCELLED, Status.FAILED):
            raise Broken(f"ended as {job.status}: {job.error}")
        for stage in range(len(job.stages)):
            of_stage = [chunk for chunk in chunks if chunk.stage == stage]
            self._check_stage(engine, job, stage, sum(chunk.size - len(chunk.todo) for chunk in of_stage))
        if job.status is Status.COMPLETED and any(not chunk.done for chunk in chunks):
            raise Broken("completed with units left")
        if job.status is Status.COMPLETED and len(job.stages) == 2:
            first = sorted(result.value for result in settled(engine, job, 0) if result.error is None)
            second = len(list(settled(engine, job, 1)))
            if second != len(first):
                raise Broken(f"the second stage has {second} units, the first named {first}")
        self._check_audit(sim.world.audit[self.ref.tenant])
        self._check_rest()

    def _check_stage(self, engine: object, job: Job, stage: int, expected: int) -> None:
        rows = Counter(result.number for result in settled(self.sim.engine, job, stage))
        if len(rows) != expected or any(times > 1 for times in rows.values()):
            raise Broken(f"stage {stage}: {expected} settled units have the results {rows}")
        streamed = Counter(result.number for result, _ in unread(self.sim.engine, job, stage, Position({0: START})))
        if set(streamed) != set(rows) or (job.run == 1 and any(times > 1 for times in streamed.values())):
            raise Broken(f"stage {stage}: streamed {streamed} of {rows}")

    def _check_audit(self, chain: list[AuditRecord]) -> None:
        if any(not record.intact for record in chain) or any(one.hash != two.previous for one, two in pairwise(chain)):
            raise Broken("the audit chain is broken")
        times = Counter(record.act.trace for record in chain)
        if any(count_ > 1 for count_ in times.values()):
            raise Broken(f"an act was recorded twice: {times}")

    def _check_rest(self) -> None:
        """Nothing goes on by itself any more."""
        sim = self.sim
        sim.now += 1000
        sim.recover()
        self._exhaust()
        if any(execution == "running" for execution in sim.world.executions.values()):
            raise Broken(f"an execution still runs: {sim.world.executions}")

"""One schedule: a job, operators that meddle, mishaps, then calm; and what must be true in the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

from fermata.adapters.memory.secrets import MemorySecrets
from fermata.control import holds, review, scopes
from fermata.control.results import START, Position, settled, unread
from fermata.control.retry import retry
from fermata.control.starting import NewJob, start
from fermata.control.termination import cancel
from fermata.domain.chunks import count
from fermata.domain.events import Actor, AuditRecord, Mutation
from fermata.domain.holds import SYSTEM, Hold
from fermata.domain.jobs import Job, Ref
from fermata.domain.transitions import Status
from simulator import CALM, Broken, Chaos, Simulator

TENANTS = ("acme", "globex")
TURNS = 400


@dataclass
class Schedule:
    """A seeded schedule and its promises."""

    seed: int
    chaos: Chaos = field(default_factory=Chaos)

    def run(self) -> Job:
        """The job of the first tenant, at its end. Raises Broken when a promise does not hold."""
        sim = self.sim = Simulator(self.seed, self.chaos)
        self.acts = 0
        self.followed: dict[tuple[Ref, int], tuple[Position, Counter[int]]] = {}
        tenants = TENANTS if sim.random.random() < 0.3 else TENANTS[:1]
        self.new = {Ref(tenant, "jobs:one"): self._new() for tenant in tenants}
        for ref in self.new:
            self._start(ref)
        for _ in range(TURNS * len(tenants)):
            luck = sim.random.random()
            if luck < 0.03:
                self._meddle(sim.random.choice(list(self.new)))
            elif luck < 0.05:
                sim.recover()
            elif luck < 0.065:
                self._follow(sim.random.choice(list(self.new)))
            elif luck < 0.09 and self.chaos.freeze:  # all stand still
                sim.now += sim.random.choice([0.05, 1, 20, 100])
            elif not sim.turn() and not sim.pass_time():
                sim.now += 30
        return self._calm_down()

    def _new(self) -> NewJob:
        random = self.sim.random
        units = random.randint(0, 14)
        return NewJob(
            family="jobs",
            id="one",
            kind=random.choice(["one", "one", "two", "reviewed"]),
            params={"units": units, "fails": random.choice([0, 0, 0, 3])},
            limit=random.choice([None, None, 1, 2]),
            rate=random.choice([None, None, None, 120.0]),
            expected=units,
        )

    # Operators -------------------------------------------------------------------------------------------------------------

    def _start(self, ref: Ref) -> None:
        self._operate(ref, "start", lambda act: start(self.sim.engine, act, self.new[ref]))

    def _operate(self, ref: Ref, name: str, call: Callable[[Mutation], object]) -> None:
        who = Actor(ref.tenant, "ann", frozenset({"control", "admin"}))
        act = Mutation(who, f"jobs.{name}", ref.id, self.sim.now, trace=str(self.acts))
        self.acts += 1
        self.sim.spawn(f"operator-{name}", lambda: call(act))

    def _meddle(self, ref: Ref) -> None:
        sim, engine = self.sim, self.sim.engine
        until = sim.random.choice([None, None, sim.now + 40])
        own = holds.own_hold(engine, "ann", "why not", until)
        system = Hold(SYSTEM, "ann", "maintenance", sim.now, until)
        calls: list[tuple[str, Callable[[Mutation], object]]] = [
            ("pause", lambda act: holds.pause(engine, act, ref, own)),
            ("pause", lambda act: holds.pause(engine, act, ref, own)),
            ("resume", lambda act: holds.resume(engine, act, ref)),
            ("resume", lambda act: holds.resume(engine, act, ref)),
            ("hold", lambda act: scopes.hold_scope(engine, act, ref.tenant, system)),
            ("unhold", lambda act: scopes.release_scope(engine, act, ref.tenant, SYSTEM)),
            ("unhold", lambda act: scopes.release_scope(engine, act, ref.tenant, SYSTEM)),
            ("approve", lambda act: review.approve(engine, act, ref)),
            ("retry", lambda act: retry(engine, act, ref)),
            ("start", lambda act: start(engine, act, self.new[ref])),
        ]
        if sim.random.random() < 0.1:
            calls = [
                ("cancel", lambda act: cancel(engine, act, ref)),
                ("reject", lambda act: review.reject(engine, act, ref)),
            ]
        name, call = sim.random.choice(calls)
        for _ in range(sim.random.choice([1, 1, 1, 2])):  # two callers at once
            self._operate(ref, name, call)

    def _follow(self, ref: Ref) -> None:
        """Somebody who holds a cursor reads on."""
        job = self.sim.world.jobs.get(ref)
        if job is None:
            return
        for stage in range(len(job.stages)):
            position, seen = self.followed.get((ref, stage), (Position({}), Counter()))
            for result, after in unread(self.sim.engine, job, stage, position):
                position = after
                seen[result.number] += 1
            self.followed[ref, stage] = position, seen

    # The end ---------------------------------------------------------------------------------------------------------------

    def _calm_down(self) -> Job:
        sim = self.sim
        sim.chaos = CALM
        for round_ in range(60):
            self._exhaust()
            if not sim.actors and all(self._over(ref) for ref in self.new):
                break
            for ref in self.new:
                self._bring_on(ref)
            self._exhaust()
            sim.now += 120 if round_ < 5 else 700
            sim.recover()
        else:
            raise Broken(f"never ended: {[sim.world.jobs.get(ref) for ref in self.new]}")
        for ref in self.new:
            self._check_end(sim.world.jobs[ref])
        self._check_rest()
        return sim.world.jobs[next(iter(self.new))]

    def _over(self, ref: Ref) -> bool:
        job = self.sim.world.jobs.get(ref)
        return job is not None and job.status.final and job.closed

    def _bring_on(self, ref: Ref) -> None:
        """Do what a person would who wants the job to end."""
        engine, world = self.sim.engine, self.sim.world
        job, scope = world.jobs.get(ref), world.scopes.get((ref.tenant, SYSTEM))
        if job is None:
            self._start(ref)
        elif scope and scope.hold:
            self._operate(ref, "unhold", lambda act: scopes.release_scope(engine, act, ref.tenant, SYSTEM))
        elif job.status is Status.PAUSED and job.holds:
            self._operate(ref, "resume", lambda act: holds.resume(engine, act, ref))
        elif job.status is Status.WAITING_REVIEW:
            self._operate(ref, "approve", lambda act: review.approve(engine, act, ref))

    def _exhaust(self) -> None:
        for _ in range(20_000):
            if not self.sim.turn() and not self.sim.pass_time():
                return
        raise Broken("never comes to rest")

    def _check_end(self, job: Job) -> None:
        sim, engine = self.sim, self.sim.engine
        chunks = list(sim.world.chunks.get(job.ref, {}).values())
        if job.counts != count(chunks, job.expected if job.status is not Status.COMPLETED else 0):
            raise Broken(f"sealed {job.counts}, but the ledger has {count(chunks)}")
        if job.status not in (Status.COMPLETED, Status.CANCELLED, Status.FAILED):
            raise Broken(f"ended as {job.status}: {job.error}")
        for stage in range(len(job.stages)):
            of_stage = [chunk for chunk in chunks if chunk.stage == stage]
            self._check_stage(engine, job, stage, sum(chunk.size - len(chunk.todo) for chunk in of_stage))
        if job.status is Status.COMPLETED and any(not chunk.done for chunk in chunks):
            raise Broken("completed with units left")
        if job.status is Status.COMPLETED and len(job.stages) == 2 and job.stages[1].complete:
            first = sorted(result.value for result in settled(engine, job, 0) if result.error is None)
            second = len(list(settled(engine, job, 1)))
            if second != len(first):
                raise Broken(f"the second stage has {second} units, the first named {first}")
        self._check_audit(sim.world.audit[job.tenant])

    def _check_stage(self, engine: object, job: Job, stage: int, expected: int) -> None:
        rows = Counter(result.number for result in settled(self.sim.engine, job, stage))
        if len(rows) != expected or any(times > 1 for times in rows.values()):
            raise Broken(f"stage {stage}: {expected} settled units have the results {rows}")
        self._follow(job.ref)
        seen = self.followed[job.ref, stage][1]
        if not set(seen) >= set(rows) or (job.run == 1 and seen != rows):
            raise Broken(f"stage {stage}: who followed it saw {seen} of {rows}")
        streamed = Counter(result.number for result, _ in unread(self.sim.engine, job, stage, Position({0: START})))
        if set(streamed) != set(rows) or any(times > 1 for times in streamed.values()):
            raise Broken(f"stage {stage}: streamed {streamed} of {rows}")

    def _check_audit(self, chain: list[AuditRecord]) -> None:
        key_of = MemorySecrets().key
        if any(not record.intact(key_of) for record in chain) or any(
            one.hash != two.previous for one, two in pairwise(chain)
        ):
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

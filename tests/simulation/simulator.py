"""A seeded simulation of everything around the engine.

Each call of the engine (an operator's, a worker's, the execution's, recovery's) is a greenlet that stops before every effect on
the outside world. The simulator picks who goes on, and what happens to the effect: it is done, throttled, done while its answer
is lost, refused as if somebody else had been quicker, or its caller is killed on the spot. Messages come in any order, twice,
late or never. A service, or one job's part of the table, may refuse everything for a while; indexes lag; clocks differ. Time is
virtual. The same seed makes the same schedule.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from fermata.adapters.memory import (
    MemoryBlobs,
    MemoryLedger,
    MemoryLog,
    MemoryQueue,
    MemorySecrets,
    MemoryStore,
    MemoryWorkflow,
    State,
)
from fermata.adapters.memory.api_keys import MemoryKeys
from fermata.adapters.memory.counters import MemoryCounters
from fermata.adapters.memory.parking import MemoryParking
from fermata.adapters.memory.receivers import MemoryReceivers
from fermata.adapters.memory.schedules import MemoryScheduler, MemorySchedules
from fermata.adapters.memory.webhooks import MemoryWebhookQueue, MemoryWebhooks
from fermata.control.engine import Engine
from fermata.control.reconcile import arrived
from fermata.control.recovery import recover
from fermata.domain.chunks import LEASE, count
from fermata.domain.errors import FermataError, Retryable, ServiceFailed, Stale, TokenSpent, Unavailable
from fermata.domain.holds import SYSTEM, standing
from fermata.domain.jobs import Job, Ref
from fermata.domain.kind import Finishing, Json, Kind, Planned, Planning, Policy, Stage, Unit, UnitError, UnitRetry
from fermata.domain.transitions import Status
from fermata.ports import Gate, Message
from fermata.runner.claim import ChunkOutcome
from fermata.runner.deadline import EXPRESS, Slice
from fermata.runner.dispatch import handle
from greenlet import GreenletExit, getcurrent, greenlet

MAX_RECEIVES = 5

SKEW = 0.9
"""Seconds that a clock is off at most; two of them differ by less than a worker leaves free at the end of its lease."""

LAG = 5.0
"""Seconds that an index is behind at most."""


class Broken(AssertionError):
    """A promise was broken."""


@dataclass
class Actor:
    """One call of the engine on its way.

    Attributes:
        wakes: what it waits for; None: it may go on.
        family: the call it belongs to; a worker's slots die with it.
        doing: the unit it runs just now.
        skew: seconds that its clock is ahead.
    """

    name: str
    glet: greenlet
    family: Actor | None = None
    wakes: Callable[[], bool] | None = None
    wakes_at: float = float("inf")
    done: Callable[[str], None] = lambda how: None
    dead: bool = False
    doing: tuple[Ref, int, int] | None = None
    skew: float = 0.0

    @property
    def root(self) -> Actor:
        return self.family.root if self.family else self


@dataclass(frozen=True)
class Chaos:
    """How likely each mishap is, per effect or per message."""

    throttle: float = 0.02
    lose_answer: float = 0.02
    stale: float = 0.02
    kill: float = 0.01
    duplicate: float = 0.1
    lose_message: float = 0.03
    freeze: float = 0.02
    short_slice: float = 0.1
    untranslated: float = 0.003
    lose_execution: float = 0.003
    shut_down: float = 0.002
    outage: float = 0.001
    lag: float = 0.2
    skew: float = 0.3


CALM = Chaos(*[0.0] * 14)


class Untranslated(Exception):
    """An error of a dependency that nobody has translated."""


class Simulator:
    """A world with actors in it. See the module."""

    def __init__(self, seed: int, chaos: Chaos) -> None:
        self.random = random.Random(seed)
        self.chaos = chaos
        self.now = 1_800_000_000.0
        self.world = State()
        self.actors: list[Actor] = []
        self.hub = getcurrent()
        self.late: list[tuple[float, str, Message, int]] = []
        self.ids = 0
        self.violation: str | None = None
        self.runs: list[tuple[Ref, int, int]] = []
        self.final_since: dict[tuple[Ref, int], float] = {}
        self.final: dict[Ref, tuple[Status, int]] = {}
        self.checked: dict[Ref, tuple[int, int, int, int]] = {}
        self.slices: list[tuple[Actor, Slice]] = []
        self.outages: dict[object, tuple[float, FermataError]] = {}
        self.changed_at: dict[Ref, float] = {}
        self.retried: list[tuple[float, tuple[Ref, int, str]]] = []
        clock = SimulatedClock(self)
        ports: dict[str, Any] = {
            "store": MemoryStore(self.world, clock),
            "ledger": MemoryLedger(self.world),
            "log": MemoryLog(self.world),
            "counters": MemoryCounters(self.world),
            "queue": MemoryQueue(self.world, clock),
            "workflow": MemoryWorkflow(self.world),
            "parking": MemoryParking(self.world),
            "blobs": MemoryBlobs(self.world),
        }
        self.services = list(ports)
        faulty = {name: Faulty(self, name, port) for name, port in ports.items()}
        plain: dict[str, Any] = {
            "schedules": MemorySchedules(self.world),
            "scheduler": MemoryScheduler(self.world),
            "keys": MemoryKeys(),
            "webhooks": MemoryWebhooks(self.world),
            "webhook_queue": MemoryWebhookQueue(self.world, clock),
            "receivers": MemoryReceivers(),
        }
        self.engine = Engine(secrets=MemorySecrets(), clock=clock, kinds=kinds(self), **plain, **faulty)  # type: ignore[arg-type]

    def sleep(self, seconds: float) -> None:
        self.block(lambda: False, self.now + seconds)

    # Actors ---------------------------------------------------------------------------------------------------------------

    def spawn(self, name: str, call: Callable[[], object], done: Callable[[str], None] = lambda how: None) -> Actor:
        actor = Actor(name, greenlet(lambda: None), done=done)
        parent = self.current()

        def body() -> None:
            how = "done"
            try:
                result = call()
                how = str(result)
            except GreenletExit:
                how = "killed"
            except (Retryable, ServiceFailed, TokenSpent, Untranslated) as error:
                how = f"error: {error!r}"
            except RuntimeError as error:  # a planner's, without secrets: it says what it was
                if Untranslated.__name__ not in str(error):
                    raise
                how = f"error: {error!r}"
            except FermataError as error:
                how = f"refused: {error!r}"
            actor.dead = True
            actor.doing = None
            if self.hub is not None and not actor.family:
                actor.done(how)

        actor.glet = greenlet(body, parent=self.hub)
        actor.family = parent
        if parent is None and self.random.random() < self.chaos.skew:
            actor.skew = self.random.uniform(-SKEW, SKEW)
        self.actors.append(actor)
        return actor

    def current(self) -> Actor | None:
        me = getcurrent()
        return next((actor for actor in self.actors if actor.glet is me), None)

    def block(self, until: Callable[[], bool], at: float = float("inf")) -> None:
        """Called inside an actor: let others go on until the condition, or the time, is there."""
        actor = self.current()
        if actor is None:
            return
        if actor.root.dead:
            raise GreenletExit
        actor.wakes, actor.wakes_at = until, at
        self.hub.switch()
        if actor.root.dead:
            raise GreenletExit

    def kill(self, actor: Actor) -> None:
        root = actor.root
        root.dead = True
        if not root.glet:  # it had not begun
            root.done("killed")
        for one in [other for other in self.actors if other.root is root]:
            one.dead = True
            if one.glet and one.glet is not getcurrent():
                one.glet.throw(GreenletExit)

    def turn(self) -> bool:
        """Let one actor go on, or something begin; False when nothing can happen before time passes."""
        self.actors = [actor for actor in self.actors if not actor.dead]
        self._mishaps()
        able = [actor for actor in self.actors if actor.wakes is None or actor.wakes_at <= self.now or actor.wakes()]
        starts = self._starts()
        if not able and not starts:
            return False
        if able and (not starts or self.random.random() < 0.8):
            actor = self.random.choice(able)
            if self.random.random() < self.chaos.kill and not actor.name.startswith("check"):
                self.kill(actor)
                return True
            actor.wakes, actor.wakes_at = None, float("inf")
            actor.glet.switch()
        else:
            self.random.choice(starts)()
        self.check()
        return True

    def _mishaps(self) -> None:
        """What befalls the stack as a whole."""
        running = [place for place, state in self.world.executions.items() if state == "running"]
        if running and self.random.random() < self.chaos.lose_execution:
            place, end = self.random.choice(running), self.random.choice(["completed", "failed", "aborted", None])
            if end is None:
                del self.world.executions[place]
            else:
                self.world.executions[place] = end
        if self.random.random() < self.chaos.shut_down:
            self.shut_down()
        if self.random.random() < self.chaos.outage:
            what: object = self.random.choice([*self.services, *self.world.jobs])
            error = self.random.choice([Unavailable("SlowDown"), ServiceFailed("AccessDenied")])
            self.outages[what] = self.now + self.random.uniform(5, 120), error

    def shut_down(self) -> None:
        """Stop all workers in good order: they are told, and those that take too long are killed."""
        for actor, slice in self.slices:
            slice.stopped.set()
            self.spawn(f"check-{actor.name}", lambda actor=actor: self._end_after(actor))  # type: ignore[misc]
        self.slices = []

    def _end_after(self, actor: Actor) -> None:
        self.sleep(2.0)
        if not actor.dead:
            self.kill(actor)

    def pass_time(self) -> bool:
        """Go to the next moment at which something happens; False when there is none."""
        moments = [actor.wakes_at for actor in self.actors if not actor.dead]
        moments += [entry[0] for entry in self.late] + [at for at, _ in self.retried]
        ahead = [at for at in moments if self.now < at < float("inf")]
        if not ahead:
            return False
        self.now = min(ahead)
        return True

    # What begins by itself -------------------------------------------------------------------------------------------------

    def _starts(self) -> list[Callable[[], None]]:
        starts: list[Callable[[], None]] = []
        self.world.arrivals += [arrival for at, arrival in self.retried if at <= self.now]
        self.retried = [entry for entry in self.retried if entry[0] > self.now]
        if self.world.arrivals:
            starts.append(self._arrive)
        self.late += [(at, f"delayed-{len(self.late)}-{at}", message, 0) for at, message in self.world.delayed]
        self.world.delayed.clear()
        if self.world.queue or any(at <= self.now for at, *_ in self.late):
            starts.append(self._deliver)
        return starts

    def _arrive(self) -> None:
        at = self.random.randrange(len(self.world.arrivals))
        ref, number, state = self.world.arrivals.pop(at)
        if self.world.executions.get((ref, number)) != "running":
            return
        self.ids += 1
        token = f"token-{self.ids}"
        self.world.tokens[token] = (ref, number, state)

        def done(how: str) -> None:
            if not how.startswith(("killed", "error")) or token not in self.world.tokens:
                return
            del self.world.tokens[token]
            if ServiceFailed.__name__ in how:  # the state machine tries again what may pass, and gives the rest up
                self.world.executions[ref, number] = "failed"
            else:
                self.retried.append((self.now + self.random.uniform(0, 5), (ref, number, state)))

        self.spawn(f"arrive-{state}", lambda: arrived(self.engine, ref, number, state, token), done)

    def _deliver(self) -> None:
        ripe = [entry for entry in self.late if entry[0] <= self.now]
        if ripe and (not self.world.queue or self.random.random() < 0.5):
            entry = self.random.choice(ripe)
            self.late.remove(entry)
            _, id_, message, receives = entry
        else:
            message = self.world.queue.pop(self.random.randrange(len(self.world.queue)))
            self.ids += 1
            id_, receives = f"message-{self.ids}", 0
            luck = self.random.random()
            if luck < self.chaos.lose_message:
                return
            if luck < self.chaos.lose_message + self.chaos.duplicate:
                self.late.append((self.now + self.random.uniform(0, 60), f"{id_}-again", message, 0))
        self._work_on(id_, message, receives)

    def _work_on(self, id_: str, message: Message, receives: int) -> None:
        if receives >= MAX_RECEIVES:
            self.world.dead.append(message)
            return
        delivery = SimulatedDelivery(id_, receives > 0)

        def done(how: str) -> None:
            if how == ChunkOutcome.BUSY or how.startswith(("killed", "error")):
                self.late.append((self.now + LEASE + 1, id_, message, receives + 1))

        slots, slice = SimulatedSlots(self), self._slice(express=message.express)
        actor = self.spawn(f"worker-{id_}", lambda: handle(self.engine, message, delivery, slots, slice), done)
        self.slices = [(one, other) for one, other in self.slices if not one.dead] + [(actor, slice)]

    def _slice(self, *, express: bool) -> Slice:
        """Some slices are over at once."""
        seconds = 0.0 if self.random.random() < self.chaos.short_slice else EXPRESS if express else 300.0
        return Slice(self.now + seconds, self.now, express, threading.Event())

    def recover(self) -> None:
        self.spawn("recovery", lambda: recover(self.engine, self.now + 300))

    # What must always be true ----------------------------------------------------------------------------------------------

    def check(self) -> None:
        if self.violation:
            raise Broken(self.violation)
        for ref, job in self.world.jobs.items():
            self._check_job(ref, job)

    def _check_job(self, ref: Ref, job: Job) -> None:
        chunks = self.world.chunks.get(ref, {})
        stored = (job.rev, len(self.world.events[ref]), len(chunks), sum(chunk.rev for chunk in chunks.values()))
        if self.checked.get(ref) == stored:
            return
        self.checked[ref] = stored
        self.changed_at[ref] = self.now
        events = [event.number for event in self.world.events[ref]]
        if events != list(range(1, job.events + 1)):
            raise Broken(f"event numbers have gaps: {events}")
        counts = job.counts or count(chunks.values(), job.expected)
        if counts.succeeded + counts.failed + counts.remaining != counts.total or counts.remaining < 0:
            raise Broken(f"counts do not add up: {counts}")
        was = self.final.get(ref)
        if was and was != (job.status, job.run) and job.run == was[1]:
            raise Broken(f"final status {was[0]} became {job.status}")
        if job.status.final:
            self.final_since.setdefault((ref, job.run), self.now)
            self.final[ref] = (job.status, job.run)

    def unit_starts(self, unit: Unit) -> None:
        ref = Ref(unit.tenant, unit.job_id)
        job = self.world.jobs[ref]
        stage, number = (int(part) for part in unit.key.rsplit("/", 2)[1:])
        if job.status is Status.PAUSED and self._held(job):
            self.violation = f"unit {number} started while the job was paused"
        if job.status.final and self.stopped_before(job):
            self.violation = f"unit {number} started after the job was {job.status}"
        chunk = next(
            c for c in self.world.chunks[ref].values() if c.stage == stage and c.first <= number < c.first + c.size
        )
        if number not in chunk.todo:
            self.violation = f"unit {number} started although it was settled"
        self.runs.append((ref, stage, number))

    def _held(self, job: Job) -> bool:
        """A hold that ends by the clock may end while a slow pauser, or one whose clock is behind, still writes ``paused``."""
        scope, now = self.world.scopes.get((job.tenant, SYSTEM)), self.now + 2 * SKEW
        return bool(job.own_holds(now) or (scope and standing([scope.hold], now)))

    def stopped_before(self, job: Job) -> bool:
        """A worker may have been stalled between its look at the gate and the unit's start; no longer than its lease lasts,
        which it may have renewed just before it stalled."""
        return self.now - self.final_since.get((job.ref, job.run), self.now) > 2 * LEASE


@dataclass(frozen=True)
class SimulatedClock:
    simulator: Simulator

    def now(self) -> float:
        actor = self.simulator.current()
        return self.simulator.now + (actor.root.skew if actor else 0.0)

    def sleep(self, seconds: float) -> None:
        self.simulator.sleep(seconds)


@dataclass
class SimulatedDelivery:
    id: str
    again: bool = False
    worker: str = "simulated"

    def extend(self, seconds: float) -> None:
        """The simulator delivers again by itself."""


@dataclass
class SimulatedSlots:
    """Slots that are actors of their own."""

    simulator: Simulator
    started: list[Actor] = field(default_factory=list)

    def start(self, work: Callable[[], None]) -> None:
        self.started.append(self.simulator.spawn("slot", work))

    def wait(self, seconds: float) -> None:
        before = sum(actor.dead for actor in self.started)
        self.simulator.block(lambda: sum(actor.dead for actor in self.started) > before, self.simulator.now + seconds)

    def rest(self, seconds: float, stop: Callable[[], bool]) -> bool:
        self.simulator.block(stop, self.simulator.now + seconds)
        return not stop()


class Faulty:
    """A port whose every call is a place where things go wrong."""

    def __init__(self, simulator: Simulator, name: str, port: object) -> None:
        self._simulator, self._name, self._port = simulator, name, port

    def __getattr__(self, method: str) -> Callable[..., Any]:
        call = getattr(self._port, method)

        def effect(*args: Any, **kwargs: Any) -> Any:
            simulator = self._simulator
            actor = simulator.current()
            if actor is None:
                return call(*args, **kwargs)
            simulator.block(lambda: True)
            if simulator.random.random() < simulator.chaos.freeze:
                simulator.block(lambda: False, simulator.now + simulator.random.uniform(0.1, 2.5 * LEASE))
            luck = simulator.random.random()
            if luck < simulator.chaos.throttle:
                raise Unavailable(f"{self._name}.{method} was throttled")
            self._work(args)
            if simulator.random.random() < simulator.chaos.untranslated:
                raise Untranslated(f"{self._name}.{method} failed in a way of its own")
            result = call(*args, **kwargs)
            if method in ("due", "open_jobs"):
                result = self._lagging(list(result))
            if isinstance(result, Gate):  # several items are read together, but not at once
                simulator.block(lambda: True)
                later = call(*args, **kwargs)
                torn = Gate(later.job, result.scopes), Gate(result.job, later.scopes)
                result = simulator.random.choice(torn)
            if hasattr(result, "__next__"):
                result = iter(list(result))
            if luck < simulator.chaos.throttle + simulator.chaos.lose_answer:
                raise Unavailable(f"the answer of {self._name}.{method} was lost")
            conditional = (self._name, method) == ("ledger", "save")
            if conditional and luck < simulator.chaos.throttle + simulator.chaos.lose_answer + simulator.chaos.stale:
                raise Stale("a retry inside the client found its own write")
            return result

        return effect

    def _work(self, args: tuple[Any, ...]) -> None:
        """Raises what the service, or the job's part of the table, refuses everything with just now."""
        simulator = self._simulator
        for what in (self._name, *(arg for arg in args if isinstance(arg, Ref))):
            if what in simulator.outages and simulator.now < simulator.outages[what][0]:
                raise simulator.outages[what][1]

    def _lagging(self, found: list[Any]) -> list[Any]:
        """As an index gives it: without some of what came to it a moment ago, and with some that has left it."""
        simulator = self._simulator
        if simulator.random.random() >= simulator.chaos.lag:
            return found
        since = simulator.now - LAG
        fresh = [ref for ref, at in sorted(simulator.changed_at.items()) if at >= since]
        kept = [item for item in found if item not in fresh or simulator.random.random() < 0.5]
        return kept + [ref for ref in fresh if ref not in found and simulator.random.random() < 0.5]


def kinds(simulator: Simulator) -> dict[str, Kind]:
    """Kinds whose units stop half-way, so that anything may come in between."""

    def refuse() -> None:
        """Now and then a provider refuses what a planner or a finisher asks of it."""
        if simulator.random.random() < 0.05:
            raise UnitRetry("not now", simulator.random.choice([None, 0.2, 20.0, 1000.0]))

    def plan(planning: Planning) -> Any:
        refuse()
        for number in range(planning.cursor or 0, planning.params["units"]):
            yield Planned({"number": number}, number + 1)

    def finish(finishing: Finishing) -> Json:
        refuse()
        return finishing.succeeded

    def plan_from_previous(planning: Planning) -> Any:
        refuse()
        for result in planning.previous():
            if result.error is None:
                yield Planned({"number": result.value}, None)

    def run(unit: Unit) -> Json:
        simulator.unit_starts(unit)
        number = unit.value["number"]
        simulator.block(lambda: True)
        if simulator.random.random() < 0.3:
            simulator.block(lambda: False, simulator.now + simulator.random.uniform(0.01, 3))
        if unit.params.get("fails") and number % unit.params["fails"] == 0:
            raise UnitError("it always fails")
        luck = simulator.random.random()
        if luck < 0.05:
            raise UnitRetry("not now", simulator.random.choice([None, 0.2, 2.0, 20.0]), throttled=luck < 0.01)
        if luck < 0.08:
            unit.wait(simulator.random.uniform(0.1, 20))
            simulator.unit_starts(unit)
        return number

    quick = Policy(concurrency=3, chunk_size=4, timeout=None, attempts=50, backoff=0.1)
    one = Kind("one", "one stage", (Stage("only", plan, run, quick),), parse=dict, schema=dict)
    draft = Stage("apply", plan_from_previous, run, replace(quick, concurrency=1), review=True)
    two = Kind(
        "two",
        "two stages",
        (Stage("first", plan, run, quick), Stage("second", plan_from_previous, run, quick)),
        dict,
        dict,
        finish,
    )
    reviewed = Kind("reviewed", "with a review", (Stage("draft", plan, run, quick), draft), dict, dict, finish)
    return {kind.name: kind for kind in (one, two, reviewed)}

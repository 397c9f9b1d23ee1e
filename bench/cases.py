"""What the cost figures bill: a job of some units, and what AWS charges for it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from fermata.control.results import settled
from fermata.domain.cost import estimate
from fermata.domain.kind import DEFAULT_WORKER, Json, Kind, Planned, Planning, Policy, Stage, Unit

from bench import cost_account, plain_queue
from bench.cost_account import Account
from bench.pricing import MILLION, PRICES, Usage, dollars, lambda_usage, slowdown

OWN = 0.00003
"""Seconds of a whole processor that the engine takes for each unit; the figure ``overhead`` measures it."""

KEPT = ("DynamoDB GB-months", "Backup GB-months", "S3 GB-months", "Log GB-months")
"""What is paid for keeping things."""

SECONDS = "Lambda GB-seconds"


@dataclass(frozen=True)
class Case:
    """A job to be billed.

    Attributes:
        seconds: how long a unit takes.
        width: how many units a worker has at a time: more than one where they wait, one where they keep the processor.
        chunk: units of a chunk, as a kind with such units would ask for.
        memory: MB of each function; None: as the template has it.
        padding: bytes of parameters.
    """

    units: int
    seconds: float
    width: int = 1
    chunk: int = 250
    memory: int | None = None
    padding: int = 0

    @property
    def kind(self) -> str:
        return f"bench-{self.width}-{self.chunk}"

    @property
    def megabytes(self) -> dict[str, int]:
        template = cost_account.memory()
        return template if self.memory is None else dict.fromkeys(template, self.memory)

    @property
    def alone(self) -> float:
        """Dollars for the functions' time of a million units, and nothing else."""
        seconds = self.seconds * sum(map(_share, range(self.units))) / self.units / self.width * MILLION
        return dollars(Usage(lambda_usage(0, seconds, self.megabytes["worker"])))


@dataclass(frozen=True)
class Bill:
    """What a case has cost.

    Attributes:
        purposes: by how many requests, and what was used, for each purpose.
        busy: seconds for which functions needed the processor beside their units, as a whole one counts them.
        estimated: dollars for a million units by what the job is said to have cost, see :mod:`fermata.domain.cost`.
    """

    case: Case
    usage: Usage
    requests: Counter[str]
    purposes: Mapping[str, tuple[int, Usage]]

    busy: float
    estimated: float = 0.0

    @classmethod
    def of(cls, case: Case, account: Account) -> Bill:
        meter = account.meter
        purposes = {name: (meter.purposes[name], Usage(usage)) for name, usage in meter.uses.items()}
        requests: Counter[str] = Counter()
        for (service, _), count in meter.requests.items():
            requests[service] += count
        return cls(case, meter.total(), requests, purposes, account.invoked["worker"].busy)

    def with_memory(self, megabytes: int) -> Bill:
        """About the same with workers of another memory, the others as they are: what waits takes as long, what computes
        takes longer or less long."""
        before = self.case.megabytes["worker"]
        count, usage = self.purposes["Lambda worker"]
        seconds = usage[SECONDS] / before * 1024 + self.busy * (slowdown(megabytes) - slowdown(before))
        changed = Usage(usage | {SECONDS: seconds * megabytes / 1024})
        case = replace(self.case, memory=megabytes)
        purposes = {**self.purposes, "Lambda worker": (count, changed)}
        return replace(self, case=case, usage=self.usage - usage + changed, purposes=purposes)

    @property
    def price(self) -> float:
        """Dollars for a million units."""
        return self.million(self.usage)

    @property
    def kept(self) -> float:
        """Of these, for keeping things."""
        return self.million({name: self.usage[name] for name in KEPT})

    @property
    def share(self) -> float:
        """What comes on top of the functions' own time, as a share of that."""
        return (self.price - self.case.alone) / self.case.alone

    @property
    def running_share(self) -> float:
        """The same, without what is paid for keeping things."""
        return self.share - self.kept / self.case.alone

    def million(self, usage: Mapping[str, float]) -> float:
        return dollars(usage) * MILLION / self.case.units

    def by_price(self) -> list[tuple[str, float]]:
        """Dollars for a million units, for each thing that AWS charges for."""
        return [(name, self.million({name: self.usage[name]})) for name in PRICES]


def kinds(account: Account, cases: list[Case]) -> dict[str, Kind]:
    """A kind for each width and size of chunks."""
    return {case.kind: _kind(account, case) for case in cases}


def billed(account: Account, case: Case) -> Bill:
    """Run the job, read all its results once, and keep them as long as the template says."""
    _prepare(account, case)
    padding = {"padding": "x" * case.padding} if case.padding else {}
    job = account.run(case.kind, {"units": case.units, "seconds": case.seconds, **padding})
    rows = settled(account.watching(), job, 0)
    found = [result.number for result in rows if result.value == value(result.number)]
    if found != list(range(case.units)):
        raise RuntimeError(
            f"{case.units - len(set(found))} results of {case.units} are missing: the bill would be too low"
        )
    chunks = account.unwatched.ledger.chunks(job.ref)
    said = estimate(job, chunks, {DEFAULT_WORKER: account.memory["worker"]}).total
    account.bill(cost_account.retention())
    return replace(Bill.of(case, account), estimated=said * MILLION / case.units)


def plain(account: Account, case: Case) -> Bill:
    """The same units without Fermata."""
    _prepare(account, case)
    plain_queue.run(account, case.units, case.seconds, case.width, value)
    account.bill(cost_account.retention())
    return Bill.of(case, account)


def value(number: int) -> Json:
    """A unit's result: about 60 bytes of JSON that no two units share."""
    return {"row": number, "title": f"document {number}", "sum": hashlib.sha256(str(number).encode()).hexdigest()[:16]}


def _share(number: int) -> float:
    """How long the unit takes, in shares of the mean: from a half to one and a half, as no two are alike."""
    return 0.5 + hashlib.sha256(str(number).encode()).digest()[0] / 255


def _prepare(account: Account, case: Case) -> None:
    account.reset()
    account.memory, account.keeps_processor = case.megabytes, case.width == 1


def _kind(account: Account, case: Case) -> Kind:
    def plan(planning: Planning) -> Iterator[Planned]:
        for number in range(planning.cursor or 0, planning.params["units"]):
            yield Planned(number, number + 1)

    def run(unit: Unit) -> Json:
        account.compute(OWN)
        account.clock.sleep(unit.params["seconds"] * _share(unit.value))
        return value(unit.value)

    stage = Stage("bench", plan, run, Policy(concurrency=case.width, chunk_size=case.chunk))
    return Kind(case.kind, "For the bench", (stage,), parse=dict, schema=dict)

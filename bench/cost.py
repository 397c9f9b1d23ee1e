"""Cost: what AWS charges for a million units of 10 ms, and for the same work without Fermata."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from fermata.control.results import settled
from fermata.domain.kind import Json, Kind, Planned, Planning, Policy, Stage, Unit
from fermata.local import template
from fermata.testing import ManualClock

from bench import cost_account, plain_queue
from bench.cost_account import Account
from bench.figure import Check, Figure, Table
from bench.metering import Meter
from bench.pricing import MILLION, PRICES, Usage, dollars

SIZES = (1_000, 10_000, 100_000)
PLAIN = 1_000
"""Units done without Fermata; their price does not depend on how many there are."""

SECONDS = 0.01
TARGET = 0.25
GROWTH = 1.02
"""How much dearer a unit of a larger job may be, for rounding's sake."""


@dataclass(frozen=True)
class Bill:
    """What some units have cost.

    Attributes:
        purposes: what was used for, and by how many requests, each purpose.
    """

    units: int
    usage: Usage
    requests: Counter[str]
    purposes: Mapping[str, tuple[int, Usage]]

    @classmethod
    def of(cls, units: int, meter: Meter) -> Bill:
        purposes = {name: (meter.purposes[name], Usage(usage)) for name, usage in meter.uses.items()}
        requests: Counter[str] = Counter()
        for (service, _), count in meter.requests.items():
            requests[service] += count
        return cls(units, meter.total(), requests, purposes)

    @property
    def price(self) -> float:
        """Dollars for a million units."""
        return self.million(self.usage)

    def million(self, usage: Mapping[str, float]) -> float:
        return dollars(usage) * MILLION / self.units


def measure() -> Figure:
    clock = ManualClock()
    with cost_account.opened({"bench": _kind(clock)}, clock) as account:
        bills = [_bill(account, units) for units in SIZES]
        account.meter.reset()
        plain_queue.run(account, PLAIN, SECONDS, value)
        plain = Bill.of(PLAIN, account.meter)
    memory = template.load()["Parameters"]["WorkerMemory"]["Default"]
    return Figure(
        "Cost of a million units of 10 ms",
        _checks(bills, plain),
        (_by_service([*bills, plain]), _by_request([*bills, plain]), _purposes(bills[1])),
        (
            "The dearest case: one unit at a time, each 10 ms long, and each with a result of its own of about 60 bytes. "
            "Time is virtual, so that commits and looks at the holds come just as often as they would.",
            "Requests are counted at boto3's clients; sizes of items, index entries and transactions (double) are priced by "
            "DynamoDB's rules. The event source's requests, state transitions (read from the execution's history), and the "
            "request that starts the job are on the bill, and so is reading all results once. Functions have 128 MB and are "
            f"billed {cost_account.LATENCY * 1000:g} ms for each request that they wait for.",
            f"With {memory} MB, the template's default, functions cost {memory // 128} times as much: "
            f"${_with(bills[0], memory):.3f}, ${_with(bills[-1], memory):.3f} for jobs of {SIZES[0]:,} and {SIZES[-1]:,} units, "
            f"and ${_with(plain, memory):.3f} plain.",
            "Not on the bill, since they do not depend on units: idle polling of the queue, recovery each minute, logs, storage.",
            f"Plain: {PLAIN:,} units sent to SQS by tens, taken by Lambda by tens, each result one item of DynamoDB.",
        ),
    )


def _bill(account: Account, units: int) -> Bill:
    account.meter.reset()
    job = account.run("bench", f"cost-{units}", units)
    found = [result.number for result in settled(account.engine, job, 0) if result.value == value(result.number)]
    if found != list(range(units)):
        raise RuntimeError(f"{units - len(set(found))} results of {units} are missing: the bill would be too low")
    return Bill.of(units, account.meter)


def _checks(bills: list[Bill], plain: Bill) -> tuple[Check, ...]:
    dearest = max(bill.price for bill in bills)
    grows = max(later.price / earlier.price for earlier, later in pairwise(bills))
    return (
        Check(
            "price of a million units, results included, at the dearest job size",
            f"${dearest:.3f}",
            f"≤ ${TARGET:.2f}",
            dearest <= TARGET,
        ),
        Check("price per unit of a ten times larger job", f"{grows:.2f}x", "does not grow", grows <= GROWTH),
        Check(
            "price of a million units beside plain SQS → Lambda → DynamoDB",
            f"${bills[-1].price:.3f} / ${plain.price:.3f}",
            "less",
            bills[-1].price < plain.price,
        ),
    )


def _with(bill: Bill, memory: int) -> float:
    """Dollars for a million units if functions had so many MB."""
    more = {"Lambda GB-seconds": bill.usage["Lambda GB-seconds"] * (memory / 128 - 1)}
    return bill.price + bill.million(more)


def _heads(bills: list[Bill]) -> list[str]:
    return [*(f"{bill.units:,} units" for bill in bills[:-1]), "plain"]


def _by_service(bills: list[Bill]) -> Table:
    rows = [
        (name, *(f"${bill.million({name: bill.usage[name]}):.4f}" for bill in bills))
        for name in PRICES
        if any(bill.usage[name] for bill in bills)
    ]
    rows.append(("**together**", *(f"**${bill.price:.4f}**" for bill in bills)))
    return Table("Dollars for a million units, by job size", ("", *_heads(bills)), tuple(rows))


def _by_request(bills: list[Bill]) -> Table:
    services = sorted({service for bill in bills for service in bill.requests})
    rows = [
        (service, *(f"{bill.requests[service] * MILLION / bill.units:,.0f}" for bill in bills)) for service in services
    ]
    return Table("Requests for a million units, as boto3's clients count them", ("", *_heads(bills)), tuple(rows))


def _purposes(bill: Bill) -> Table:
    dearest = sorted(bill.purposes.items(), key=lambda entry: -dollars(entry[1][1]))
    rows = [
        (
            name,
            f"{count / bill.units * MILLION:,.0f}",
            ", ".join(f"{amount / bill.units * MILLION:,.0f} {what}" for what, amount in usage.items() if amount),
            f"${bill.million(usage):.4f}",
        )
        for name, (count, usage) in dearest
        if count > 0
    ]
    title = f"Where it goes, for a million units in jobs of {bill.units:,}"
    return Table(title, ("for what", "requests", "priced as", "dollars"), tuple(rows))


def value(number: int) -> Json:
    """A unit's result: about 60 bytes of JSON that no two units share."""
    return {"row": number, "title": f"document {number}", "sum": hashlib.sha256(str(number).encode()).hexdigest()[:16]}


def _kind(clock: ManualClock) -> Kind:
    def plan(planning: Planning) -> Iterator[Planned]:
        for number in range(planning.cursor or 0, planning.params["units"]):
            yield Planned(number, number + 1)

    def run(unit: Unit) -> Json:
        clock.sleep(SECONDS)
        return value(unit.value)

    stage = Stage("bench", plan, run, Policy(concurrency=1, chunk_size=250))
    return Kind("bench", "For the bench", (stage,), parse=dict, schema=dict)

"""Cost: what AWS charges for a million units of 10 ms, from the request that starts their job until what they left has expired,
and for the same work without Fermata."""

from __future__ import annotations

from itertools import pairwise

from bench import cost_account
from bench.cases import Bill, Case, billed, kinds, plain
from bench.cost_account import COLD, INIT, REQUEST, TOKEN, WAITS
from bench.figure import Check, Figure, Table
from bench.pricing import MILLION, PRICES, dollars

SECONDS = 0.01
SIZES = (1_000, 10_000, 100_000)
LEAST = 128
PARAMS = 100_000

CASES = [Case(units, SECONDS, memory=LEAST) for units in SIZES]
DEFAULT, LARGE = Case(SIZES[0], SECONDS), Case(SIZES[0], SECONDS, memory=LEAST, padding=PARAMS)

TARGET = 0.15
GROWTH = 1.02
"""How much dearer a unit of a larger job may be, for rounding's sake."""


def measure() -> Figure:
    cases = [*CASES, DEFAULT, LARGE]
    with cost_account.opened(lambda account: kinds(account, cases)) as account:
        bills = [billed(account, case) for case in cases]
        bare = [plain(account, case) for case in (CASES[0], DEFAULT)]
    sizes = bills[: len(SIZES)]
    return Figure(
        "Cost of a million units of 10 ms",
        _checks(sizes, bare[0]),
        (
            _prices([*bills, *bare]),
            _requests([*bills, *bare]),
            purposes(bills[0], f"Where it goes, for a million units in jobs of {SIZES[0]:,} at {LEAST} MB"),
        ),
        (
            *how(),
            f"Plain: {SIZES[0]:,} units sent to SQS by tens, taken by Lambda by tens, each result one item of DynamoDB.",
        ),
    )


def _checks(bills: list[Bill], bare: Bill) -> tuple[Check, ...]:
    first = bills[0].price
    grows = max(later.price / earlier.price for earlier, later in pairwise(bills))
    missed = "" if first <= TARGET else f", ${first - TARGET:.3f} too much"
    return (
        Check(
            f"price of a million units in jobs of {SIZES[0]:,} at {LEAST} MB, of which ${bills[0].kept:.3f} for keeping what "
            "they left",
            f"${first:.3f}{missed}",
            f"≤ ${TARGET:.2f}",
            first <= TARGET,
        ),
        Check("price per unit of a ten times larger job", f"{grows:.2f}x", "does not grow", grows <= GROWTH),
        Check(
            "price of a million units beside plain SQS → Lambda → DynamoDB",
            f"${first:.3f} / ${bare.price:.3f}",
            "less",
            first < bare.price,
        ),
    )


def _heads(bills: list[Bill]) -> list[str]:
    names = [f"jobs of {units:,}" for units in SIZES]
    names += [
        f"{SIZES[0]:,}, template's memory",
        f"{SIZES[0]:,}, {PARAMS // 1000} KB of parameters",
        "plain",
        "plain, template's memory",
    ]
    return ["", *names[: len(bills)]]


def _prices(bills: list[Bill]) -> Table:
    rows = [
        (name, *(f"${bill.million({name: bill.usage[name]}):.4f}" for bill in bills))
        for name in PRICES
        if any(bill.usage[name] for bill in bills)
    ]
    rows.append(("**together**", *(f"**${bill.price:.4f}**" for bill in bills)))
    rows.append(("of which for keeping", *(f"${bill.kept:.4f}" for bill in bills)))
    said = (f"${bill.estimated:.4f}" if bill.estimated else "" for bill in bills)
    rows.append(("what the API estimates of the rest", *said))
    return Table(f"Dollars for a million units, {LEAST} MB unless the template's", tuple(_heads(bills)), tuple(rows))


def _requests(bills: list[Bill]) -> Table:
    services = sorted({service for bill in bills for service in bill.requests})
    rows = [
        (service, *(f"{bill.requests[service] * MILLION / bill.case.units:,.0f}" for bill in bills))
        for service in services
    ]
    return Table("Requests for a million units, as boto3's clients count them", tuple(_heads(bills)), tuple(rows))


def purposes(bill: Bill, title: str) -> Table:
    """What a bill is made of, the dearest first."""
    dearest = sorted(bill.purposes.items(), key=lambda entry: -dollars(entry[1][1]))
    each = MILLION / bill.case.units
    rows = [
        (
            name,
            f"{count * each:,.0f}" if count else "",
            ", ".join(f"{_rounded(amount * each)} {what}" for what, amount in usage.items() if amount),
            f"${bill.million(usage):.4f}",
        )
        for name, (count, usage) in dearest
        if bill.million(usage) >= 0.0001
    ]
    return Table(title, ("for what", "how many", "priced as", "dollars"), tuple(rows))


def _rounded(amount: float) -> str:
    return f"{amount:,.0f}" if amount >= 100 else f"{amount:.3g}"


def how() -> tuple[str, ...]:
    """How the bills are made."""
    kept = cost_account.retention()
    waits = ", ".join(f"{service} {seconds * 1000:g}" for service, seconds in WAITS.items())
    return (
        "The functions' own handlers run in one process by a virtual clock, each invocation beside the others as AWS would "
        "have it: the request that starts the job with its key, quota and audit record, the workers, the state machine's "
        "calls, recovery each minute. Requests are counted at boto3's clients, and sizes of items, entries of indexes and "
        "transactions (double) priced by DynamoDB's rules; the event sources' requests and the state transitions are on the "
        "bill, and so is reading all results once, each of which is about 60 bytes that no two units share. Units take half as "
        "long to one and a half times as long as said, and no two chunks alike.",
        f"Assumed: a function waits for an answer (ms: {waits}; a transaction twice as long), needs {REQUEST * 1000:g} ms of a "
        f"whole processor for each request, and has a share of one by its memory. Of a hundred invocations {COLD * 100:g} find "
        f"no function waiting and take {INIT:g} s to start, which is billed. A task token has {TOKEN} characters.",
        f"Kept, as the template says: items {kept.table:g} days, with point-in-time recovery, which costs nearly as much "
        f"again; files {kept.files:g}, log lines {kept.logs:g}. Log lines are those that the handlers wrote at the default "
        "level, and the gateway's.",
    )

"""Cost of longer units, 150 ms and 1.5 s: what the engine adds to the price of the functions' time."""

from __future__ import annotations

from bench import cost_account
from bench.cases import Bill, Case, billed, kinds, plain
from bench.cost import LEAST, how, purposes
from bench.figure import Check, Figure, Table

TARGET = 0.10
SHORT, LONG = 0.15, 1.5
CASES = [
    Case(1_000, SHORT, width=1, chunk=100),
    Case(1_000, SHORT, width=4, chunk=100),
    Case(10_000, SHORT, width=4, chunk=100),
    Case(1_000, LONG, width=1, chunk=100),
    Case(1_000, LONG, width=4, chunk=100),
]


def measure() -> Figure:
    with cost_account.opened(lambda account: kinds(account, CASES)) as account:
        bills = [billed(account, case) for case in CASES]
        bare = [plain(account, case) for case in CASES]
    pairs = list(zip(bills, bare, strict=True))
    pairs += [(ours.with_memory(LEAST), theirs.with_memory(LEAST)) for ours, theirs in pairs]
    return Figure(
        "Cost of a million units of 150 ms and 1.5 s",
        tuple(_check(bill) for bill, _ in pairs),
        (
            _prices(pairs),
            *(
                purposes(bill, f"Where it goes: {_name(bill.case)}, at the template's memory")
                for bill in bills
                if bill.share > TARGET
            ),
        ),
        (
            *how(),
            "Units that wait run four at a time in a worker; units that keep the processor one at a time, and the engine's own "
            f"work takes their time. A chunk has {CASES[0].chunk} of them: ten seconds of work or more.",
            f"At {LEAST} MB a second of a worker costs $0.0000017, as much as three writes or seven looks at the holds, of "
            "which a worker makes two a second whatever its memory: so the share is the higher the smaller the functions are.",
        ),
    )


def _name(case: Case) -> str:
    doing = "computing" if case.width == 1 else f"waiting, {case.width} at a time"
    return f"{case.seconds * 1000:g} ms, {doing}, jobs of {case.units:,}"


def _check(bill: Bill) -> Check:
    memory = bill.case.megabytes["worker"]
    missed = "" if bill.share <= TARGET else f", {(bill.share - TARGET) * bill.case.alone:.2f} dollars too much"
    return Check(
        f"what the engine adds to the functions' price: {_name(bill.case)}, {memory} MB",
        f"{bill.share:.1%} (without keeping: {bill.running_share:.1%}){missed}",
        f"≤ {TARGET:.0%}",
        bill.share <= TARGET,
    )


def _prices(pairs: list[tuple[Bill, Bill]]) -> Table:
    rows = [
        (
            _name(bill.case),
            f"{bill.case.megabytes['worker']} MB",
            f"${bill.case.alone:.3f}",
            f"${bill.price:.3f}",
            f"${bill.kept:.3f}",
            f"{bill.share:.1%}",
            f"${bare.price:.3f}",
        )
        for bill, bare in pairs
    ]
    header = ("", "memory", "functions alone", "together", "of which for keeping", "added", "plain")
    return Table("Dollars for a million units", header, tuple(rows))

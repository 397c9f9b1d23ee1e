"""What a stack costs a month that nobody uses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from fermata.local import template

from bench import cost_account
from bench.figure import Figure, Table
from bench.pricing import DAYS, Usage, dollars

MINUTES = DAYS * 24 * 60
POLLERS = 5
"""Connections that an event source keeps open to a queue, each asking again as soon as a long poll is over."""

METRICS = {"api": 1, "worker": 2}
"""Custom metrics that a kind of work makes where all goes well: jobs started; jobs ended, units succeeded."""


def measure() -> Figure:
    with cost_account.opened(lambda account: {}) as account:
        account.memory = cost_account.memory()
        account.recover()  # the first one makes its clients
        account.reset()
        account.recover()
        account.bill(cost_account.retention())
        seconds, found = account.invoked["recovery"].seconds, account.meter.total()
    recovery = Usage()
    recovery.update({name: amount * MINUTES for name, amount in found.items()})  # type: ignore[arg-type]
    recovery["Schedule calls"] = round(MINUTES)
    rows = [("recovery each minute, with its requests and logs", recovery), *_resources()]
    total = sum((usage for _, usage in rows), Usage())
    return Figure(
        "The idle stack",
        (),
        (
            Table(
                "Dollars a month",
                ("", "priced as", "dollars"),
                (
                    *((what, _priced(usage), f"${dollars(usage):.2f}") for what, usage in rows),
                    ("**together**", "", f"**${dollars(total):.2f}**"),
                ),
            ),
        ),
        (
            f"Recovery finds nothing to do: {seconds * 1000:.0f} ms, measured as in the figures of cost. The rest is read from "
            "the template, but for the queues, of which "
            f"each is assumed to keep {POLLERS} long polls open. An empty table, bucket, gateway and state machine cost "
            "nothing, and neither does the recovery to a point in time of an empty table. No free tier is taken off; without "
            "alarms and dashboard most accounts pay for the key and the polls alone.",
            f"Each kind of work that is in use adds {sum(METRICS.values())} custom metrics, "
            f"${dollars({'Custom metrics': sum(METRICS.values())}):.2f} a month while they come in, and a few more where units "
            "fail or jobs pause. A secret by name is Secrets Manager's, at $0.40.",
        ),
    )


def _resources() -> list[tuple[str, Usage]]:
    """What the template's resources cost by being there."""
    resources: Mapping[str, Any] = template.load()["Resources"]
    kinds = Counter(resource["Type"] for resource in resources.values() if "Condition" not in resource)
    # Queues that functions take from; what reads the table's stream is not charged for asking.
    waits = [
        queue["Properties"]["ReceiveMessageWaitTimeSeconds"]
        for queue in resources.values()
        if queue["Type"] == "AWS::SQS::Queue"
        and "Condition" not in queue
        and "ReceiveMessageWaitTimeSeconds" in queue["Properties"]
    ]
    polls = sum(POLLERS * MINUTES * 60 / seconds for seconds in waits)
    return [
        (f"polls of {len(waits)} queues", Usage({"SQS requests": polls})),
        ("alarms", Usage({"Alarms": kinds["AWS::CloudWatch::Alarm"]})),
        ("the dashboard", Usage({"Dashboards": kinds["AWS::CloudWatch::Dashboard"]})),
        ("the key", Usage({"KMS keys": kinds["AWS::KMS::Key"]})),
    ]


def _priced(usage: Usage) -> str:
    return ", ".join(
        f"{amount:,.3g} {name}" if amount < 100 else f"{amount:,.0f} {name}" for name, amount in usage.items() if amount
    )

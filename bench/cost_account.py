"""AWS for the cost figure: the engine in this process, by one virtual clock, over the local stack's services.

The deployed functions must not take part, since their requests could not be counted. So jobs get a queue of their own, which no
event source reads, and a state machine of their own: the real one, but that its states send their token to a queue instead
of invoking a function. What the functions would do, this module does, and puts it on the bill.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from fermata.adapters.aws.clients import Clients
from fermata.adapters.aws.queue import SqsQueue
from fermata.bootstrap import engine_from
from fermata.control.engine import Engine
from fermata.control.execution import enter
from fermata.control.starting import NewJob, start
from fermata.domain.events import Actor, Mutation
from fermata.domain.jobs import Job, Ref
from fermata.domain.kind import Kind
from fermata.environment import Environment
from fermata.local import template
from fermata.local.stack import Stack
from fermata.runner.dispatch import handle
from fermata.testing import InlineSlots, ManualClock

from bench import place
from bench.metering import Meter
from bench.pricing import lambda_usage

LATENCY = 0.005
"""Seconds that a function is billed for while it waits for one answer of AWS, added to the virtual time."""

SLICE = 870.0
ACTOR = Actor("default", "bench", frozenset({"read", "control"}))


@dataclass
class Account:
    """What runs jobs here, and what it costs.

    Attributes:
        engine, queue, clients: watched by the meter.
        unwatched: an engine to look with; sqs, stepfunctions: clients to play AWS with.
    """

    engine: Engine
    queue: SqsQueue
    clients: Clients
    clock: ManualClock
    meter: Meter
    stack: Stack
    work_url: str
    steps_url: str
    plain_url: str
    machine: str

    def __post_init__(self) -> None:
        self.unwatched = place.engine(self.stack)
        self.sqs, self.stepfunctions = self.stack.client("sqs"), self.stack.client("stepfunctions")

    def run(self, kind: str, job_id: str, units: int) -> Job:
        """Start a job and bring it to its end."""
        with self._invocation("api"):
            self.meter.use("HTTP API", {"HTTP API requests": 1})
            act = Mutation(ACTOR, "jobs.create", job_id, self.clock.now())
            job = start(self.engine, act, NewJob(family="jobs", id=job_id, kind=kind, params={"units": units}))
        while not (job := self.unwatched.store.job(job.ref)).closed:
            self._turn()
        self._bill_transitions(job)
        return job

    def _turn(self) -> None:
        """Deliver a message of the queue or, if there is none, the execution's next step, for which this waits a moment."""
        if entry := self._receive(self.work_url):
            self._deliver(entry)
            self.sqs.delete_message(QueueUrl=self.work_url, ReceiptHandle=entry["ReceiptHandle"])
        elif entry := self._receive(self.steps_url, wait=1):
            self.sqs.delete_message(QueueUrl=self.steps_url, ReceiptHandle=entry["ReceiptHandle"])
            self._step(json.loads(entry["Body"]))

    def _receive(self, url: str, wait: int = 0) -> Any:
        answer = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1, WaitTimeSeconds=wait)
        return next(iter(answer.get("Messages", [])), None)

    def _step(self, event: dict[str, Any]) -> None:
        with self._invocation("workflow"):
            ref = Ref(event["tenant"], event["job_id"])
            enter(self.engine, ref, int(event["run"]), event["step"], event["token"], self.clock.now() + SLICE)

    def _deliver(self, entry: Any) -> None:
        # The event source takes one message at a time, and deletes it afterwards.
        self.meter.use("event source: receive, delete", {"SQS requests": 2}, 2)
        record = {"messageId": entry["MessageId"], "body": entry["Body"], "receiptHandle": entry["ReceiptHandle"]}
        delivery: Any = self.queue.delivery(record)
        with self._invocation("worker"):
            handle(self.engine, delivery.message, delivery, InlineSlots(), self.clock.now() + SLICE)

    @contextmanager
    def _invocation(self, function: str) -> Iterator[None]:
        """One invocation of a function: its time is the clock's, and what it waits for AWS."""
        began, before = self.clock.now(), self.meter.count()
        yield
        seconds = self.clock.now() - began + LATENCY * (self.meter.count() - before)
        self.meter.use(f"Lambda {function}", lambda_usage(1, seconds))

    def _bill_transitions(self, job: Job) -> None:
        """A transition for each state that the execution entered."""
        executions = self.stepfunctions.list_executions(stateMachineArn=self.machine)["executions"]
        arn = next(one["executionArn"] for one in executions if one["name"].startswith(job.id.replace(":", "-")))
        pages = self.stepfunctions.get_paginator("get_execution_history").paginate(executionArn=arn)
        entered = sum(event["type"].endswith("StateEntered") for page in pages for event in page["events"])
        self.meter.use("states entered", {"Step Functions transitions": entered}, entered)


@contextmanager
def opened(kinds: dict[str, Kind], clock: ManualClock) -> Iterator[Account]:
    """An account that knows these kinds and nothing else."""
    with place.opened({"RecoverySchedule": "DISABLED"}) as stack:
        sqs = stack.client("sqs")
        names = ("bench-work", "bench-steps", "bench-plain")
        work, steps, plain = (sqs.create_queue(QueueName=name)["QueueUrl"] for name in names)
        machine = _machine(stack, steps)
        clients, meter = Clients(), Meter(place.indexes(stack))
        meter.watch(clients.dynamodb, clients.sqs, clients.s3, clients.kms, clients.stepfunctions)
        environment = Environment.read(place.variables(stack, "worker"))
        environment = replace(environment, queue_url=work, state_machine_arn=machine)
        engine = replace(engine_from(environment, clients), clock=clock, kinds=kinds)
        yield Account(engine, SqsQueue(work, None, clients), clients, clock, meter, stack, work, steps, plain, machine)


def _machine(stack: Stack, queue: str) -> str:
    """The real state machine, with a queue behind its states."""
    definition = template.definition()
    for name, state in definition["States"].items():
        if state.get("Resource", "").endswith(".waitForTaskToken"):
            state["Resource"] = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
            state["Parameters"] = {"QueueUrl": queue, "MessageBody": state["Parameters"]["Payload"]}
        elif name == "Fail":
            definition["States"][name] = {"Type": "Pass", "Next": state["Next"]}
    client = stack.client("stepfunctions")
    role = "arn:aws:iam::000000000000:role/bench"
    made = client.create_state_machine(name="bench", definition=json.dumps(definition), roleArn=role)
    return str(made["stateMachineArn"])

"""AWS for the cost figures: the functions' own handlers in this process, by one virtual clock, over the local stack's services.

The deployed functions must not take part, since their requests could not be counted. So jobs get queues of their own, which no
event source reads, and a state machine of their own: the real one, but that its states send their token to a queue instead
of invoking a function. What AWS would invoke, this module invokes, each invocation beside the others, and puts it on the bill.
"""

from __future__ import annotations

import io
import json
import os
import secrets
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass, field
from functools import partial
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import patch

from fermata import bootstrap
from fermata.adapters.aws.api_keys import DynamoKeys
from fermata.adapters.aws.clients import Clients, SystemClock
from fermata.adapters.aws.queue import SqsDelivery
from fermata.adapters.aws.store import RETENTION
from fermata.adapters.aws.workflow import StepFunctions, execution_name
from fermata.control.engine import Engine
from fermata.domain.access import CONTROL, READ, ApiKey, digest
from fermata.domain.jobs import Job, Ref
from fermata.domain.kind import Kind
from fermata.local import template
from fermata.local.stack import Stack
from fermata.observability import metrics
from fermata.runner import consumer
from greenlet import getcurrent, greenlet

from bench import functions, gateway, place
from bench.functions import Context
from bench.metering import Meter, Unwatched, watching
from bench.pricing import Usage, lambda_usage, log_usage, slowdown
from bench.virtual import VirtualClock, VirtualSlots

WAITS = {"dynamodb": 0.005, "sqs": 0.008, "s3": 0.030, "kms": 0.008, "stepfunctions": 0.025}
"""Seconds that a function waits for an answer of a service; a transaction takes twice as long."""

REQUEST = 0.0015
"""Seconds of a whole processor that one request takes to be made and its answer to be read."""

INVOCATION = {"api": 0.006, "worker": 0.001, "workflow": 0.001, "recovery": 0.001}
"""Seconds of a whole processor that an invocation takes besides its requests and units."""

COLD, INIT = 0.05, 1.0
"""Share of invocations that find no function waiting for them, and the seconds that one takes to start, which are billed."""

HOP = 0.03
"""Seconds from a message, or a state that is entered, to the invocation."""

MINUTE = 60.0
VISIBILITY = 3600
FUNCTIONS = ("api", "worker", "workflow", "recovery")
ACCESS_LINE = 420
"""Bytes of the gateway's line in the access log, by the template's format."""

TOKEN = 620
"""Characters of a task token; the local stack's are much shorter, and a token lies in the job's record."""


@dataclass(frozen=True)
class Retention:
    """Days that what is stored is kept: items of the table, files of the bucket, lines of the log."""

    table: float
    files: float
    logs: float


def retention() -> Retention:
    """The template's."""
    parameters = template.load()["Parameters"]
    days = (float(parameters[name]["Default"]) for name in ("FileRetentionDays", "LogRetentionDays"))
    return Retention(RETENTION / 86_400, *days)


def memory() -> dict[str, int]:
    """Of each function, in MB: the template's."""
    parameters = template.load()["Parameters"]
    return {name: int(parameters[f"{name.capitalize()}Memory"]["Default"]) for name in FUNCTIONS}


@dataclass
class Invocations:
    """How many of one function there were, how many seconds they took, and the lines and bytes that they wrote.

    Attributes:
        busy: seconds for which they needed the processor beside their units, as a whole one counts them.
    """

    count: int = 0
    seconds: float = 0.0
    busy: float = 0.0
    lines: int = 0
    bytes: int = 0


class Output(io.TextIOBase):
    """What functions write; ``tell`` is told of each piece."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell

    def write(self, text: str) -> int:
        self._tell(text)
        return len(text)


@dataclass
class Account:
    """What runs jobs here, and what it costs.

    Attributes:
        unwatched: an engine to look with; sqs, stepfunctions: clients to play AWS with.
        queues: URLs of the queues of the workers, with how many messages of each are worked on at a time.
        machine: ARN of the state machine, whose states send their tokens to steps_url.
        key: the API key of the user who starts jobs.
        memory: MB of each function.
        keeps_processor: units compute, so that a worker's own work holds them up; otherwise they wait, and it does not.
        invoked: by function.
    """

    stack: Stack
    clock: VirtualClock
    meter: Meter
    unwatched: Engine
    queues: Mapping[str, int]
    steps_url: str
    plain_url: str
    machine: str
    key: str
    memory: Mapping[str, int] = field(default_factory=dict)
    keeps_processor: bool = False
    invoked: dict[str, Invocations] = field(default_factory=lambda: defaultdict(Invocations))
    _clients: Clients = field(default_factory=Clients)
    _handlers: dict[str, ModuleType] = field(default_factory=dict)
    _here: dict[greenlet, tuple[str, VirtualSlots]] = field(default_factory=dict)
    _running: Counter[str] = field(default_factory=Counter)
    _mail: bool = False
    _arrivals: int = 0
    _open: bool = False
    _last: str = ""

    def __post_init__(self) -> None:
        self.sqs, self.stepfunctions = self.stack.client("sqs"), self.stack.client("stepfunctions")
        self.meter.after = self._answered

    def run(self, kind: str, params: Mapping[str, Any]) -> Job:
        """Start a job as a user would, and bring it to its end."""
        self.meter.use("HTTP API", Usage({"HTTP API requests": 1}))
        post = gateway.post("/api/v1/jobs", {"kind": kind, "params": params}, self.key)
        with self._invocation("api"):
            started = gateway.answer(self._handlers["api"].handler, post)
        self._written("x" * ACCESS_LINE + "\n")
        self._open = True
        self.clock.spawn(self._recover_each_minute, MINUTE)
        ref = Ref("default", started["id"])
        self._until_closed(ref)
        job = self.unwatched.store.job(ref)
        self._bill_transitions(job)
        return job

    def recover(self) -> None:
        """One run of recovery."""
        with self._invocation("recovery"):
            self._handlers["recovery"].handler({}, Context("recovery", 300.0))

    def bill(self, retention: Retention) -> None:
        """Put on the bill the functions' time, their logs, and that what they stored is kept."""
        for name, found in self.invoked.items():
            memory = self.memory[name]
            self.meter.use(f"Lambda {name}", lambda_usage(found.count, found.seconds, memory), found.count)
            self.meter.use("starts of functions", Usage(lambda_usage(0, found.count * COLD * INIT, memory)), 0)
            self.meter.use("logs", log_usage(found.lines, found.bytes, retention.logs), found.lines)
        self.meter.store(retention.table, retention.files)

    def reset(self) -> None:
        self.meter.reset()
        self.invoked.clear()

    def watching(self) -> Engine:
        """The workers' engine, whose requests are on the bill."""
        engine: Engine = self._handlers["worker"].parts()[0]
        return engine

    def watched(self) -> Clients:
        """Clients whose requests are on the bill."""
        return self._clients

    def compute(self, seconds: float) -> None:
        """From inside an invocation: it needs the processor, as a whole one counts the time."""
        function, slots = self._place()
        longer = seconds * slowdown(self.memory[function])
        self.invoked[function].busy += seconds
        if self.keeps_processor and slots is not None and getcurrent() in self._here:
            slots.occupy(longer)
        self.clock.sleep(longer)

    def _place(self) -> tuple[str, VirtualSlots | None]:
        """The function in which the caller runs; the api answers in threads of its own."""
        me = getcurrent()
        if me in self._here:
            return self._here[me]
        return next((place for place in self._here.values() if me in place[1].works), ("api", None))

    # What AWS does by itself. ------------------------------------------------------------------------------------------

    def _until_closed(self, ref: Ref) -> None:
        while self._open:
            if self._mail:
                self._deliver()
            elif self._arrivals:
                self._arrive()
            elif not self.clock.step():
                raise RuntimeError(f"nobody has anything left to do for {ref.id}, and it is not closed")
            if not self._mail and not self._arrivals and not self._running.total():
                self._open = not self.unwatched.store.job(ref).closed
        while self.clock.step():
            pass

    def _deliver(self) -> None:
        """Take messages, as far as there may be workers."""
        self._mail = False
        for url, most in self.queues.items():
            while (free := most - self._running[url]) > 0 and (entries := self._receive(url, min(10, free))):
                for entry in entries:
                    self._running[url] += 1
                    self.clock.spawn(partial(self._work, url, entry), HOP)

    def _receive(self, url: str, most: int, wait: int = 0) -> list[Any]:
        asked: dict[str, Any] = {"QueueUrl": url, "MaxNumberOfMessages": most, "WaitTimeSeconds": wait}
        answer = self.sqs.receive_message(**asked, AttributeNames=["ApproximateReceiveCount"])
        return list(answer.get("Messages", []))

    def _work(self, url: str, entry: Any) -> None:
        # The event source takes one message at a time, and deletes it afterwards.
        self.meter.use("event source: receive, delete", Usage({"SQS requests": 2}), 2)
        record = {
            "messageId": entry["MessageId"],
            "body": entry["Body"],
            "receiptHandle": entry["ReceiptHandle"],
            "attributes": entry["Attributes"],
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:bench",
            "awsRegion": "us-east-1",
        }
        with self._invocation("worker"):
            answer = self._handlers["worker"].handler({"Records": [record]}, Context("worker", 900.0))
        if answer["batchItemFailures"]:
            raise RuntimeError(f"a worker could not do {entry['Body']}: {self._last}")
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=entry["ReceiptHandle"])
        self._running[url] -= 1
        self._mail = True

    def _arrive(self) -> None:
        """An execution has been started: the state that it comes to sends its token."""
        for entry in self._receive(self.steps_url, 1, wait=20):
            self.sqs.delete_message(QueueUrl=self.steps_url, ReceiptHandle=entry["ReceiptHandle"])
            self._arrivals -= 1
            self._running["steps"] += 1
            self.clock.spawn(partial(self._step, json.loads(entry["Body"])), HOP)
            return
        raise RuntimeError("an execution that was started comes to no state")

    def _step(self, event: dict[str, Any]) -> None:
        event["token"] = event["token"].ljust(TOKEN)
        with self._invocation("workflow"):
            self._handlers["workflow"].handler(event, Context("workflow", 30.0))
        self._running["steps"] -= 1

    def _recover_each_minute(self) -> None:
        while self._open:
            self.recover()
            self.clock.sleep(MINUTE)

    @contextmanager
    def _invocation(self, function: str) -> Iterator[None]:
        """One invocation of a function: its time is the clock's."""
        began, me = self.clock.now(), getcurrent()
        self._here[me] = (function, VirtualSlots(self.clock))
        try:
            self.compute(INVOCATION[function])
            yield
        finally:
            del self._here[me]
        self.invoked[function].count += 1
        self.invoked[function].seconds += self.clock.now() - began

    def _answered(self, service: str, operation: str) -> None:
        """A function has computed a little for this request, and waited for the answer."""
        self._mail = self._mail or operation.startswith("SendMessage")
        self._arrivals += operation == "StartExecution"
        self.compute(REQUEST)
        self.clock.sleep(WAITS[service] * (2 if operation.startswith("Transact") else 1))

    def _written(self, text: str) -> None:
        function, _ = self._place()
        self._last = text if text.strip() else self._last
        self.invoked[function].lines += text.count("\n")
        self.invoked[function].bytes += len(text.encode())

    def _slots(self) -> VirtualSlots:
        return self._here[getcurrent()][1]

    def _bill_transitions(self, job: Job) -> None:
        """A transition for each state that the execution entered."""
        name = execution_name(job.ref, job.execution_number)
        arn = f"{self.machine.replace(':stateMachine:', ':execution:', 1)}:{name}"
        pages = self.stepfunctions.get_paginator("get_execution_history").paginate(executionArn=arn)
        entered = sum(event["type"].endswith("StateEntered") for page in pages for event in page["events"])
        self.meter.use("states entered", Usage({"Step Functions transitions": entered}), entered)


@contextmanager
def opened(kinds: Callable[[Account], Mapping[str, Kind]]) -> Iterator[Account]:
    """An account that knows these kinds and nothing else."""
    with place.opened({"RecoverySchedule": "DISABLED"}) as stack, ExitStack() as undo:
        sqs, parameters = stack.client("sqs"), template.load()["Parameters"]
        names = ("bench-work", "bench-express", "bench-steps", "bench-plain")
        work, express, steps, plain = (
            sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": str(VISIBILITY)})["QueueUrl"]
            for name in names
        )
        workers = {
            queue: int(parameters[f"{name}Concurrency"]["Default"])
            for queue, name in ((work, "Worker"), (express, "Express"))
        }
        machine, meter, known = _machine(stack, steps), Meter(place.indexes(stack)), dict[str, Kind]()
        account = Account(
            stack,
            VirtualClock(time.time()),
            meter,
            place.engine(stack, Unwatched()),
            workers,
            steps,
            plain,
            machine,
            _api_key(stack),
        )
        variables = {name: value for function in FUNCTIONS for name, value in place.variables(stack, function).items()}
        variables |= {
            "FERMATA_QUEUE_URL": work,
            "FERMATA_EXPRESS_QUEUE_URL": express,
            "FERMATA_STATE_MACHINE_ARN": machine,
            "FERMATA_LANES": str(workers[work]),
        }

        undo.enter_context(patch.dict(os.environ, variables))
        undo.enter_context(watching(meter))
        undo.enter_context(patch.object(StepFunctions, "move", _move))
        undo.enter_context(patch.object(SqsDelivery, "extend", _extend))
        undo.enter_context(patch.object(SystemClock, "now", lambda _: account.clock.now()))
        undo.enter_context(patch.object(SystemClock, "sleep", lambda _, seconds: account.clock.sleep(seconds)))
        undo.enter_context(patch.object(consumer, "ThreadSlots", account._slots))
        undo.enter_context(patch.object(metrics, "time", SimpleNamespace(monotonic=account.clock.now)))
        undo.enter_context(patch.object(bootstrap, "Registry", lambda: known))
        undo.enter_context(redirect_stdout(Output(account._written)))
        account._handlers.update({function: functions.load(function) for function in FUNCTIONS})
        known.update(kinds(account))
        yield account


MOVE, EXTEND = StepFunctions.move, SqsDelivery.extend


def _move(workflow: StepFunctions, token: str, here: str, there: str) -> None:
    MOVE(workflow, token.rstrip(), here, there)


def _extend(delivery: SqsDelivery, seconds: float) -> None:
    """The queue goes by the machine's clock, which may be behind the virtual one or before it: no message comes back here."""
    EXTEND(delivery, VISIBILITY)


def _api_key(stack: Stack) -> str:
    key = f"sk_{secrets.token_urlsafe(32)}"
    made = ApiKey("key_bench", "default", "bench", frozenset({READ, CONTROL}), digest(key), time.time())
    DynamoKeys(stack.outputs["TableName"], Unwatched()).add(made)
    return key


def _machine(stack: Stack, queue: str) -> str:
    """The real state machine, with a queue behind its states."""
    definition = template.definition()
    for state in definition["States"].values():
        if state.get("Resource", "").endswith(".waitForTaskToken"):
            state["Resource"] = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
            state["Parameters"] = {"QueueUrl": queue, "MessageBody": state["Parameters"]["Payload"]}
    client = stack.client("stepfunctions")
    role = "arn:aws:iam::000000000000:role/bench"
    made = client.create_state_machine(name="bench", definition=json.dumps(definition), roleArn=role)
    return str(made["stateMachineArn"])

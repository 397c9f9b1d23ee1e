"""Executions of jobs, in Step Functions."""

from __future__ import annotations

import hashlib
import json
import re

from fermata.adapters.aws.clients import Clients
from fermata.adapters.aws.errors import translated
from fermata.domain.errors import NotFound, ServiceFailed
from fermata.domain.jobs import Ref

READABLE = 48
DIGEST = 24
"""Characters of an execution's name: what people recognise, and what makes it unique; 80 are allowed."""

MAX_CAUSE = 32_768

ENDS = {"failed": "Failed", "cancelled": "Cancelled", "timed_out": "TimedOut"}
BREAKS = {"paused": "Paused", "review": "Review"}
"""What the state machine catches: an execution leaves its state by success where the work goes on, else by one of these."""


class StepFunctions:
    """Implements :class:`fermata.ports.Workflow` over the state machine of this ARN."""

    def __init__(self, state_machine: str, clients: Clients | None = None) -> None:
        self._state_machine = state_machine
        self._clients = clients or Clients()

    def start(self, ref: Ref, number: int) -> None:
        facts = json.dumps({"tenant": ref.tenant, "job_id": ref.id, "execution": number})
        client = self._clients.stepfunctions
        with translated():
            try:
                client.start_execution(
                    stateMachineArn=self._state_machine, name=execution_name(ref, number), input=facts
                )
            except client.exceptions.ExecutionAlreadyExists:
                return  # running, or over for less than 90 days

    def move(self, token: str, here: str, there: str) -> None:
        client = self._clients.stepfunctions
        with translated():
            if there in ENDS or (here == "working" and there in BREAKS):
                name = ENDS.get(there) or BREAKS[there]
                client.send_task_failure(taskToken=token, error=name, cause=f"the job is {there}")
            else:
                client.send_task_success(taskToken=token, output="{}")

    def stop(self, ref: Ref, number: int, reason: str) -> None:
        client, arn = self._clients.stepfunctions, self._execution(ref, number)
        try:
            with translated():
                client.stop_execution(executionArn=arn, error="Stopped", cause=reason[:MAX_CAUSE])
        except (NotFound, ServiceFailed):  # how a service says that it has ended differs: what counts is that it has
            if self.running(ref, number):
                raise

    def running(self, ref: Ref, number: int) -> bool:
        client = self._clients.stepfunctions
        try:
            with translated():
                answer = client.describe_execution(executionArn=self._execution(ref, number))
        except NotFound:
            return False
        return answer["status"] == "RUNNING"

    def succeed(self, token: str, output: str) -> None:
        with translated():
            self._clients.stepfunctions.send_task_success(taskToken=token, output=output)

    def fail(self, token: str, error: str, cause: str) -> None:
        with translated():
            self._clients.stepfunctions.send_task_failure(taskToken=token, error=error, cause=cause[:MAX_CAUSE])

    def beat(self, token: str) -> None:
        with translated():
            self._clients.stepfunctions.send_task_heartbeat(taskToken=token)

    def _execution(self, ref: Ref, number: int) -> str:
        return f"{self._state_machine.replace(':stateMachine:', ':execution:', 1)}:{execution_name(ref, number)}"


def execution_name(ref: Ref, run: int) -> str:
    """The same for the same run, and never for two of them, whatever characters tenant and id are made of."""
    facts = json.dumps([ref.tenant, ref.id, run]).encode()
    readable = re.sub(r"[^A-Za-z0-9_.-]+", "-", f"{ref.id}-{run}")[-READABLE:]
    return f"{readable}-{hashlib.sha256(facts).hexdigest()[:DIGEST]}"

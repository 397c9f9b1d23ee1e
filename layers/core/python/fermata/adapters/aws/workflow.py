"""Executions of jobs, in Step Functions."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from fermata.adapters.aws.clients import Clients
from fermata.adapters.aws.errors import translated
from fermata.domain.jobs import Ref

READABLE = 48
DIGEST = 24
"""Characters of an execution's name: what people recognise, and what makes it unique; 80 are allowed."""

MAX_CAUSE = 32_768


class StepFunctions:
    """Implements :class:`fermata.ports.Workflow` over the state machine of this ARN."""

    def __init__(self, state_machine: str, clients: Clients | None = None) -> None:
        self._state_machine = state_machine
        self._clients = clients or Clients()

    def start(self, ref: Ref, run: int) -> None:
        facts = json.dumps({"tenant": ref.tenant, "job_id": ref.id, "run": run})
        client = self._clients.stepfunctions
        with translated():
            try:
                client.start_execution(stateMachineArn=self._state_machine, name=execution_name(ref, run), input=facts)
            except client.exceptions.ExecutionAlreadyExists:
                return  # running, or over for less than 90 days

    def succeed(self, token: str, output: dict[str, Any]) -> None:
        with translated():
            self._clients.stepfunctions.send_task_success(taskToken=token, output=json.dumps(output))

    def stop(self, ref: Ref, run: int, reason: str) -> None:
        client = self._clients.stepfunctions
        with translated():
            try:
                client.stop_execution(executionArn=self._execution(ref, run), error="Stopped", cause=reason[:MAX_CAUSE])
            except client.exceptions.ExecutionDoesNotExist:
                return

    def running(self, ref: Ref, run: int) -> bool:
        client = self._clients.stepfunctions
        with translated():
            try:
                answer = client.describe_execution(executionArn=self._execution(ref, run))
            except client.exceptions.ExecutionDoesNotExist:
                return False
        return answer["status"] == "RUNNING"

    def _execution(self, ref: Ref, run: int) -> str:
        return f"{self._state_machine.replace(':stateMachine:', ':execution:', 1)}:{execution_name(ref, run)}"


def execution_name(ref: Ref, run: int) -> str:
    """The same for the same run, and never for two of them, whatever characters tenant and id are made of."""
    facts = json.dumps([ref.tenant, ref.id, run]).encode()
    readable = re.sub(r"[^A-Za-z0-9_.-]+", "-", f"{ref.id}-{run}")[-READABLE:]
    return f"{readable}-{hashlib.sha256(facts).hexdigest()[:DIGEST]}"

"""A local stack to measure on, and the engine in this process over the same AWS."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from fermata.adapters.aws.clients import Clients
from fermata.bootstrap import engine_from
from fermata.control.engine import Engine
from fermata.environment import Environment
from fermata.local.stack import Stack, running


@contextmanager
def opened(parameters: Mapping[str, str] | None = None, root: Path | None = None) -> Iterator[Stack]:
    """A stack of its own for one figure, of the project in ``root``, else of this one; boto3 in this process uses it too."""
    with running(parameters, root=root) as stack, patch.dict(os.environ, stack.environment()):
        yield stack


def variables(stack: Stack, function: str) -> dict[str, str]:
    """The environment of a deployed function (api, worker, workflow, recovery)."""
    name = stack.outputs[f"{function.capitalize()}FunctionName"]
    configuration = stack.client("lambda").get_function_configuration(FunctionName=name)
    return {name: str(value) for name, value in configuration["Environment"]["Variables"].items()}


def engine(stack: Stack, clients: Clients | None = None) -> Engine:
    """The engine of the stack, in this process."""
    return engine_from(Environment.read(variables(stack, "worker")), clients)


def indexes(stack: Stack) -> dict[str, tuple[str, ...]]:
    """The key attributes of each index of the table."""
    described = stack.client("dynamodb").describe_table(TableName=stack.outputs["TableName"])["Table"]
    return {
        index["IndexName"]: tuple(key["AttributeName"] for key in index["KeySchema"])
        for index in described["GlobalSecondaryIndexes"]
    }

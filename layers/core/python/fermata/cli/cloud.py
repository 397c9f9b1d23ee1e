"""The stack behind the API: the local one, or one that is deployed to AWS and named by ``--stack``."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fermata.cli import options
from fermata.cli.errors import Unreachable
from fermata.cli.session import NOT_RUNNING

if TYPE_CHECKING:
    from fermata.local.stack import Stack


def of_stack(function: options.F) -> options.F:
    """The command reaches into a stack, past its API."""
    named = click.option(
        "--stack",
        metavar="NAME",
        help="CloudFormation stack on AWS, reached with your own AWS credentials (default: the local stack).",
    )
    return named(options.state(function))


def running(state_dir: Path | None) -> Stack | None:
    """The local stack, once it is deployed; None as well where there is no project to have one."""
    from fermata.local import stack as local

    try:
        found = local.status(state_dir)
    except FileNotFoundError:
        return None
    return found if found is not None and found.outputs else None


def local_stack(state_dir: Path | None) -> Stack:
    """The running local stack. Raises Unreachable."""
    found = running(state_dir)
    if found is None:
        raise Unreachable(f"{NOT_RUNNING}.")
    return found


@contextmanager
def outputs_of(stack: str | None, state_dir: Path | None) -> Iterator[Mapping[str, str]]:
    """The stack's outputs; meanwhile AWS's clients reach that stack. Raises Unreachable, NotFound and Refused."""
    if stack:
        from fermata.adapters.aws.deployed import outputs

        yield outputs(stack)
        return
    found = local_stack(state_dir)
    with reaching(found):
        yield found.outputs


@contextmanager
def reaching(stack: Stack) -> Iterator[None]:
    """AWS's clients that are made meanwhile talk to the local stack, and see nothing of the caller's own AWS settings."""
    own = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    for name in own:
        del os.environ[name]
    os.environ.update(stack.environment())
    try:
        yield
    finally:
        for name in stack.environment():
            os.environ.pop(name, None)
        os.environ.update(own)

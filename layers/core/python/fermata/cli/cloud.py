"""The stack behind the API: the local one, or one that is deployed to AWS and named by ``--stack``."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from fermata.cli.endpoints import add_state, local_stack
from fermata.local.stack import Stack


def add_stack(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--stack",
        metavar="NAME",
        help="CloudFormation stack on AWS, used with your own credentials (default: the local stack)",
    )
    add_state(parser)


@contextmanager
def outputs_of(arguments: argparse.Namespace) -> Iterator[Mapping[str, str]]:
    """The stack's outputs; meanwhile AWS's clients reach that stack. Raises Unreachable, NotFound and Refused."""
    if arguments.stack:
        from fermata.adapters.aws.deployed import outputs

        yield outputs(arguments.stack)
        return
    stack = local_stack(arguments)
    with reaching(stack):
        yield stack.outputs


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

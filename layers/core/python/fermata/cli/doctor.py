"""``fermata doctor``: what to change at a stack on AWS, or at the account that it is in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from fermata.cli.errors import CommandError

if TYPE_CHECKING:
    from fermata.adapters.aws.deployed import Survey

BESIDES = 5
"""Executions that the API, the steps of jobs and recovery need beside the workers."""

QUOTA = "ask for more under Service Quotas, AWS Lambda, Concurrent executions (L-B99A9384)"


@click.command("doctor")
@click.option(
    "--stack", metavar="NAME", required=True, help="CloudFormation stack, read with your own AWS credentials."
)
def doctor_command(stack: str) -> None:
    """Say what to change at a stack on AWS, and at its account."""
    from fermata.adapters.aws.deployed import survey

    found = survey(stack)
    click.echo(described(found))
    advice = list(findings(found))
    for each in advice:
        click.echo(f"- {each}")
    if advice:
        raise CommandError(f"{len(advice)} to look at")
    click.echo("Nothing to change.")


def described(found: Survey) -> str:
    return (
        f"The account runs {found.account} functions at a time, {found.unreserved} of them for whoever comes first; "
        f"the stack takes up to {found.workers} for workers."
    )


def findings(found: Survey) -> Iterator[str]:
    """What to change, the gravest first."""
    if found.workers + BESIDES > found.unreserved:
        fit = max(2, found.unreserved - BESIDES)
        yield (
            f"Workers may take {found.workers} of {found.unreserved} executions, so that the API and the steps of jobs wait: "
            f"set WorkerConcurrency to {fit}, or {QUOTA}."
        )
    elif found.account <= 2 * BESIDES:
        yield f"The account runs {found.account} functions at a time, as new ones do: {QUOTA}, then raise WorkerConcurrency."
    if found.behind:
        yield (
            f"{', '.join(found.behind)}: callers reach an older version than was deployed. A rollout is under way or was turned "
            "back by an alarm, or settings were changed without a build: `sam build && sam deploy`."
        )
    if not found.reads_tokens:
        yield (
            "No token is accepted; callers need API keys (`fermata keys bootstrap --stack …`). With an identity provider, "
            "set JwtJwksUrl."
        )
    if not found.alarms_reach:
        yield "Alarms reach nobody: set AlarmEmail or AlarmTopicArn."

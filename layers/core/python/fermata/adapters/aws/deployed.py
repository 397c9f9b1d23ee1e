"""What a deployed stack is made of, asked of AWS: for tools that work beside it, never for the functions themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from fermata.domain.errors import NotFound, Refused

ALIAS = "live"
"""What callers reach each function by; the template's ``AutoPublishAlias``."""


def outputs(stack: str) -> dict[str, str]:
    """The outputs of a CloudFormation stack. Raises NotFound, and Refused when AWS does not let us ask."""
    with _refused():
        try:
            found = _client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        except Exception as error:
            if "does not exist" in str(error):
                raise NotFound("stack", stack) from None
            raise
    return {output["OutputKey"]: output["OutputValue"] for output in found[0].get("Outputs", ())}


def variables(function: str, client: Any = None) -> dict[str, str]:
    """The environment of a Lambda function. Raises Refused when AWS does not let us read it."""
    with _refused():
        found = (client or _client("lambda")).get_function_configuration(FunctionName=function).get("Environment", {})
    if "Error" in found:
        raise Refused(f"the settings of {function} can't be read: {found['Error'].get('Message', '')}")
    known: dict[str, str] = found.get("Variables", {})
    return known


@dataclass(frozen=True)
class Survey:
    """What a deployed stack runs on.

    Attributes:
        account: executions that the account may run at a time, in this region.
        unreserved: those of them that no function has kept for itself.
        workers: executions of the worker function that the queue may start at a time.
        reads_tokens: whether the api function accepts tokens of any kind; without, callers need API keys.
        alarms_reach: whether the alarms are told to anybody.
        behind: functions whose alias leads to another version than what was deployed last.
    """

    account: int
    unreserved: int
    workers: int
    reads_tokens: bool
    alarms_reach: bool
    behind: tuple[str, ...]


def survey(stack: str) -> Survey:
    """Look at a stack and the account that it is in. Raises NotFound and Refused."""
    found = outputs(stack)
    functions = {name: found[f"{name}FunctionName"] for name in ("Api", "Worker", "Workflow", "Recovery")}
    told = variables(functions["Api"])
    with _refused():
        client = _client("lambda")
        limits = client.get_account_settings()["AccountLimit"]
        return Survey(
            account=limits["ConcurrentExecutions"],
            unreserved=limits["UnreservedConcurrentExecutions"],
            workers=_workers(client, functions["Worker"]),
            reads_tokens=bool(told.get("FERMATA_JWT_SECRET") or told.get("FERMATA_JWT_JWKS_URL")),
            alarms_reach=_alarms_reach(stack),
            behind=tuple(name for name in functions.values() if _is_behind(client, name)),
        )


def _workers(client: Any, function: str) -> int:
    (source,) = client.list_event_source_mappings(FunctionName=f"{function}:{ALIAS}")["EventSourceMappings"]
    return int(source["ScalingConfig"]["MaximumConcurrency"])


def _alarms_reach(stack: str) -> bool:
    found = _client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0].get("Parameters", ())
    given = {parameter["ParameterKey"]: parameter.get("ParameterValue", "") for parameter in found}
    return bool(given.get("AlarmEmail") or given.get("AlarmTopicArn"))


def _is_behind(client: Any, function: str) -> bool:
    """Whether callers reach another code or other settings than the last deployment brought."""
    reached = client.get_function_configuration(FunctionName=function, Qualifier=ALIAS)
    latest = client.get_function_configuration(FunctionName=function)
    facts = ("CodeSha256", "Layers", "Environment", "MemorySize", "Timeout", "Role")
    return any(reached.get(fact) != latest.get(fact) for fact in facts)


def _client(service: str) -> Any:
    import boto3

    session: Any = boto3.session.Session()
    return session.client(service)


@contextmanager
def _refused() -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise Refused(f"AWS: {error}") from error

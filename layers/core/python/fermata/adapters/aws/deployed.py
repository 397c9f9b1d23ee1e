"""What a deployed stack is made of, asked of AWS: for tools that work beside it, never for the functions themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fermata.domain.errors import NotFound, Refused


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


def variables(function: str) -> dict[str, str]:
    """The environment of a Lambda function. Raises Refused when AWS does not let us read it."""
    with _refused():
        found = _client("lambda").get_function_configuration(FunctionName=function).get("Environment", {})
    if "Error" in found:
        raise Refused(f"the settings of {function} can't be read: {found['Error'].get('Message', '')}")
    known: dict[str, str] = found.get("Variables", {})
    return known


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

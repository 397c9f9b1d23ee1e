"""Creates or updates the CloudFormation stack on the local endpoint."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fermata.local import package, template
from fermata.local.errors import StackError
from fermata.local.server import API_ID

STACK_NAME = "fermata"
_CODE_BUCKET = "fermata-code"
_TIMEOUT = 120.0


@dataclass(frozen=True)
class Bundle:
    """What a deployment uploads.

    Attributes:
        files: archives of code, and the template, by their keys.
        parameters: values of the template's parameters.
        secrets: values of secrets that parameters name.
    """

    files: Mapping[str, bytes]
    parameters: Mapping[str, str]
    secrets: Mapping[str, str]


def build(root: Path, parameters: Mapping[str, str], secrets: Mapping[str, str]) -> Bundle:
    """Packs the project's code and transforms its template; needs no server."""
    files: dict[str, bytes] = {}

    def locate(folder: str) -> dict[str, str]:
        content = package.archive(root, folder)
        key = package.key_of(folder, content)
        files[key] = content
        return {"Bucket": _CODE_BUCKET, "Key": key}

    lean = _without_metric_math(package.without_dependencies(template.load(root)))
    result = template.plain(template.unversioned(lean), locate, root)
    template.with_tags(result, "HttpApi", {"ms-custom-id": API_ID})
    cors_as_called(result["Resources"]["HttpApi"]["Properties"])
    files["template.json"] = json.dumps(_with_numbers(result, parameters)).encode()
    return Bundle(files, parameters, secrets)


def deploy(session: Any, endpoint: str, bundle: Bundle) -> dict[str, str]:
    """Creates the stack, or updates it to this bundle, and returns its outputs.

    Raises StackError with the first resource that failed and the reason given for it.
    """
    _upload(session.client("s3", endpoint_url=endpoint), bundle.files)
    _keep(session.client("secretsmanager", endpoint_url=endpoint), bundle.secrets)
    cloudformation = session.client("cloudformation", endpoint_url=endpoint)
    arguments = {
        "StackName": STACK_NAME,
        "TemplateURL": f"{endpoint}/{_CODE_BUCKET}/template.json",
        "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in bundle.parameters.items()],
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
    }
    if _status(cloudformation) is None:
        cloudformation.create_stack(**arguments)
        _wait(cloudformation)
    elif _update(cloudformation, arguments):
        _wait(cloudformation)
    return _outputs(cloudformation)


def _without_metric_math(source: template.Template) -> template.Template:
    """The template without alarms over several metrics, which MiniStack does not know; nobody is woken by a local alarm."""
    kept = {name: r for name, r in source["Resources"].items() if "Metrics" not in r["Properties"]}
    return {**source, "Resources": kept}


def cors_as_called(api: dict[str, Any]) -> None:
    """Name what pages of other origins may by the words of API Gateway's own calls: MiniStack reads no others."""

    def named(node: Any) -> Any:
        if isinstance(node, dict) and "AllowOrigins" in node:
            return {name[0].lower() + name[1:]: value for name, value in node.items()}
        if isinstance(node, dict):
            return {name: named(value) for name, value in node.items()}
        return [named(value) for value in node] if isinstance(node, list) else node

    if "CorsConfiguration" in api:
        api["CorsConfiguration"] = named(api["CorsConfiguration"])


def _with_numbers(source: template.Template, parameters: Mapping[str, str]) -> template.Template:
    """The template with its number parameters as numbers, but for environments, which hold text.

    MiniStack would hand their text on to services that calculate with it.
    """
    numbers = {
        name: int(parameters.get(name, spec["Default"]))
        for name, spec in source["Parameters"].items()
        if spec["Type"] == "Number"
    }

    def resolved(node: Any) -> Any:
        if isinstance(node, dict):
            if node.keys() == {"Ref"} and node["Ref"] in numbers:
                return numbers[node["Ref"]]
            return {key: value if key == "Variables" else resolved(value) for key, value in node.items()}
        return [resolved(value) for value in node] if isinstance(node, list) else node

    return {**source, "Resources": resolved(source["Resources"])}


def _upload(s3: Any, files: Mapping[str, bytes]) -> None:
    s3.create_bucket(Bucket=_CODE_BUCKET)
    for key, content in files.items():
        s3.put_object(Bucket=_CODE_BUCKET, Key=key, Body=content)


def _keep(manager: Any, secrets: Mapping[str, str]) -> None:
    for name, value in secrets.items():
        try:
            manager.put_secret_value(SecretId=name, SecretString=value)
        except manager.exceptions.ResourceNotFoundException:
            manager.create_secret(Name=name, SecretString=value)


def _update(cloudformation: Any, arguments: Mapping[str, Any]) -> bool:
    """Whether there was anything to update."""
    from botocore.exceptions import ClientError

    try:
        cloudformation.update_stack(**arguments)
    except ClientError as error:
        if "No updates are to be performed" in str(error):
            return False
        raise StackError(f"The stack cannot be updated: {error}") from error
    return True


def _status(cloudformation: Any) -> str | None:
    from botocore.exceptions import ClientError

    try:
        status: str = cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"][0]["StackStatus"]
    except ClientError:
        return None
    return status


def _wait(cloudformation: Any) -> None:
    deadline = time.monotonic() + _TIMEOUT
    status = _status(cloudformation) or ""
    while status.endswith("_IN_PROGRESS") and time.monotonic() < deadline:
        time.sleep(0.1)
        status = _status(cloudformation) or ""
    if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise StackError(f"The stack is {status or 'gone'} after its deployment. {_why(cloudformation)}")


def _why(cloudformation: Any) -> str:
    events = cloudformation.describe_stack_events(StackName=STACK_NAME)["StackEvents"]
    for event in sorted(events, key=lambda e: e["Timestamp"]):
        if event["ResourceStatus"].endswith("_FAILED") and event["LogicalResourceId"] != STACK_NAME:
            reason = event.get("ResourceStatusReason", "no reason given")
            return f"{event['LogicalResourceId']} ({event['ResourceType']}): {reason}"
    return "No resource names a reason; see the server's log."


def _outputs(cloudformation: Any) -> dict[str, str]:
    stack = cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}

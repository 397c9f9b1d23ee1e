"""The least that could do a piece of work behind a request: gateway → function → queue → function → table, on the same stack."""

from __future__ import annotations

import io
import time
import zipfile
from typing import Any

from fermata.local.stack import Stack

PATH = "/bench/bare"
ROLE = "arn:aws:iam::000000000000:role/bench"

FRONT = """
import json, os, boto3
sqs = boto3.client("sqs")

def handler(event, context):
    body = json.loads(event["body"])
    sqs.send_message(QueueUrl=os.environ["BENCH_QUEUE"], MessageBody=json.dumps(body))
    return {"statusCode": 201, "headers": {"content-type": "application/json"}, "body": json.dumps(body)}
"""

BACK = """
import json, os, boto3
dynamodb = boto3.client("dynamodb")

def handler(event, context):
    for record in event["Records"]:
        key = {"pk": {"S": "bench"}, "sk": {"S": json.loads(record["body"])["id"]}}
        dynamodb.put_item(TableName=os.environ["BENCH_TABLE"], Item={**key, "status": {"S": "completed"}})
"""


def deploy(stack: Stack) -> None:
    """Beside Fermata, behind the same gateway."""
    lambda_, sqs, gateway = (stack.client(service) for service in ("lambda", "sqs", "apigatewayv2"))
    queue = sqs.create_queue(QueueName="bench-bare")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    variables = {"BENCH_QUEUE": queue, "BENCH_TABLE": stack.outputs["TableName"]}
    front, back = (_function(lambda_, name, code, variables) for name, code in (("front", FRONT), ("back", BACK)))
    lambda_.create_event_source_mapping(EventSourceArn=attributes["QueueArn"], FunctionName=back, BatchSize=1)
    api = stack.outputs["ApiId"]
    integration = gateway.create_integration(
        ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=front, PayloadFormatVersion="2.0"
    )["IntegrationId"]
    gateway.create_route(ApiId=api, RouteKey=f"POST {PATH}", Target=f"integrations/{integration}")


def _function(client: Any, name: str, code: str, variables: dict[str, str]) -> str:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as target:
        target.writestr("handler.py", code)
    made = client.create_function(
        FunctionName=f"bench-{name}",
        Runtime="python3.13",
        Role=ROLE,
        Handler="handler.handler",
        Code={"ZipFile": packed.getvalue()},
        Timeout=30,
        Environment={"Variables": variables},
    )
    deadline = time.monotonic() + 30
    while client.get_function_configuration(FunctionName=f"bench-{name}").get("State", "Active") != "Active":
        if time.monotonic() > deadline:
            raise RuntimeError(f"the function {name} does not become active")
        time.sleep(0.1)
    return str(made["FunctionArn"])

"""The harness itself, with functions of its own: the template's parts are connected as they should be."""

import json
import textwrap
from pathlib import Path

import pytest

pytestmark = pytest.mark.stack

API = """
    import json, os, boto3

    def handler(event, context):
        if event["rawPath"] == "/start":
            job = json.loads(event["body"])["job_id"]
            payload = json.dumps({"tenant": "t", "job_id": job, "execution": 1})
            arn = os.environ["FERMATA_STATE_MACHINE_ARN"]
            boto3.client("stepfunctions").start_execution(stateMachineArn=arn, name=job, input=payload)
        return {"statusCode": 200, "headers": {}, "body": json.dumps(event)}
"""
WORKFLOW = """
    import json, os, boto3

    def handler(event, context):
        table = boto3.resource("dynamodb").Table(os.environ["FERMATA_TABLE"])
        state, job = event["state"], event["job_id"]
        table.put_item(Item={"pk": job, "sk": state, "token": event["token"]})
        if job == "broken":
            raise ValueError("no")
        if job != "parked":
            queue = os.environ["FERMATA_EXPRESS_QUEUE_URL" if job == "quick" else "FERMATA_QUEUE_URL"]
            body = json.dumps({"token": event["token"], "job": job, "state": state})
            boto3.client("sqs").send_message(QueueUrl=queue, MessageBody=body, DelaySeconds=1)
"""
WORKER = """
    import json, boto3

    def handler(event, context):
        body = json.loads(event["Records"][0]["body"])
        if body["job"] == "refused":
            return {"batchItemFailures": [{"itemIdentifier": event["Records"][0]["messageId"]}]}
        states = boto3.client("stepfunctions")
        if body["job"] == "held":
            error = {"working": "Paused", "paused": "Cancelled"}[body["state"]]
            states.send_task_failure(taskToken=body["token"], error=error)
        else:
            states.send_task_success(taskToken=body["token"], output="{}")
"""


@pytest.fixture
def functions_root(tmp_path: Path) -> Path:
    sources = {"api": API, "workflow": WORKFLOW, "worker": WORKER, "recovery": "def handler(event, context): pass"}
    for name, source in sources.items():
        folder = tmp_path / "functions" / name
        folder.mkdir(parents=True)
        (folder / "handler.py").write_text(textwrap.dedent(source))
    return tmp_path


def steps(stack, job):
    table = stack.session.resource("dynamodb").Table(stack.outputs["TableName"])
    return [
        item["sk"]
        for item in table.query(KeyConditionExpression="pk = :j", ExpressionAttributeValues={":j": job})["Items"]
    ]


def status(stack, job):
    arn = stack.outputs["StateMachineArn"].replace(":stateMachine:", ":execution:") + f":{job}"
    return stack.client("stepfunctions").describe_execution(executionArn=arn)["status"]


def test_a_job_goes_through_gateway_state_machine_and_queue(stack):
    stack.http("POST", "/start", body={"job_id": "whole"})
    assert stack.pump() == 1
    assert status(stack, "whole") == "SUCCEEDED"
    assert steps(stack, "whole") == ["working"]


def test_quick_work_has_a_queue_of_its_own(stack):
    stack.http("POST", "/start", body={"job_id": "quick"})
    assert stack.pump() == 1
    assert status(stack, "quick") == "SUCCEEDED"


def test_an_execution_leaves_its_work_for_a_pause(stack):
    stack.http("POST", "/start", body={"job_id": "held"})
    while len(steps(stack, "held")) < 2:
        stack.pump()
    assert sorted(steps(stack, "held")) == ["paused", "working"]


def test_a_parked_job_leaves_the_stack_idle(stack):
    stack.http("POST", "/start", body={"job_id": "parked"})
    assert stack.pump() == 0
    assert status(stack, "parked") == "RUNNING"


def test_an_error_that_nobody_expects_ends_the_execution_and_not_the_job(stack):
    stack.http("POST", "/start", body={"job_id": "broken"})
    stack.pump()
    assert status(stack, "broken") == "FAILED"


def test_a_refused_message_stays_in_the_queue(stack):
    stack.http("POST", "/start", body={"job_id": "refused"})
    assert stack.pump() == 1
    names = ["ApproximateNumberOfMessagesNotVisible"]
    counts = stack.client("sqs").get_queue_attributes(QueueUrl=stack.outputs["QueueUrl"], AttributeNames=names)
    assert counts["Attributes"] == {"ApproximateNumberOfMessagesNotVisible": "1"}


def test_a_request_arrives_as_the_gateway_sends_it(stack):
    event = json.loads(stack.http("GET", "/a/b", query={"x": [1, 2]}, headers={"X-Api-Key": "k"}).body)
    assert (event["rawPath"], event["rawQueryString"]) == ("/a/b", "x=1&x=2")
    assert event["headers"]["x-api-key"] == "k"


def test_each_function_has_its_own_environment(stack):
    assert stack.env("recovery")["FERMATA_DEAD_LETTER_QUEUE_URL"] == stack.outputs["DeadLetterQueueUrl"]
    assert "FERMATA_JWT_SECRET" in stack.env("api")
    assert "FERMATA_JWT_SECRET" not in stack.env("worker")

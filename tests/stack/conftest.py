"""The whole template in moto, with the real handlers behind its functions and the real state machine between them."""

import contextlib
import importlib.util
import json
import os
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest import mock
from urllib.parse import urlencode

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from fermata.local import template
from lambda_runtime import event_loop, logging_of_its_own
from moto.core.models import DEFAULT_ACCOUNT_ID as ACCOUNT_ID
from moto.kms.models import kms_backends
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.utils.boto_client import boto_client_for
from moto_account import mocked

FUNCTIONS = ("api", "worker", "workflow", "recovery")
CREATED = (
    "AWS::DynamoDB::Table",
    "AWS::IAM::Role",
    "AWS::KMS::Key",
    "AWS::Lambda::Function",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::SQS::Queue",
    "AWS::StepFunctions::StateMachine",
)
PARAMETERS = {
    "AllowLocalFiles": "true",
    "AllowedHosts": "localhost,127.0.0.1",
    "AnonymousAccess": "true",
    "DocumentObjects": "arn:aws:s3:::*",
    "JwtSecretName": "tokens",
    "DeletionProtection": "false",
}
SECRET = "a secret that is known to the tests alone"
PATIENCE = 30.0


@dataclass(frozen=True)
class Answer:
    """What the api function answered."""

    status: int
    headers: Mapping[str, str]
    body: str

    def json(self) -> Any:
        return json.loads(self.body)


CODE = {"ocr": "worker"}
"""Functions that share another one's code."""


@dataclass
class Stack:
    """The stack as its users and AWS see it: HTTP in front, the queue behind."""

    root: Path
    session: Any
    outputs: dict[str, str]
    modules: dict[str, ModuleType] = field(default_factory=dict)
    clients: dict[str, Any] = field(default_factory=dict)
    busy: threading.RLock = field(default_factory=threading.RLock)
    closed: bool = False

    def client(self, service: str) -> Any:
        """Made once: whoever makes one reads the whole environment, which another thread may be changing."""
        if service not in self.clients:
            with self.busy:
                self.clients[service] = self.session.client(service)
        return self.clients[service]

    def configuration(self, name: str) -> dict[str, Any]:
        function = self.outputs[f"{name.capitalize()}FunctionName"]
        return dict(self.client("lambda").get_function_configuration(FunctionName=function))

    def env(self, name: str) -> dict[str, str]:
        """The environment of a function, as the template gives it; moto resolves neither numbers nor secrets."""
        told = {k: str(v) for k, v in self.configuration(name)["Environment"]["Variables"].items()}
        return {k: SECRET if "{{resolve:secretsmanager:tokens}}" in v else v for k, v in told.items()}

    def invoke(self, name: str, event: Any) -> Any:
        """Runs a function's handler in its environment, one at a time, since moto is not atomic."""
        with self.busy, self._environment_of(name), event_loop():
            return self._handler(name)(event, _context(self.configuration(name)))

    def close(self) -> None:
        """Wait for the handler that an execution may be in, and let none begin: each puts back the environment that it found."""
        with self.busy:
            self.closed = True

    def _environment_of(self, name: str) -> Any:
        assert not self.closed, "the stack is gone"
        return mock.patch.dict(os.environ, self.env(name))

    def http(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> Answer:
        """A request as the gateway hands it on; a ``body`` that is no text goes as JSON."""
        event = http_event(method, path, body=body, headers=headers, query=query)
        result = self.invoke("api", event)
        return Answer(result["statusCode"], result.get("headers", {}), result.get("body", ""))

    def pump(self, limit: int = 1000) -> int:
        """Delivers messages and lets the state machine move until nothing moves any more; returns how many it delivered.

        A delayed message is waited for; one whose delivery failed stays invisible, as on AWS.
        """
        delivered, deadline = 0, time.monotonic() + PATIENCE
        while True:
            if self._deliver_one():
                delivered += 1
                assert delivered <= limit, "messages without end"
            elif self._is_idle():
                return delivered
            else:
                assert time.monotonic() < deadline, "the stack does not come to rest"
                time.sleep(0.005)

    @property
    def queues(self) -> list[str]:
        return [self.outputs["ExpressQueueUrl"], self.outputs["QueueUrl"], self.outputs["OcrQueueUrl"]]

    def _deliver_one(self) -> bool:
        return any(self._deliver_from(queue) for queue in self.queues)

    def _deliver_from(self, queue: str) -> bool:
        sqs = self.client("sqs")
        names = ["All"]
        received = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=1, AttributeNames=names, WaitTimeSeconds=0)
        for message in received.get("Messages", []):
            worker = "ocr" if queue == self.outputs["OcrQueueUrl"] else "worker"
            failures = self.invoke(worker, {"Records": [_record(message, queue)]}) or {}
            if not failures.get("batchItemFailures"):
                with contextlib.suppress(ClientError):
                    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return bool(received.get("Messages"))

    def _is_idle(self) -> bool:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed"]
        # The state machine first: what it does next may be to send a message.
        if not all(_waits(execution) for execution in self._running()):
            return False
        counts = [self.client("sqs").get_queue_attributes(QueueUrl=q, AttributeNames=names) for q in self.queues]
        return all(count["Attributes"][name] == "0" for count in counts for name in names)

    def _running(self) -> list[Any]:
        from moto.stepfunctions.parser.models import stepfunctions_parser_backends

        machines = stepfunctions_parser_backends["123456789012"][template.REGION].state_machines
        executions = [execution for machine in machines for execution in machine.executions]
        return [execution for execution in executions if execution.status == "RUNNING"]

    def _handler(self, name: str) -> Any:
        if name not in self.modules:
            path = self.root / "functions" / CODE.get(name, name) / "handler.py"
            spec = importlib.util.spec_from_file_location(f"fermata_function_{name}", path)
            assert spec and spec.loader
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            self.modules[name] = module
        return self.modules[name].handler


def http_event(
    method: str,
    path: str,
    *,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The gateway's event of a request, in payload format 2.0."""
    sent = {"host": "api.example.com", "user-agent": "tests"} | {k.lower(): v for k, v in (headers or {}).items()}
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": urlencode(query or {}, doseq=True),
        "headers": sent,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "api",
            "domainName": "api.example.com",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "tests",
            },
            "requestId": str(uuid.uuid4()),
            "routeKey": "$default",
            "stage": "$default",
            "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime()),
            "timeEpoch": int(time.time() * 1000),
        },
        "isBase64Encoded": False,
    }
    if body is not None:
        event["body"] = body if isinstance(body, str) else json.dumps(body)
        sent.setdefault("content-type", "application/json")
        sent["content-length"] = str(len(event["body"].encode()))
    return event


def _record(message: dict[str, Any], queue: str) -> dict[str, Any]:
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": {},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{template.REGION}:123456789012:{queue.rsplit('/', 1)[1]}",
        "awsRegion": template.REGION,
    }


def _context(configuration: Mapping[str, Any]) -> Any:
    deadline = time.monotonic() + configuration["Timeout"]
    return SimpleNamespace(
        function_name=configuration["FunctionName"],
        function_version="$LATEST",
        invoked_function_arn=configuration["FunctionArn"],
        memory_limit_in_mb=configuration["MemorySize"],
        aws_request_id=str(uuid.uuid4()),
        log_group_name="tests",
        log_stream_name="tests",
        identity=None,
        client_context=None,
        get_remaining_time_in_millis=lambda: max(0, int((deadline - time.monotonic()) * 1000)),
    )


def _waits(execution: Any) -> bool:
    """Whether an execution has handed out a token and nobody has called back with it yet."""
    worker = execution.exec_worker
    if worker is None or worker.env is None:
        return False
    events = execution.to_history_output()["events"]
    tokens = list(worker.env.callback_pool_manager._pool.values())
    return bool(events and events[-1]["type"] == "TaskSubmitted" and tokens and tokens[-1].get_outcome() is None)


@pytest.fixture(scope="session")
def moto_template() -> str:
    """The template without what moto cannot create: the ways in, the watching and the policies, which it does not enforce."""
    plain = template.plain(template.unversioned(template.load()), lambda folder: {"Bucket": "code", "Key": folder})
    kept = {name: r for name, r in plain["Resources"].items() if r["Type"] in CREATED}
    for resource in kept.values():
        properties = resource["Properties"]
        if resource["Type"] == "AWS::Lambda::Function":
            properties.update(Code={"ZipFile": "pass"}, Layers=[])
        if resource["Type"] == "AWS::StepFunctions::StateMachine":
            properties["DefinitionString"] = json.dumps(properties.pop("Definition"))
        if resource["Type"] == "AWS::IAM::Role":
            del properties["Policies"]
    outputs = {k: v for k, v in plain["Outputs"].items() if not _names(v)}
    return json.dumps({**plain, "Resources": kept, "Outputs": outputs})


def _names(node: Any) -> set[str]:
    """Of what it names, that which moto does not create."""
    text = json.dumps(node)
    return {name for name in ("HttpApi", "Dashboard", "EventBus", "IntakeQueue") if name in text}


@pytest.fixture(scope="session")
def functions_root() -> Path:
    """The project whose ``functions/`` are run."""
    return template.project_root()


@pytest.fixture
def stack(moto_template: str, functions_root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """A fresh stack."""
    with opened(moto_template, functions_root, monkeypatch) as opened_stack:
        yield opened_stack


@contextlib.contextmanager
def opened(moto_template: str, functions_root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """A stack that is gone afterwards."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in {"ACCESS_KEY_ID": "ak", "SECRET_ACCESS_KEY": "sk", "DEFAULT_REGION": template.REGION}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    config: Any = {"stepfunctions": {"execute_state_machine": True}, "lambda": {"use_docker": False}}
    monkeypatch.setattr(
        "botocore.client.BaseClient._make_api_call", one_write_at_a_time(vars(BaseClient)["_make_api_call"])
    )
    with mocked(**config), logging_of_its_own():
        session = boto3.Session(region_name=template.REGION)
        created = Stack(functions_root, session, _create(session, moto_template))
        _bring_to_life(created)
        monkeypatch.setattr("moto.awslambda_simple.models.LambdaSimpleBackend.invoke", _invocation(created))
        monkeypatch.setattr(lambda_eval_utils, "boto_client_for", one_at_a_time(created.busy, boto_client_for))
        yield created
        for execution in created._running():
            created.client("stepfunctions").stop_execution(executionArn=execution.exec_arn)
        created.close()


def one_at_a_time(busy: threading.RLock, make: Any) -> Any:
    """Each state of moto's makes a client of the one session of the process, and reads the environment, which others change."""

    def made(*args: Any, **kwargs: Any) -> Any:
        with busy:
            return make(*args, **kwargs)

    return made


def one_write_at_a_time(call: Any) -> Any:
    """moto copies the table for each transaction, so that what another thread writes meanwhile would be lost."""
    lock = threading.RLock()

    def serialized(self: Any, operation: str, arguments: Any) -> Any:
        with lock if self.meta.service_model.service_name == "dynamodb" else contextlib.nullcontext():
            return call(self, operation, arguments)

    return serialized


def _make_it_sign(key_id: str) -> None:
    """moto takes every key that CloudFormation asks for to be one that encrypts."""
    key = kms_backends[ACCOUNT_ID][template.REGION].keys[key_id]
    key.key_usage, key.key_spec = "GENERATE_VERIFY_MAC", "HMAC_256"


def _create(session: Any, body: str) -> dict[str, str]:
    cloudformation = session.client("cloudformation")
    parameters = [{"ParameterKey": k, "ParameterValue": v} for k, v in PARAMETERS.items()]
    cloudformation.create_stack(StackName="fermata", TemplateBody=body, Parameters=parameters)
    outputs = cloudformation.describe_stacks(StackName="fermata")["Stacks"][0]["Outputs"]
    _make_it_sign(next(output["OutputValue"] for output in outputs if output["OutputKey"] == "MacKeyId"))
    return {output["OutputKey"]: output["OutputValue"] for output in outputs}


def _bring_to_life(stack: Stack) -> None:
    """Gives the state machine to moto's interpreter, which CloudFormation's own one does not reach."""
    definition = json.dumps(template.definition())
    definition = definition.replace("${WorkflowFunctionArn}", stack.configuration("workflow")["FunctionArn"])
    arn = stack.client("stepfunctions").create_state_machine(
        name=stack.outputs["StateMachineArn"].rsplit(":", 1)[1],
        definition=definition,
        roleArn="arn:aws:iam::123456789012:role/job",
    )["stateMachineArn"]
    assert arn == stack.outputs["StateMachineArn"]


def _invocation(stack: Stack) -> Any:
    """moto's invoke, leading to the handlers of this stack."""
    names = {stack.outputs[f"{name.capitalize()}FunctionName"]: name for name in FUNCTIONS}

    def invoke(self: Any, function_name: str, qualifier: Any, body: Any, headers: Any, response_headers: Any) -> bytes:
        name = names[function_name.rsplit(":function:", 1)[-1].split(":")[0]]
        try:
            return json.dumps(stack.invoke(name, json.loads(body or "null"))).encode()
        except Exception as error:
            response_headers["x-amz-function-error"] = "Unhandled"
            return json.dumps({"errorType": type(error).__name__, "errorMessage": str(error)}).encode()

    return invoke

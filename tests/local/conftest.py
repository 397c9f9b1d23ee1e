"""A project with the real template and small functions of its own, and a local stack that runs it."""

import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from fermata.cli.seeding import seed
from fermata.local import stack as local
from fermata.local import template

SOURCES = {
    "api": """
        import base64, json, fermata

        def handler(event, context):
            if event["rawPath"] == "/bytes":
                body = base64.b64encode(bytes(range(256))).decode()
                return {"statusCode": 201, "headers": {"content-type": "x/y"}, "body": body, "isBase64Encoded": True}
            return {"statusCode": 200, "headers": {"x-core": fermata.__file__}, "body": json.dumps(event)}
    """,
    "worker": """
        import json, os, time, boto3

        def handler(event, context):
            record = event["Records"][0]
            job, queue = json.loads(record["body"]), os.environ["FERMATA_QUEUE_URL"]
            sqs, table = boto3.client("sqs"), boto3.resource("dynamodb").Table(os.environ["FERMATA_TABLE"])
            sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=record["receiptHandle"], VisibilityTimeout=2)
            count = record["attributes"]["ApproximateReceiveCount"]
            table.put_item(Item={"pk": job["id"], "sk": count, "pid": str(os.getpid())})
            if job.get("hang") and count == "1":
                time.sleep(60)
    """,
    "workflow": "def handler(event, context): pass",
    "recovery": "def handler(event, context): pass",
    "webhooks": "def handler(event, context): pass",
}


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root, real = tmp_path_factory.mktemp("project"), template.project_root()
    for name in ("template.yaml", "statemachines", "dashboard"):
        (root / name).symlink_to(real / name)
    for name, source in SOURCES.items():
        (root / "functions" / name).mkdir(parents=True)
        (root / "functions" / name / "handler.py").write_text(textwrap.dedent(source))
    core = root / "layers" / "core" / "python" / "fermata"
    core.mkdir(parents=True)
    (core / "__init__.py").write_text("")
    return root


@pytest.fixture(scope="package")
def stack() -> Iterator[local.Stack]:
    """The real stack, with its keys."""
    with local.running() as running:
        seed(running)
        yield running


@pytest.fixture(scope="session")
def own_stack(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[local.Stack]:
    """A running stack of the small functions."""
    with local.running(root=project, state_dir=tmp_path_factory.mktemp("state")) as stack:
        yield stack

from __future__ import annotations

import subprocess
import sys

from fermata.adapters.aws.clients import Clients

IMPORTS = """
import sys
from fermata.adapters.aws import blobs, ledger, log, queue, secrets, store, workflow
store.DynamoStore("table"); queue.SqsQueue("url"); workflow.StepFunctions("arn"); blobs.S3Blobs("bucket")
print([name for name in ("boto3", "botocore") if name in sys.modules])
"""


def test_nothing_of_boto3_is_loaded_before_the_first_call():
    run = subprocess.run([sys.executable, "-c", IMPORTS], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_a_client_is_built_once(account):
    clients = Clients()
    assert clients.sqs is clients.sqs
    assert clients.dynamodb is not clients.sqs

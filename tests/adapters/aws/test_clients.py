from __future__ import annotations

import subprocess
import sys
from urllib.parse import urlsplit

import pytest
from fermata.adapters.aws.blobs import S3Blobs
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


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
def test_links_are_signed_for_the_host_of_the_region(monkeypatch, region):
    for name, value in {"ACCESS_KEY_ID": "a", "SECRET_ACCESS_KEY": "s", "DEFAULT_REGION": region}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    link = urlsplit(S3Blobs("files", Clients()).link("a/b.csv", 60))
    assert (link.hostname, link.path) == (f"files.s3.{region}.amazonaws.com", "/a/b.csv")
    assert f"%2F{region}%2Fs3%2F" in link.query


def test_links_of_a_local_endpoint_lead_there(monkeypatch):
    for name, value in {"ACCESS_KEY_ID": "a", "SECRET_ACCESS_KEY": "s", "DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    link = urlsplit(S3Blobs("files", Clients()).link("a/b.csv", 60))
    assert (link.netloc, link.path) == ("127.0.0.1:4566", "/files/a/b.csv")

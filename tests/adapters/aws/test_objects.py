from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from fermata.bootstrap import engine_from
from fermata.environment import Environment


@pytest.fixture
def open_s3(account: Any) -> Any:
    """How kinds of a deployed stack open objects."""
    environment = Environment(
        table=account.table,
        queue_url=account.queue,
        ocr_queue_url=account.queue,
        bucket=account.bucket,
        key_id=account.key,
        mac_key_id=account.mac_key,
        audit_bucket=account.audit_bucket,
        state_machine_arn=account.state_machine,
    )
    return engine_from(environment, account.clients).settings.open_s3


def test_an_object_of_another_bucket_is_opened(open_s3: Any, account: Any) -> None:
    account.clients.s3.create_bucket(Bucket="documents")
    account.clients.s3.put_object(Bucket="documents", Key="a.txt", Body=b"words")
    assert open_s3("documents", "a.txt").read() == b"words"


def test_what_tenants_keep_in_the_stacks_own_buckets_is_nobodys_document(open_s3: Any, account: Any) -> None:
    for bucket in (account.bucket, account.audit_bucket):
        account.clients.s3.put_object(Bucket=bucket, Key="tenant=acme/head.json", Body=b"{}", IfNoneMatch="*")
        with pytest.raises(PermissionError):
            open_s3(bucket, "tenant=acme/head.json")


def test_an_object_that_is_not_there_is_no_file(open_s3: Any, account: Any) -> None:
    with pytest.raises(FileNotFoundError):
        open_s3("no-such-bucket", "a.txt")


def test_an_object_that_s3_breaks_off_is_an_error_of_reading(open_s3: Any, account: Any, hooked: Any) -> None:
    class Broken:
        def read(self, count: int) -> bytes:
            raise ReadTimeoutError(endpoint_url="https://documents.s3.amazonaws.com")

        def close(self) -> None:
            pass

    account.clients.s3.create_bucket(Bucket="documents")
    account.clients.s3.put_object(Bucket="documents", Key="a.txt", Body=b"words")
    hooked("s3", "after-call.s3.GetObject", lambda parsed, **_: parsed.update(Body=Broken()))
    with open_s3("documents", "a.txt") as stream, pytest.raises(OSError, match="timeout"):
        stream.read()

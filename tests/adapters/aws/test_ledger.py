from __future__ import annotations

import os

import pytest
from fermata.adapters.aws.blobs import S3Blobs
from fermata.adapters.aws.ledger import INLINE, DynamoLedger
from fermata.adapters.aws.store import DynamoStore
from fermata.adapters.aws.table import size
from fermata.domain.kind import Result
from fermata.domain.segments import Segment, pack
from fermata.ports import AddChunks


@pytest.fixture
def ledger(account):
    return DynamoLedger(account.table, S3Blobs(account.bucket, account.clients), account.clients)


def objects(account):
    return account.clients.s3.list_objects_v2(Bucket=account.bucket)["KeyCount"]


@pytest.mark.parametrize(("length", "in_s3"), [(INLINE, 0), (INLINE + 1, 1), (5 * 1024 * 1024, 1)])
def test_a_large_segment_lies_in_s3(ledger, account, sent, job, length, in_s3):
    requests = sent("dynamodb", "PutItem")
    segment = Segment(0, 0, 1, 0, os.urandom(length))
    ledger.keep(job.ref, segment)
    assert objects(account) == in_s3
    assert size(requests[0]["Item"]) < INLINE + 512
    assert list(ledger.segments(job.ref, 0, 0)) == [segment]


def test_segments_of_all_sizes_come_in_their_order(ledger, job):
    segments = [Segment(0, 0, 1, number, os.urandom(INLINE + number % 3 - 1)) for number in range(9)]
    for segment in reversed(segments):
        ledger.keep(job.ref, segment)
    assert list(ledger.segments(job.ref, 0, 0)) == segments


def test_committing_a_hundred_small_results_takes_three_write_units(ledger, account, sent, job, chunk):
    DynamoStore(account.table, account.clients).write(AddChunks(job.ref, (chunk,)))
    requests = sent("dynamodb", "PutItem")
    claimed = chunk.claim("5f0c52b1-63d9-4a5f-9d8a-7d9f3f2b8c11", 1_700_000_000.5)
    ledger.save(job.ref, claimed)
    requests.clear()
    results = [Result(number, {"tags": ["invoice", f"customer {number}"]}, None) for number in range(100)]
    ledger.keep(job.ref, Segment(0, 3, 1, 0, pack(results)))
    ledger.save(job.ref, claimed.settle(range(75, 100), [], 1_700_000_001.0))
    units = [-(-size(request["Item"]) // 1024) for request in requests]
    assert len(units) == 2
    assert sum(units) <= 3

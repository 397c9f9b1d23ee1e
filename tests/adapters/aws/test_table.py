from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from fermata.adapters.aws import table_keys
from fermata.adapters.aws.codec import job_item
from fermata.adapters.aws.table import MAX_ITEM, Put, Table, size
from fermata.adapters.aws.table_keys import Key
from fermata.domain.errors import InvalidInput, NotFound, Stale, Unavailable
from moto.core.models import botocore_stubber


@pytest.fixture
def table(account):
    return Table(account.clients, account.table, sleep=lambda seconds: None)


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Answers PutItem with an error, so many times; ``after``: when the request has had its effect nevertheless."""
    served = botocore_stubber.process_request

    def install(code: str, status: int = 400, times: int = 10**6, after: bool = False) -> None:
        left = [times]

        def serve(request: Any) -> Any:
            if left[0] == 0 or not request.headers.get("X-Amz-Target", b"").endswith(b"PutItem"):
                return served(request)
            left[0] -= 1
            if after:
                served(request)
            headers = {"Content-Type": "application/x-amz-json-1.0"}
            return status, headers, f'{{"__type": "x#{code}", "message": "no"}}'.encode()

        monkeypatch.setattr(botocore_stubber, "process_request", serve)

    return install


@pytest.fixture
def impatient(monkeypatch):
    """botocore's own retries do not wait."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)


def test_throttling_that_goes_on_is_unavailable(table, refusing, impatient, job):
    refusing("ProvisionedThroughputExceededException")
    with pytest.raises(Unavailable):
        table.put(job_item(job), "nothing")


def test_throttling_that_passes_is_not_noticed(table, refusing, impatient, job):
    refusing("ThrottlingException", times=2)
    table.put(job_item(job), "nothing")
    assert table.get(table_keys.job(job.ref))


def test_a_write_whose_answer_was_lost_has_happened_once(table, refusing, impatient, job):
    refusing("InternalServerError", 500, times=1, after=True)
    table.put(job_item(job), "nothing")
    table.put(job_item(replace(job, rev=2)), 1)
    assert table.get(table_keys.job(job.ref))["rev"] == {"N": "2"}


def test_the_same_write_by_somebody_else_is_not_mistaken_for_a_lost_answer(table, job):
    table.put(job_item(job), "nothing")
    with pytest.raises(Stale):
        table.put(job_item(job), "nothing")


def test_a_write_waits_for_a_transaction_that_is_under_way(table, refusing, job):
    refusing("TransactionConflictException", times=3)
    table.put(job_item(job), "nothing")
    assert table.get(table_keys.job(job.ref))


def test_a_write_does_not_wait_for_transactions_for_ever(table, refusing, job):
    refusing("TransactionConflictException")
    with pytest.raises(Unavailable):
        table.put(job_item(job), "nothing")


def test_items_that_a_batch_read_left_out_are_read_again(table, hooked, job):
    others = [replace(job, id=f"jobs:{number}") for number in range(3)]
    for other in others:
        table.put(job_item(other), "nothing")
    left_out = [table_keys.job(others[0].ref), table_keys.job(others[2].ref)]

    def leave_out(parsed, **_):
        if left_out:
            items = parsed["Responses"][table.name]
            gone = {key: item for item in items if (key := Key(item["pk"]["S"], item["sk"]["S"])) in left_out}
            parsed["Responses"][table.name] = [item for item in items if item not in gone.values()]
            parsed["UnprocessedKeys"] = {
                table.name: {"Keys": [{"pk": {"S": key.pk}, "sk": {"S": key.sk}} for key in gone]}
            }
            left_out.pop()

    hooked("dynamodb", "after-call.dynamodb.BatchGetItem", leave_out)
    assert table.get_many(table_keys.job(other.ref) for other in others).keys() == {
        table_keys.job(other.ref) for other in others
    }


def test_an_item_that_dynamodb_would_refuse_is_never_sent(table, sent, job):
    requests = sent("dynamodb", "PutItem")
    with pytest.raises(InvalidInput):
        table.put(job_item(replace(job, result="x" * MAX_ITEM)), "nothing")
    with pytest.raises(InvalidInput):
        table.write([Put(job_item(replace(job, params={"ü": "ü" * (MAX_ITEM // 2)})), "nothing")])
    assert requests == []


def test_a_key_that_dynamodb_would_refuse_is_not_found(table):
    for key in (Key("x" * 3000, "job"), Key("x", "s" * 1025), Key("\ud800", "job")):
        with pytest.raises(NotFound):
            table.get(key)


def test_the_size_of_an_item_counts_names_and_values():
    assert size({"pk": {"S": "ü"}, "rev": {"N": "12"}, "data": {"B": b"123"}}) == 4 + 5 + 7


def test_reading_nothing_asks_for_nothing(account):
    assert Table(account.clients, "there is no such table").get_many([]) == {}


def test_an_item_that_is_asked_for_twice_is_asked_for_once(table, sent, job):
    table.put(job_item(job), "nothing")
    requests = sent("dynamodb", "BatchGetItem")
    assert table.get_many([table_keys.job(job.ref)] * 2).keys() == {table_keys.job(job.ref)}
    assert len(requests[0]["RequestItems"][table.name]["Keys"]) == 1

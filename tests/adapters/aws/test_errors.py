from __future__ import annotations

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ParamValidationError,
    ReadTimeoutError,
)
from fermata.adapters.aws.errors import Lost, translated
from fermata.domain.errors import NotFound, ServiceFailed, Stale, TokenSpent, Unavailable


def answer(code, status=400, **more):
    error = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(error | more, "Operation")


def cancelled(*codes):
    return answer("TransactionCanceledException", CancellationReasons=[{"Code": code} for code in codes])


@pytest.mark.parametrize(
    ("error", "meant"),
    [
        (answer("ConditionalCheckFailedException"), Stale),
        (answer("TransactionConflictException"), Stale),
        (cancelled("None", "ConditionalCheckFailed"), Stale),
        (cancelled("TransactionConflict", "None"), Stale),
        (cancelled("ThrottlingError", "None"), Stale),
        (cancelled("None", "ProvisionedThroughputExceeded"), Stale),
        (answer("TransactionInProgressException"), Unavailable),
        (answer("ProvisionedThroughputExceededException"), Unavailable),
        (answer("ThrottlingException"), Unavailable),
        (answer("SlowDown", 503), Unavailable),
        (answer("InternalServerError", 500), Unavailable),
        (ReadTimeoutError(endpoint_url="http://x"), Unavailable),
        (ConnectTimeoutError(endpoint_url="http://x"), Unavailable),
        (EndpointConnectionError(endpoint_url="http://x"), Unavailable),
        (answer("NoSuchKey", 404), NotFound),
        (answer("TaskTimedOut"), TokenSpent),
        (answer("InvalidToken"), TokenSpent),
        (answer("TaskDoesNotExist"), TokenSpent),
    ],
)
def test_each_error_has_one_meaning(error, meant):
    with pytest.raises(meant), translated():
        raise error


@pytest.mark.parametrize(
    "error",
    [
        answer("ValidationException"),
        cancelled("ValidationError"),
        answer("AccessDeniedException"),
        ParamValidationError(report="x"),
    ],
)
def test_an_answer_that_nobody_expects_is_a_failure_of_the_service(error):
    with pytest.raises(ServiceFailed) as raised, translated():
        raise error
    assert raised.value.__cause__ is error


def test_a_mistake_in_this_program_stays_what_it_is():
    with pytest.raises(KeyError), translated():
        raise KeyError("x")


def test_a_cancelled_transaction_says_which_items_had_changed():
    with pytest.raises(Lost) as raised, translated():
        raise cancelled("None", "ConditionalCheckFailed", "TransactionConflict", "ConditionalCheckFailed")
    assert raised.value.changed == {1, 3}


def test_an_error_of_the_engine_passes_through():
    with pytest.raises(NotFound, match="job not found: 1"), translated("blob", "x"):
        raise NotFound("job", "1")


@pytest.mark.parametrize("reason", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
def test_a_transaction_that_was_only_in_the_way_changed_nothing(reason):
    with pytest.raises(Lost) as raised, translated():
        raise cancelled("None", reason)
    assert raised.value.changed == frozenset()

"""The one place where botocore's errors become the engine's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from fermata.domain.errors import FermataError, NotFound, ServiceFailed, Stale, TokenSpent, Unavailable

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

CHANGED = frozenset({"ConditionalCheckFailedException", "ConditionalCheckFailed"})
BUSY = frozenset({"TransactionConflictException", "TransactionConflict"})
THROTTLED = frozenset(
    {
        "KMS.ThrottlingException",
        "LimitExceededException",
        "OverLimit",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestTimeout",
        "SlowDown",
        "Throttling",
        "ThrottlingError",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",  # the very one that is sent again: it may have been done
    }
)
MISSING = frozenset({"404", "ExecutionDoesNotExist", "NoSuchKey", "NotFound", "ResourceNotFoundException"})
SPENT = frozenset({"InvalidToken", "TaskDoesNotExist", "TaskTimedOut"})
TRANSACTION = "TransactionCanceledException"
SERVER_ERROR = 500


class Lost(Stale):
    """A conditional write that was refused.

    Attributes:
        changed: which of the write's items had changed (their places in it); empty when they were only busy: another
            transaction was under way, or too much was asked of their partition, and the same write may succeed in a moment.
        stored: the item as it is, where the write asked for it.
    """

    def __init__(self, message: str, changed: frozenset[int], stored: Any = None) -> None:
        super().__init__(message)
        self.changed = changed
        self.stored = stored


@contextmanager
def translated(what: str = "item", name: str = "") -> Iterator[None]:
    """Raise the engine's errors instead of botocore's; ``what`` and ``name`` are of the thing that may be missing."""
    try:
        yield
    except FermataError:
        raise
    except Exception as error:
        meant = _meaning(error, what, name)
        if meant is None:
            raise
        raise meant from error


def code_of(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _meaning(error: Exception, what: str, name: str) -> FermataError | None:
    # Imported here: whoever gets an error has botocore loaded, and whoever only imports this package should not.
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        ConnectionError,
        HTTPClientError,
        IncompleteReadError,
        ResponseStreamingError,
    )

    if isinstance(error, ClientError):
        return _answer(error, what, name)
    if isinstance(error, ConnectionError | HTTPClientError | IncompleteReadError | ResponseStreamingError):
        return Unavailable(str(error))
    return ServiceFailed(f"{type(error).__name__}: {error}") if isinstance(error, BotoCoreError) else None


def _answer(error: ClientError, what: str, name: str) -> FermataError:
    code = code_of(error)
    if code == TRANSACTION:
        return _cancelled(error)
    if code in CHANGED:
        return Lost(str(error), frozenset({0}), error.response.get("Item"))
    if code in BUSY:
        return Lost(str(error), frozenset())
    if code in MISSING:
        return NotFound(what, name)
    if code in SPENT:
        return TokenSpent(str(error))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return Unavailable(str(error)) if code in THROTTLED or status >= SERVER_ERROR else ServiceFailed(str(error))


def _cancelled(error: ClientError) -> FermataError:
    reasons = [str(reason.get("Code", "None")) for reason in error.response.get("CancellationReasons", [])]
    changed = frozenset(place for place, reason in enumerate(reasons) if reason in CHANGED)
    passing = changed or (BUSY | THROTTLED).intersection(reasons)
    return Lost(str(error), changed) if passing else ServiceFailed(str(error))

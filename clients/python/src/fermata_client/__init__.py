"""Python client of Fermata.

``Client`` for programs that wait, ``AsyncClient`` for asyncio; both have the same methods. Names are loaded when they are
first used: half of a program's start would otherwise be the client that it does not use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from fermata_client.errors import (
    ApiError,
    BadRequest,
    Conflict,
    ConnectionFailed,
    CrossSite,
    FermataError,
    Forbidden,
    HeldElsewhere,
    IdTaken,
    InvalidInput,
    LimitExceeded,
    NotFound,
    NotInstalled,
    NotJson,
    NotRunning,
    RateLimited,
    ServerError,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unavailable,
    UnexpectedAnswer,
    Unfinished,
    Unsuccessful,
    WrongStatus,
)
from fermata_client.version import VERSION

if TYPE_CHECKING:
    from fermata_client import models
    from fermata_client._async.batches import AsyncBatch
    from fermata_client._async.client import AsyncClient
    from fermata_client._async.jobs import AsyncJob
    from fermata_client._async.processes import AsyncProcess
    from fermata_client._async.sources import AsyncSource
    from fermata_client._async.tasks import AsyncTask
    from fermata_client._async.transport import AsyncTransport
    from fermata_client._sync.batches import Batch
    from fermata_client._sync.changes import Change
    from fermata_client._sync.client import Client
    from fermata_client._sync.jobs import Job, Update
    from fermata_client._sync.processes import Process
    from fermata_client._sync.sources import Source
    from fermata_client._sync.tasks import Task
    from fermata_client._sync.transport import Transport
    from fermata_client.retries import Retry
    from fermata_client.words import Status

__version__ = VERSION

_PLACES = {
    "AsyncBatch": "fermata_client._async.batches",
    "AsyncClient": "fermata_client._async.client",
    "AsyncJob": "fermata_client._async.jobs",
    "AsyncProcess": "fermata_client._async.processes",
    "AsyncSource": "fermata_client._async.sources",
    "AsyncTask": "fermata_client._async.tasks",
    "AsyncTransport": "fermata_client._async.transport",
    "Batch": "fermata_client._sync.batches",
    "Change": "fermata_client._sync.changes",
    "Client": "fermata_client._sync.client",
    "Job": "fermata_client._sync.jobs",
    "Process": "fermata_client._sync.processes",
    "Retry": "fermata_client.retries",
    "Source": "fermata_client._sync.sources",
    "Status": "fermata_client.words",
    "Task": "fermata_client._sync.tasks",
    "Transport": "fermata_client._sync.transport",
    "Update": "fermata_client._sync.jobs",
}
"""Name → the module that has it."""

__all__ = [
    "ApiError",
    "AsyncBatch",
    "AsyncClient",
    "AsyncJob",
    "AsyncProcess",
    "AsyncSource",
    "AsyncTask",
    "AsyncTransport",
    "BadRequest",
    "Batch",
    "Change",
    "Client",
    "Conflict",
    "ConnectionFailed",
    "CrossSite",
    "FermataError",
    "Forbidden",
    "HeldElsewhere",
    "IdTaken",
    "InvalidInput",
    "Job",
    "LimitExceeded",
    "NotFound",
    "NotInstalled",
    "NotJson",
    "NotRunning",
    "Process",
    "RateLimited",
    "Retry",
    "ServerError",
    "Source",
    "Status",
    "Task",
    "TooLarge",
    "TooMany",
    "Transport",
    "Unauthenticated",
    "Unavailable",
    "UnexpectedAnswer",
    "Unfinished",
    "Unsuccessful",
    "Update",
    "WrongStatus",
    "__version__",
    "errors",
    "models",
]


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        return getattr(import_module(_PLACES[name]), name)
    if name == "models":
        return import_module("fermata_client.models")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__

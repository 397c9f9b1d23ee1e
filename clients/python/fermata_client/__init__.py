"""Python client of Fermata.

``Client`` for programs that wait, ``AsyncClient`` for asyncio; both have the same methods, and the README shows them.
"""

from fermata_client import errors, models
from fermata_client._async.batches import AsyncBatch
from fermata_client._async.client import AsyncClient
from fermata_client._async.jobs import AsyncJob
from fermata_client._async.processes import AsyncProcess
from fermata_client._async.sources import AsyncSource
from fermata_client._async.tasks import AsyncTask
from fermata_client._sync.batches import Batch
from fermata_client._sync.client import Client
from fermata_client._sync.jobs import Job, Update
from fermata_client._sync.processes import Process
from fermata_client._sync.sources import Source
from fermata_client._sync.tasks import Task
from fermata_client.errors import (
    ApiError,
    BadRequest,
    Conflict,
    ConnectionFailed,
    FermataError,
    Forbidden,
    InvalidInput,
    NotFound,
    NotInstalled,
    NotRunning,
    RateLimited,
    ServerError,
    TooLarge,
    Unauthenticated,
    Unavailable,
    UnexpectedAnswer,
    Unfinished,
    Unsuccessful,
)
from fermata_client.models import Status
from fermata_client.retries import Retry
from fermata_client.version import VERSION

__version__ = VERSION

__all__ = [
    "ApiError",
    "AsyncBatch",
    "AsyncClient",
    "AsyncJob",
    "AsyncProcess",
    "AsyncSource",
    "AsyncTask",
    "BadRequest",
    "Batch",
    "Client",
    "Conflict",
    "ConnectionFailed",
    "FermataError",
    "Forbidden",
    "InvalidInput",
    "Job",
    "NotFound",
    "NotInstalled",
    "NotRunning",
    "Process",
    "RateLimited",
    "Retry",
    "ServerError",
    "Source",
    "Status",
    "Task",
    "TooLarge",
    "Unauthenticated",
    "Unavailable",
    "UnexpectedAnswer",
    "Unfinished",
    "Unsuccessful",
    "Update",
    "__version__",
    "errors",
    "models",
]

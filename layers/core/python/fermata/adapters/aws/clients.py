"""boto3's clients, each built when it is first used; building one takes longer than most calls."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_events.client import EventBridgeClient
    from mypy_boto3_kms.client import KMSClient
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_scheduler.client import EventBridgeSchedulerClient
    from mypy_boto3_sqs.client import SQSClient
    from mypy_boto3_stepfunctions.client import SFNClient

CONNECT_TIMEOUT = 2.0
READ_TIMEOUT = 5.0
FILE_READ_TIMEOUT = 20.0
"""Seconds. A worker's lease lasts seven, renewed beside the work: a call that hangs has to fail while it can be told.
No pause breaks these calls off, so docs/promises.md names them."""

ATTEMPTS = 4
CONNECTIONS = 32


class Clients:
    """The AWS services that the adapters call; share one among them.

    ``session`` and ``endpoint`` are boto3's; without them it finds region, credentials and endpoint by itself.
    """

    def __init__(self, session: Any = None, endpoint: str | None = None) -> None:
        self._session = session
        self._endpoint = endpoint
        self._built: dict[str, Any] = {}
        self._lock = threading.Lock()

    @property
    def dynamodb(self) -> DynamoDBClient:
        # Requests are built by this package alone; validating each against the model is a third of the time of a call.
        client: DynamoDBClient = self._client("dynamodb", parameter_validation=False)
        return client

    @property
    def sqs(self) -> SQSClient:
        client: SQSClient = self._client("sqs")
        return client

    @property
    def stepfunctions(self) -> SFNClient:
        client: SFNClient = self._client("stepfunctions")
        return client

    @property
    def s3(self) -> S3Client:
        # Hosts of the region, since botocore signs links for the global host otherwise: from most regions that is a redirect,
        # which a signature does not survive.
        style = {"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"}
        client: S3Client = self._client("s3", read_timeout=FILE_READ_TIMEOUT, signature_version="s3v4", s3=style)
        return client

    @property
    def kms(self) -> KMSClient:
        client: KMSClient = self._client("kms")
        return client

    @property
    def scheduler(self) -> EventBridgeSchedulerClient:
        client: EventBridgeSchedulerClient = self._client("scheduler")
        return client

    @property
    def events(self) -> EventBridgeClient:
        client: EventBridgeClient = self._client("events")
        return client

    def connections(self, endpoint: str) -> Any:
        """The management API of a WebSocket API, which is where the API itself is."""
        return self._client("apigatewaymanagementapi", endpoint)

    def _client(self, service: str, endpoint: str | None = None, **options: Any) -> Any:
        if (found := self._built.get(service)) is not None:
            return found
        with self._lock:
            if service not in self._built:
                self._built[service] = self._build(service, endpoint or self._endpoint, options)
            return self._built[service]

    def _build(self, service: str, endpoint: str | None, options: dict[str, Any]) -> Any:
        import boto3
        from botocore.config import Config

        if self._session is None:
            self._session = boto3.session.Session()  # its list of endpoints takes longer to read than all the rest
        defaults: dict[str, Any] = {
            "connect_timeout": CONNECT_TIMEOUT,
            "read_timeout": READ_TIMEOUT,
            "retries": {"mode": "standard", "total_max_attempts": ATTEMPTS},
            "max_pool_connections": CONNECTIONS,
            "tcp_keepalive": True,
        }
        return self._session.client(service, endpoint_url=endpoint, config=Config(**(defaults | options)))


class SystemClock:
    """Implements :class:`fermata.ports.Clock` by the machine's clock."""

    def now(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

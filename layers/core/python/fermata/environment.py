"""What each function is told by its environment: typed, and checked at cold start."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

from fermata.domain.kind import DEFAULT_WORKER, WORKERS

PREFIX = "FERMATA_"
MIN_SECRET = 32
LOOPBACK = ("http://127.0.0.1", "http://localhost", "http://[::1]")


class Misconfigured(Exception):
    """A variable is missing or malformed; the message names it."""


def _text(value: str) -> str:
    return value


def _flag(value: str) -> bool:
    if value not in ("true", "false"):
        raise ValueError("must be true or false")
    return value == "true"


def _limit(value: str) -> int | None:
    """0 means none."""
    if not value.isdigit():
        raise ValueError("must be a whole number, 0 for no limit")
    return int(value) or None


def _megabytes(value: str) -> int:
    if not value.isdigit() or not int(value):
        raise ValueError("must be a whole number of MB")
    return int(value)


def _names(value: str) -> frozenset[str]:
    return frozenset(name.strip() for name in value.split(",") if name.strip())


def _worker(value: str) -> str:
    if value not in WORKERS:
        raise ValueError(f"must be one of {', '.join(sorted(WORKERS))}")
    return value


def _hosts(value: str) -> frozenset[str]:
    """``host``, ``host:port``, and either for one tenant alone as ``tenant/host``."""
    from fermata.toolkit.fetch.trust import trust_of

    names = _names(value)
    trust_of(frozenset(name.partition("/")[2] or name for name in names))
    return names


def _secret(value: str) -> str:
    if len(value.encode()) < MIN_SECRET:
        raise ValueError(f"must have {MIN_SECRET} bytes or more")
    return value


def _endpoint(value: str) -> str:
    from fermata.toolkit.fetch.locations import checked_url

    if "?" in value or "#" in value:
        raise ValueError("must have no query")
    return checked_url(value)


def _key_set(value: str) -> str:
    if not value.startswith(("https://", *LOOPBACK)):
        raise ValueError("must be an https URL")
    return value


def _variable(read: Callable[[str], Any] = _text, **default: Any) -> Any:
    """A variable named as the field; one that is empty counts as missing, and without a default it must not be."""
    return field(metadata={"read": read}, **default)


@dataclass(frozen=True, kw_only=True)
class Environment:
    """What every function has.

    Attributes:
        allowed_hosts, document_objects: as ``allowed_hosts`` and ``objects`` of :class:`fermata.domain.kind.Settings`.
        private_folders, private_ports: of the local stack itself, which documents never name.
        max_open_jobs, max_units, max_schedules, max_webhooks: of a tenant, of a job, and of a tenant; None: no limit.
        webhook_queue_url: the queue of what webhooks are to be sent; None: the function sends nothing.
        callbacks: the stack may call state machines of others back.
        schedule_group, schedule_target, schedule_role: as of :class:`fermata.adapters.aws.scheduler.EventBridgeScheduler`.
        lanes: chunks of one job that are queued or run at a time; None: all.
        express_queue_url: the queue of quick work; None: there is one queue.
        ocr_queue_url: the queue of the workers that read images.
        worker: class of the worker that the function is, where it is one.
    """

    table: str = _variable()
    queue_url: str = _variable()
    bucket: str = _variable()
    key_id: str = _variable()
    mac_key_id: str = _variable()
    audit_bucket: str = _variable()
    state_machine_arn: str = _variable()
    dead_letter_queue_url: str | None = _variable(default=None)
    allow_local_files: bool = _variable(_flag, default=False)
    allowed_hosts: frozenset[str] = _variable(_hosts, default=frozenset())
    document_objects: frozenset[str] = _variable(_names, default=frozenset())
    document_owners: frozenset[str] = _variable(_names, default=frozenset())
    private_folders: frozenset[str] = _variable(_names, default=frozenset())
    private_ports: frozenset[str] = _variable(_names, default=frozenset())
    max_open_jobs: int | None = _variable(_limit, default=None)
    max_units: int | None = _variable(_limit, default=1_000_000)
    lanes: int | None = _variable(_limit, default=None)
    express_queue_url: str | None = _variable(default=None)
    callbacks: bool = _variable(_flag, default=False)
    max_schedules: int | None = _variable(_limit, default=100)
    max_webhooks: int | None = _variable(_limit, default=20)
    webhook_queue_url: str | None = _variable(default=None)
    schedule_group: str | None = _variable(default=None)
    schedule_target: str | None = _variable(default=None)
    schedule_role: str | None = _variable(default=None)
    ocr_queue_url: str = _variable()
    worker: str = _variable(_worker, default=DEFAULT_WORKER)

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> Self:
        """Raises Misconfigured, naming every variable that is wrong."""
        values, wrong = {}, []
        for each in fields(cls):
            name = f"{PREFIX}{each.name.upper()}"
            text = variables.get(name, "").strip()
            try:
                if text:
                    values[each.name] = each.metadata["read"](text)
                elif each.name in cls._required():
                    wrong.append(f"{name} is missing")
            except ValueError as error:
                wrong.append(f"{name} {error}")
        if wrong:
            raise Misconfigured("; ".join(wrong))
        return cls(**values)

    @classmethod
    def _required(cls) -> frozenset[str]:
        return frozenset(
            {
                "table",
                "queue_url",
                "ocr_queue_url",
                "bucket",
                "key_id",
                "mac_key_id",
                "audit_bucket",
                "state_machine_arn",
            }
        )


@dataclass(frozen=True, kw_only=True)
class ApiEnvironment(Environment):
    """What the api function has besides; the JWT variables as in :class:`fermata.api.auth.Tokens`.

    Attributes:
        hosts, origins: as in :class:`fermata.api.anonymous.Doorman`.
        oidc_client_id, oidc_client_secret: of this stack at the issuer, for browsers that sign in there.
        worker_memory, ocr_memory: of the workers of each class, for what jobs cost.
        model_url, model_name, model_key: as in :class:`fermata.api.context.DefaultModel`.
    """

    anonymous: bool = _variable(_flag, default=False)
    hosts: frozenset[str] = _variable(_names, default=frozenset())
    origins: frozenset[str] = _variable(_names, default=frozenset())
    jwt_secret: str | None = _variable(_secret, default=None)
    jwt_jwks_url: str | None = _variable(_key_set, default=None)
    jwt_issuer: str | None = _variable(default=None)
    jwt_audience: str | None = _variable(default=None)
    oidc_client_id: str | None = _variable(default=None)
    oidc_client_secret: str | None = _variable(default=None)
    requests_per_minute: int | None = _variable(_limit, default=None)
    worker_memory: int = _variable(_megabytes, default=1024)
    ocr_memory: int = _variable(_megabytes, default=1024)
    model_url: str | None = _variable(_endpoint, default=None)
    model_name: str | None = _variable(default=None)
    model_key: str | None = _variable(default=None)

    def __post_init__(self) -> None:
        if self.jwt_secret and self.jwt_jwks_url:
            raise Misconfigured("FERMATA_JWT_SECRET and FERMATA_JWT_JWKS_URL exclude each other")
        if self.oidc_client_id and not (self.jwt_issuer or "").startswith(("https://", *LOOPBACK)):
            raise Misconfigured(
                "FERMATA_OIDC_CLIENT_ID needs an https URL in FERMATA_JWT_ISSUER, where browsers sign in"
            )

        if (self.model_name or self.model_key) and not self.model_url:
            raise Misconfigured("FERMATA_MODEL_NAME and FERMATA_MODEL_KEY need FERMATA_MODEL_URL")

    def __repr__(self) -> str:
        return f"ApiEnvironment(table={self.table!r})"


@dataclass(frozen=True, kw_only=True)
class SocketEnvironment(ApiEnvironment):
    """What the socket function has besides.

    Attributes:
        socket_url: https URL of the WebSocket API's stage, where its connections are told something.
    """

    socket_url: str = _variable(_key_set)

    @classmethod
    def _required(cls) -> frozenset[str]:
        return super()._required() | {"socket_url"}


@dataclass(frozen=True, kw_only=True)
class RecoveryEnvironment(Environment):
    """What the recovery function has besides.

    Attributes:
        maintenance_tenants: whose processing pauses in a maintenance window.
        bus: name of the event bus that others listen to.
        intake_kind, intake_params, intake_tenant, intake_workspace: of the jobs that objects start; the parameters as JSON.
    """

    maintenance_tenants: frozenset[str] = _variable(_names, default=frozenset({"default"}))
    bus: str = _variable(default="default")
    intake_kind: str = _variable(default="csv_import")
    intake_params: str = _variable(default='{"url": "{{object}}"}')
    intake_tenant: str = _variable(default="default")
    intake_workspace: str = _variable(default="default")

    @classmethod
    def _required(cls) -> frozenset[str]:
        return super()._required() | {"dead_letter_queue_url"}

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import aws_account
import pytest
from fermata.adapters.aws.clients import Clients
from fermata.domain.chunks import Chunk
from fermata.domain.jobs import Job
from fermata.domain.ranges import Ranges


@pytest.fixture
def account() -> Iterator[Any]:
    """An AWS account in moto, see :mod:`aws_account`."""
    with aws_account.opened() as place:
        yield place


@pytest.fixture
def hooked(account: Any) -> Iterator[Callable[..., None]]:
    """Calls a function at an event of a client, first of all, until the test ends."""
    registered = []

    def hook(service: str, event: str, handler: Callable[..., Any]) -> None:
        events = getattr(account.clients, service).meta.events
        events.register_first(event, handler)
        registered.append((events, event, handler))

    yield hook
    for events, event, handler in registered:
        events.unregister(event, handler)


@pytest.fixture
def sent(hooked: Callable[..., None]) -> Callable[..., list[dict[str, Any]]]:
    """Records the parameters of an operation's requests."""

    def record(service: str, operation: str) -> list[dict[str, Any]]:
        requests: list[dict[str, Any]] = []

        def note(params: dict[str, Any], **_: Any) -> None:
            requests.append(dict(params))

        hooked(service, f"before-parameter-build.{service}.{operation}", note)
        return requests

    return record


@pytest.fixture
def clients(account: Any) -> Clients:
    return account.clients


@pytest.fixture
def job() -> Job:
    return Job(
        tenant="acme", id="batch:batch-1700000000-3fa9c1", family="batch", kind="tag_documents", workspace="default",
        user="ann@example.com", created_at=1_700_000_000.123456, rev=1, updated_at=1_700_000_000.123456,
        params={"num_pages": 3, "num_tags": 8, "exclusion_words": []}, digest="d" * 64, expected=100,
    )  # fmt: skip


@pytest.fixture
def chunk() -> Chunk:
    return Chunk(0, 3, 75, 25, "units.jsonl", 10_000, 14_000, Ranges.span(75, 100))


@pytest.fixture
def refused(account: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[int]]:
    """Has AWS answer an operation with an error, so many times; how often it did."""
    from moto.core.models import botocore_stubber

    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)
    served = botocore_stubber.process_request

    def install(service: str, operation: str, code: str, times: int = 10**6, more: str = "") -> list[int]:
        done: list[int] = []

        def serve(request: Any) -> Any:
            target = request.headers.get("X-Amz-Target", b"")
            named = target.decode() if isinstance(target, bytes) else target
            if len(done) >= times or service not in request.url or not named.endswith(f".{operation}"):
                return served(request)
            done.append(400)
            headers = {"Content-Type": "application/x-amz-json-1.0"}
            return 400, headers, f'{{"__type": "x#{code}", "message": "no"{more}}}'.encode()

        monkeypatch.setattr(botocore_stubber, "process_request", serve)
        return done

    return install

"""The real app over memory adapters, called in process, with everything around the engine played by the driver."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import jwt
import pytest
from fastapi import FastAPI
from fermata.adapters.memory.api_keys import MemoryKeys
from fermata.adapters.memory.state import State
from fermata.api.app import Options, create_app
from fermata.api.auth import Security, Tokens
from fermata.bootstrap import memory_content, memory_engine
from fermata.control.engine import Engine, Limits
from fermata.domain.access import SCOPES, ApiKey, digest
from fermata.domain.kind import Kind, Policy, Settings, Stage, Unit, UnitError
from fermata.testing import Driver, InlineSlots
from fermata.testing.driver import QuickClock

SECRET = "a secret of at least thirty-two bytes"
AUDIENCE = "fermata"


class InProcess(httpx.BaseTransport):
    """Calls the app without a server; the response comes when the app has ended it."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        async def call() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            body = request.read()
            response = await transport.handle_async_request(
                httpx.Request(request.method, request.url, headers=request.headers, content=body)
            )
            content = b"".join([part async for part in response.aiter_raw()])
            return httpx.Response(response.status_code, headers=response.headers, content=content)

        return asyncio.run(call())


def echo(unit: Unit) -> Any:
    """What the kind of these tests does to a unit: fails it when its title says so."""
    value = dict(unit.value)
    if value.get("title") == "bad":
        raise UnitError("this one is bad")
    known = {name: value.pop(name, None) for name in ("title", "file_path", "file_source_type")}
    return {**known, "columns": value, "tags": ["one", "two"]}


def instant(real: Kind) -> Kind:
    """The kind with its own planner and parameters, but units that need nothing of the world."""
    stage = real.stages[0]
    quick = Stage(stage.name, stage.plan, echo, Policy(chunk_size=2, timeout=None))
    return Kind(real.name, real.title, (quick,), real.parse, real.schema, secrets=real.secrets, families=real.families)


def kinds() -> dict[str, Kind]:
    from fermata.kinds.tag_documents.stages import TAG_DOCUMENTS

    return {TAG_DOCUMENTS.name: instant(TAG_DOCUMENTS)}


@dataclass
class Service:
    """A whole Fermata in memory, and clients of it."""

    limits: Limits = field(default_factory=Limits)
    settings: Settings = field(default_factory=Settings)
    options: Options = field(default_factory=Options)
    anonymous: bool = False
    tokens: Tokens | None = field(default_factory=lambda: Tokens(SECRET, audience=AUDIENCE))
    kinds: dict[str, Kind] = field(default_factory=kinds)

    def __post_init__(self) -> None:
        self.world = State()
        self.content = memory_content(self.world)
        self.engine: Engine = memory_engine(
            self.world, self.kinds, QuickClock(), settings=self.settings, limits=self.limits, content=self.content
        )
        self.driver = Driver(self.engine, self.world, lambda: InlineSlots(self.engine.clock))
        self.keys = MemoryKeys(
            api_key("sk_test_123456", "default", SCOPES),
            api_key("sk_test_readonly", "default", frozenset({"read"})),
            api_key("sk_test_other", "other", SCOPES),
        )
        self.app = create_app(self.engine, self.content, Security(self.keys, self.tokens, self.anonymous), self.options)

    def client(self, **headers: str) -> httpx.Client:
        """A caller that sends these headers; underscores stand for dashes."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.Client(transport=InProcess(self.app), base_url="http://localhost", headers=named)

    def user(self, user: str = "ann", **claims: Any) -> httpx.Client:
        return self.client(authorization=f"Bearer {token(user, **claims)}")

    def key(self, key: str = "sk_test_123456") -> httpx.Client:
        return self.client(x_api_key=key)

    def audit(self, tenant: str = "default") -> list[tuple[str, str, str]]:
        """Action, target and outcome of each record, of what was done and what was refused, by time."""
        chains = (self.world.audit, self.world.refused)
        records = sorted((record for chain in chains for record in chain.get(tenant, [])), key=lambda each: each.act.at)
        return [(record.act.action, record.act.target, record.act.outcome) for record in records]

    @contextmanager
    def leaves_one_record(self, tenant: str = "default") -> Iterator[None]:
        before = len(self.audit(tenant))
        yield
        assert len(self.audit(tenant)) == before + 1


def api_key(key: str, tenant: str, scopes: frozenset[str]) -> ApiKey:
    return ApiKey(f"id-{key[-5:]}", tenant, f"user-{key[-5:]}", scopes, digest(key), 0.0)


def token(user: str = "ann", *, secret: str = SECRET, algorithm: str = "HS256", ttl: float = 600, **claims: Any) -> str:
    facts = {"sub": user, "aud": AUDIENCE, "exp": int(time.time() + ttl)} | claims
    return jwt.encode({name: value for name, value in facts.items() if value is not None}, secret, algorithm)


@pytest.fixture(scope="session")
def make_token() -> Any:
    return token


@pytest.fixture(scope="session")
def make_service() -> type[Service]:
    """For tests that need a stack with other parameters."""
    return Service


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def ann(service: Service) -> httpx.Client:
    """A user of the default tenant, who may read and control."""
    return service.user("ann")

"""The app: every family's routes, and what belongs to none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import import_module
from typing import Literal

from fastapi import APIRouter, FastAPI, Request, Response
from pydantic import BaseModel
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fermata.api import cross_origin, dashboard, reference
from fermata.api.auth import Security
from fermata.api.context import DefaultModel, RoutePolicy, Services, request_id
from fermata.api.description import describe
from fermata.api.dialects import DETAIL, Dialect
from fermata.api.quota import Counter, LocalCounter, Quota
from fermata.api.refusals import RefusalLog
from fermata.api.responses import Answer
from fermata.api.routing import RULE, Family
from fermata.api.stream_windows import Windows
from fermata.api.version import VERSION
from fermata.content.workspace import ContentStores
from fermata.control.engine import Engine
from fermata.domain.kind import DEFAULT_WORKER

FAMILIES = (
    "fermata.api.batch",
    "fermata.api.sources",
    "fermata.api.system",
    "fermata.api.system.overview",
    "fermata.api.tasks",
    "fermata.api.processes",
    "fermata.api.jobs",
    "fermata.api.kinds",
    "fermata.api.jobs.changes",
    "fermata.api.tasks.workflows",
    "fermata.api.audit",
    "fermata.api.search",
    "fermata.api.records",
    "fermata.api.schedules",
    "fermata.api.webhooks",
    "fermata.api.session",
    "fermata.api.keys",
)
"""Modules with a ``FAMILY`` each."""

MAX_BODY = 5 * 1024 * 1024
"""Bytes of a body. The gateway takes 10 MB, but hands Lambda 6 MB at most, in which the body stands as an escaped string."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True)
class Options:
    """What the stack's parameters say about the API.

    Attributes:
        requests_per_minute: of one tenant; None: no limit.
        max_body: bytes of a request's body.
        counter: counts requests over all instances; without one, each instance counts for itself.
        windows: how long a stream stays open, and how often it looks.
        hosts: names by which the API may be called; None: any, as behind a gateway, which sees to it.
        origins: of pages that may call it; empty where a gateway sees to that.
        memory: MB of the workers of each class, for what jobs cost.
        model: for batches that name none.
    """

    requests_per_minute: int | None = None
    max_body: int = MAX_BODY
    counter: Counter | None = None
    windows: Windows = field(default_factory=Windows)
    hosts: frozenset[str] | None = None
    origins: frozenset[str] = frozenset()
    memory: Mapping[str, int] = field(default_factory=lambda: {DEFAULT_WORKER: 1024})
    model: DefaultModel = field(default_factory=DefaultModel)


class Health(BaseModel):
    status: Literal["ok"]
    version: str


def create_app(engine: Engine, content: ContentStores, security: Security, options: Options | None = None) -> FastAPI:
    """The API over an engine and what workspaces keep."""
    options = options or Options()
    app = FastAPI(
        title="Fermata",
        version=VERSION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        servers=[{"url": "/", "description": "Where this description was read"}],
    )
    quota = None
    if options.requests_per_minute is not None:
        quota = Quota(options.requests_per_minute, options.counter or LocalCounter(), engine.clock.now)
    if security.key_of is None:
        security = replace(security, key_of=engine.secrets.key)
    limits = options.max_body, options.windows, RefusalLog(), options.memory, options.model
    app.state.services = Services(engine, content, security, quota, *limits)
    families, routes = _mounted()
    app.router.routes += routes
    dashboard.mount(app)
    reference.mount(app)
    app.state.families = list(families)  # they are the same for every app, and an app may have more
    app.add_exception_handler(HTTPException, _not_routed)
    if options.hosts is not None:
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=sorted(options.hosts), www_redirect=False)
    app.add_middleware(_Head)
    app.add_middleware(_Headers)
    cross_origin.allow(app, options.origins)
    describe(app, families)
    return app


@cache
def _mounted() -> tuple[Sequence[Family], Sequence[BaseRoute]]:
    """All families and their routes, which take longer to make than all the rest, and are the same for every app: what they work
    on is in its state."""
    router = APIRouter(
        default_response_class=Answer,
        generate_unique_id_function=lambda route: route.name,
        redirect_slashes=False,
        strict_content_type=False,
    )
    router.add_api_route(
        "/health", get_health, tags=["health"], response_model=Health, summary="Whether the API answers"
    )
    families: list[Family] = [import_module(name).FAMILY for name in FAMILIES]
    for family in families:
        family.mount(router)
    return families, router.routes


async def get_health() -> dict[str, str]:
    """For load balancers: no credentials, nothing read."""
    return {"status": "ok", "version": VERSION}


async def _not_routed(request: Request, error: Exception) -> Response:
    """An unknown path, or a method that a path does not have, in the dialect of the routes nearby."""
    assert isinstance(error, HTTPException)  # noqa: S101
    near = _same_path(request)
    dialect = near[0][1] if near else _dialect_at(request.app.state.families, request.url.path)
    headers = dict(error.headers or {})
    if error.status_code == 405 and near:
        headers["Allow"] = ", ".join(sorted(_with_head(method for methods, _ in near for method in methods)))
    text = {404: "not found", 405: "method not allowed"}.get(error.status_code, str(error.detail))
    return Answer(dialect.body(error.status_code, text), error.status_code, headers)


def _with_head(methods: Iterable[str]) -> set[str]:
    found = set(methods)
    return found | {"HEAD"} if "GET" in found else found


def _same_path(request: Request) -> list[tuple[set[str], Dialect]]:
    """Methods and dialects of the path that is meant: of those that match, the one with the fewest parameters."""
    near = [route for route in request.app.router.routes if route.matches(request.scope)[0] is Match.PARTIAL]
    fewest = min((route.path.count("{") for route in near), default=0)
    found = []
    for route in near:
        if route.path.count("{") == fewest:
            rule: RoutePolicy | None = getattr(route.endpoint, RULE, None)
            found.append((route.methods, rule.dialect if rule else DETAIL))
    return found


def _dialect_at(families: Sequence[Family], path: str) -> Dialect:
    near = [family for family in families if path == family.prefix or path.startswith(f"{family.prefix}/")]
    return max(near, key=lambda family: len(family.prefix)).dialect if near else DETAIL


class _Ended(Exception):
    """All that a HEAD asks for has been sent."""


class _Head:
    """Answers HEAD wherever there is GET, with its status and headers; what it would have said is not made where it streams."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return
        ended = False

        async def without_body(message: Message) -> None:
            nonlocal ended
            if message["type"] == "http.response.start":
                await send(message)
            elif not ended:
                ended = True
                await send({"type": "http.response.body", "body": b""})
                if message.get("more_body"):
                    raise _Ended

        try:
            await self.app({**scope, "method": "GET"}, receive, without_body)
        except* _Ended:
            pass


class _Headers:
    """Puts the request's id and what browsers should know on every response."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        id_ = request_id(Request(scope))

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = id_
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, with_headers)

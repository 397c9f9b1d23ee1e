"""Families of routes, and what happens around every route's function.

A family names its routes with what each demands; :class:`Route` then does, in this order: identify the caller, count the
request, check the scope and whose the target is, read the body within its limit, run the function, and render whatever went
wrong in the route's dialect. A mutation that is refused anywhere on the way leaves its audit record here, so that functions need
not think of it.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.message import Message as Header
from functools import partial, wraps
from typing import Any

from fastapi import APIRouter, Request, Response, WebSocket
from fastapi._compat import field_annotation_is_sequence
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.types import Message, Receive

from fermata.api.context import (
    NOBODY,
    OwnerOf,
    RequestContext,
    RoutePolicy,
    Services,
    gateway_of,
    message_of,
    no_wording,
    request_id,
    trace_of,
)
from fermata.api.dialects import DETAIL, Dialect
from fermata.api.errors import UNKNOWN, NotJson, TooLarge, as_refusal, shown
from fermata.api.idempotency import REPLAY
from fermata.api.parameters import Check, checked
from fermata.api.responses import Answer
from fermata.api.sessions import SAFE, check_own_page, csrf_token
from fermata.domain import strict_json
from fermata.domain.access import ANONYMOUS, CONTROL, READ
from fermata.domain.errors import FermataError, Forbidden, InvalidInput, Refused

logger = logging.getLogger("fermata.api")

RULE = "__fermata_rule__"
TICKET = "ticket"
"""The parameter of a stream's address that says who calls."""

ALWAYS = {
    401: "No credentials, or bad ones",
    403: "The caller may not do this",
    429: "Too many requests, or too many jobs",
}
BODY = {413: "The body is too large", 415: "The body is not JSON"}
SERVER = {500: "Something went wrong here", 503: "The service is busy; try again"}
USUAL = {
    400: "The request can't be fulfilled",
    404: "There is no such thing, or it belongs to another tenant",
    409: "Not allowed in this status",
}


@dataclass
class Operation:
    """One route, before there is an app."""

    method: str
    path: str
    function: Callable[..., Any]
    options: dict[str, Any]


@dataclass
class Family:
    """The routes of one document.

    Attributes:
        name: also the tag in the OpenAPI description, and the first part of job ids.
        prefix: of its paths; an unknown path or method below it is answered in the family's dialect.
        invalid: the status of all validation errors.
        item: the path of one of its things below the prefix; its parameter names what is controlled.
        owner_of: whose the things are that the paths of commands name.
        Others: see :class:`fermata.api.context.RoutePolicy`; a route may differ.
    """

    name: str
    prefix: str
    description: str = ""
    dialect: Dialect = DETAIL
    invalid: int = 422
    statuses: Mapping[type[BaseException], int] = field(default_factory=dict)
    wording: Callable[[FermataError], str | None] = no_wording
    anonymous: frozenset[str] = frozenset()
    item: str = ""
    owner_of: OwnerOf | None = None
    operations: list[Operation] = field(default_factory=list)
    sockets: list[tuple[str, Callable[[WebSocket], Awaitable[None]]]] = field(default_factory=list)

    def query(self, path: str, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """A route that changes nothing; takes what :meth:`route` does."""
        return self.route("GET", path, None, **{"scope": READ} | options)

    def command(
        self, path: str, action: str, *, method: str = "POST", **options: Any
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """A route that changes something; takes what :meth:`route` does. What its path names is its owner's, and any admin's."""
        owner_of = self.owner_of if "target" in options else None
        return self.route(method, path, action, **{"scope": CONTROL, "owner_of": owner_of} | options)

    def control(self, verb: str, summary: str, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """A route that does something to one of the family's things, below its path and in the audit log by the verb's name.

        It may answer that there is no such thing, and that its status forbids it; takes what :meth:`route` does.
        """
        target = self.item[self.item.index("{") + 1 : -1]
        usual = {"target": target, "errors": (404, 409), "summary": summary}
        return self.command(f"{self.item}/{verb}", f"{self.name}.{verb}", **usual | options)

    def route(
        self,
        method: str,
        path: str,
        action: str | None,
        *,
        scope: str | None,
        target: str | None = None,
        dialect: Dialect | None = None,
        statuses: Mapping[type[BaseException], int] | None = None,
        wording: Callable[[FermataError], str | None] | None = None,
        errors: Sequence[int] = (),
        checks: Sequence[Check] = (),
        anonymous: frozenset[str] | None = None,
        public: bool = False,
        strict_query: bool = True,
        ticket: bool = False,
        credentials: tuple[str, ...] = (),
        owner_of: OwnerOf | None = None,
        **options: Any,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Declare a route.

        Args:
            errors: statuses it may answer besides the usual ones.
            checks: of parameters that have no effect together.
            options: FastAPI's.
        """
        rule = RoutePolicy(
            family=self.name,
            scope=scope,
            action=action,
            target=target,
            dialect=dialect or self.dialect,
            statuses={InvalidInput: self.invalid, **self.statuses, **(statuses or {})},
            wording=wording or self.wording,
            anonymous=self.anonymous if anonymous is None else anonymous,
            public=public,
            strict_query=strict_query,
            ticket=ticket,
            credentials=credentials,
            owner_of=owner_of,
        )

        def declare(function: Callable[..., Any]) -> Callable[..., Any]:
            function = checked(function, checks)
            if action is not None and {"body", "reason"} & function.__annotations__.keys():
                function = with_reason(function)
            setattr(function, RULE, rule)
            described = _described(rule, self, method, errors, options)
            self.operations.append(Operation(method, self.prefix + path, function, described))
            return function

        return declare

    def socket(
        self, path: str
    ) -> Callable[[Callable[[WebSocket], Awaitable[None]]], Callable[[WebSocket], Awaitable[None]]]:
        """A WebSocket, which authenticates by itself: nobody reads a status there."""

        def declare(function: Callable[[WebSocket], Awaitable[None]]) -> Callable[[WebSocket], Awaitable[None]]:
            self.sockets.append((self.prefix + path, function))
            return function

        return declare

    def mount(self, router: APIRouter) -> None:
        for path, function in self.sockets:
            router.add_websocket_route(path, function)
        for operation in self.operations:
            router.add_api_route(
                operation.path,
                operation.function,
                methods=[operation.method],
                route_class_override=Route,
                **operation.options,
            )


def with_reason(function: Callable[..., Any]) -> Callable[..., Any]:
    """A command's function whose audit record has the reason that its body, or its address, gives: it need not think of it."""

    @wraps(function)
    def wrapped(**values: Any) -> Any:
        values["call"].reason = values.get("reason", getattr(values.get("body"), "reason", None))
        return function(**values)

    return wrapped


def _described(
    rule: RoutePolicy, family: Family, method: str, errors: Sequence[int], options: dict[str, Any]
) -> dict[str, Any]:
    """FastAPI's options of a route: its errors in its dialect, its credentials, its tag."""
    texts = ALWAYS | {family.invalid: "A value is missing, malformed or over its limit"} | SERVER
    texts |= BODY if method != "GET" else {}
    texts |= {status: USUAL.get(status, "Refused") for status in errors if status not in texts}
    answers = {status: rule.dialect.answer(status, text) for status, text in sorted(texts.items())}
    security: list[dict[str, list[str]]] = [] if rule.public else [{"bearer": []}, {"apiKey": []}, {"session": []}]
    security += [{name: []} for name in _in_address(rule)]
    if rule.anonymous or rule.public:
        security.append({})
    return {
        "tags": [family.name],
        "openapi_extra": {"security": security, **options.pop("openapi_extra", {})},
        "responses": answers | options.pop("responses", {}),
        **options,
    }


class Route(APIRoute):
    """A route with its rule enforced around FastAPI's own handling."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        inner = super().get_route_handler()
        rule: RoutePolicy = getattr(self.endpoint, RULE)
        known = dict(_parameters(self.dependant)) | dict.fromkeys(_in_address(rule), False)
        takes_body = self.body_field is not None

        async def handle(request: Request) -> Response:
            services: Services = request.app.state.services
            call: RequestContext | None = None
            try:
                call = await run_in_threadpool(_identified, services, rule, request)
                request.state.call = call
                await run_in_threadpool(call.demand) if services.quota else call.demand()
                _check_page(call, request)
                if rule.strict_query:
                    _check_query(request, known)
                if rule.owner_of is not None and rule.target is not None:
                    await run_in_threadpool(call.demand_ownership, request.path_params[rule.target])
                bounded = BoundedRequest(request, services.max_body, takes_body, lax=call.actor.user != ANONYMOUS)
                if not takes_body and request.method not in SAFE:
                    await bounded.refuse_members()
                response = await inner(bounded)
                if call.replayed:
                    response.headers[REPLAY] = "true"
            except Exception as error:
                response = await refused(request, rule, call, as_refusal(error))
            if call is not None and rule.action is not None:
                _log(call, rule.action, response.status_code)
            return response

        return handle


async def refused(request: Request, rule: RoutePolicy, call: RequestContext | None, error: Exception) -> Response:
    """The answer to a request that failed; a refused mutation by a known caller is recorded first."""
    if not shown(error):
        logger.exception("unexpected error", exc_info=error, extra={"request_id": request_id(request)})
    if call is not None and rule.action is not None and isinstance(error, Refused):
        await run_in_threadpool(call.refused, error)
    status, message, headers = message_of(error, rule)
    return Answer({**rule.dialect.body(status, message), **rule.dialect.facts(error)}, status, dict(headers))


def _log(call: RequestContext, action: str, status: int) -> None:
    facts = {
        "target": call.target,
        "tenant": call.tenant,
        "user": call.actor.user,
        "trace": call.trace,
        "status": status,
    }
    logger.info(action, extra=facts)


def _identified(services: Services, rule: RoutePolicy, request: Request) -> RequestContext:
    target = request.path_params.get(rule.target) if rule.target else None
    call = RequestContext(services, rule, NOBODY, str(target or rule.family)[:256], trace_of(request))
    if not rule.public:
        asked = request.query_params
        call.identity = services.security.identify(
            request.headers.get,
            anonymous=rule.anonymous,
            gateway=gateway_of(request),
            ticket=asked.get(TICKET) if rule.ticket else None,
            token=next((asked[name] for name in rule.credentials if name in asked), None),
        )
        call.recheck = partial(_demanded_again, services, rule, request)
    return call


def _demanded_again(services: Services, rule: RoutePolicy, request: Request) -> None:
    """Raises Unauthenticated, and Forbidden without the route's scope."""
    if rule.scope is not None and rule.scope not in _identified(services, rule, request).actor.scopes:
        raise Forbidden(rule.scope)


def _in_address(rule: RoutePolicy) -> tuple[str, ...]:
    """Names of the parameters that say who calls."""
    return (*((TICKET,) if rule.ticket else ()), *rule.credentials)


def _check_page(call: RequestContext, request: Request) -> None:
    """Raises CrossSite for what a session's cookie came with, but no page of the session's has surely asked for."""
    if call.identity.session is not None:
        token = csrf_token(call.engine.secrets.key, call.identity.session)
        check_own_page(request.headers.get, request.method, token)


def _parameters(dependant: Dependant) -> Iterator[tuple[str, bool]]:
    """Names of the query parameters that a route's function asks for, itself or through what it depends on; and whether each may
    be given several times."""
    for parameter in dependant.query_params:
        yield parameter.alias, field_annotation_is_sequence(parameter.field_info.annotation)
    for inner in dependant.dependencies:
        yield from _parameters(inner)


def _check_query(request: Request, known: Mapping[str, bool]) -> None:
    """A parameter that nobody reads may be a filter misspelt, which would then match everything. ``known``: those that there are,
    and whether each may be given several times."""
    counts = Counter(name for name, _ in request.query_params.multi_items())
    for name, count in counts.items():
        if name not in known:
            raise InvalidInput(name[:60], "is not a parameter of this route")
        if count > 1 and not known[name]:
            raise InvalidInput(name, "is given more than once")


class BoundedRequest(Request):
    """A request whose body may not be larger than a limit, and whose JSON is strict.

    ``lax``: a body that is not declared to be anything is taken for JSON. Pages can send such a one anywhere.
    """

    def __init__(self, request: Request, limit: int, takes_body: bool, *, lax: bool = True) -> None:
        super().__init__(request.scope, _bounded(request.receive, limit))
        declared = request.headers.get("content-length", "")
        if declared.isdigit() and int(declared) > limit:
            raise TooLarge(limit)
        content_type = request.headers.get("content-type")
        has_body = declared not in ("", "0") or "transfer-encoding" in request.headers
        if takes_body and has_body and content_type is not None and not _is_json(content_type):
            raise NotJson(content_type)
        self._undeclared = content_type is None and not lax

    async def refuse_members(self) -> None:
        """Raises InvalidInput for a body that says something, where nobody would read it."""
        if not await self.body():
            return
        try:
            members = await self.json()
        except json.JSONDecodeError:
            raise InvalidInput("body", "must be empty: this route takes none") from None
        if members:
            raise InvalidInput(str(next(iter(members)))[:60] if isinstance(members, dict) else "body", UNKNOWN)

    async def json(self) -> Any:
        """The body, by :mod:`fermata.domain.strict_json`. One that may be left out may not be null: the description says so."""
        body = await self.body()
        if self._undeclared:
            raise NotJson("undeclared")
        try:
            read = strict_json.loads(body)
        except strict_json.NotJson as error:
            raise json.JSONDecodeError(str(error), "", 0) from None
        if read is None:
            raise InvalidInput("body", "must be an object, and not null")
        return read


def _bounded(receive: Receive, limit: int) -> Receive:
    taken = 0

    async def bounded() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > limit:
            raise TooLarge(limit)
        return message

    return bounded


def _is_json(content_type: str) -> bool:
    header = Header()
    header["content-type"] = content_type
    kind = header.get_content_type()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))

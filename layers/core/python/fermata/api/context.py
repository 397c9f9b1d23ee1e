"""One request to a route: who makes it, what it is about, and the one audit record that it leaves."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, TypeVar

from fastapi import Depends, Request

from fermata.api.audience import Audience
from fermata.api.auth import Identity, Security
from fermata.api.dialects import Dialect
from fermata.api.errors import MAX_MESSAGE, problem
from fermata.api.pagination import opened, sealed
from fermata.api.quota import Quota
from fermata.api.refusals import RefusalLog
from fermata.api.stream_windows import Windows
from fermata.content.workspace import ContentStores
from fermata.control.engine import Engine, refuse
from fermata.domain.access import ADMIN
from fermata.domain.errors import FermataError, Forbidden, Refused
from fermata.domain.events import Actor, Mutation, may_control
from fermata.domain.jobs import Ref

T = TypeVar("T")

NOBODY = Identity(Actor("", ""))
"""Who calls where nobody is asked."""

CURSORS = "cursors"
"""Purpose of the key that signs them."""

logger = logging.getLogger("fermata.api")

TRACEPARENT = re.compile(r"[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
REQUEST_ID = re.compile(r"[A-Za-z0-9._=-]{1,128}")


def no_wording(error: FermataError) -> str | None:
    return None


OwnerOf = Callable[["RequestContext", str], str]
"""The user whom something belongs to, by its id in a path."""


@dataclass(frozen=True)
class RoutePolicy:
    """What a route demands and how it speaks.

    Attributes:
        scope: read, control or admin; None: anybody may, unasked.
        action: verb and noun of the audit record, as ``batch.pause``; None: the route changes nothing.
        target: the path parameter that names what is acted on; None: the family.
        statuses: of errors, where they differ from :data:`fermata.api.errors.STATUSES`.
        wording: of an error, where it differs from the error's own; None for its own.
        anonymous: scopes of callers without credentials where the stack lets them in; empty where the document wants some.
        public: nobody is asked who it is; for signing in.
        strict_query: parameters that nobody reads are refused; not where somebody else chooses them.
        ticket: a stream ticket in the address says who calls, since a browser's EventSource can send no headers.
        credentials: more parameters of the address that say so, as clients that others wrote send them: a ticket, a JWT or an
            API key each.
        owner_of: the user whom the target belongs to: only that user, or one with the scope admin, is let through (see
            :func:`fermata.domain.events.may_control`). Raises NotFound. None: it belongs to nobody in particular.
    """

    family: str
    scope: str | None
    action: str | None
    target: str | None
    dialect: Dialect
    statuses: Mapping[type[BaseException], int] = field(default_factory=dict)
    wording: Callable[[FermataError], str | None] = no_wording
    anonymous: frozenset[str] = frozenset()
    public: bool = False
    strict_query: bool = True
    ticket: bool = False
    credentials: tuple[str, ...] = ()
    owner_of: OwnerOf | None = None


@dataclass(frozen=True)
class DefaultModel:
    """The model that batches ask which name none; the stack's parameters.

    Attributes:
        url: of an OpenAI-compatible API; it also takes the place of OpenAI's where a batch names a model and no endpoint. None:
            there is none.
        name: None: batches that name no model ask none.
        key: for that API; never shown, and sent nowhere else.
    """

    url: str | None = None
    name: str | None = None
    key: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Services:
    """What every request needs; made once.

    Attributes:
        quota: None: tenants may make any number of requests.
        max_body: bytes.
        windows: how streams are served.
        refusals: says which refusals are recorded.
        memory: MB of the workers of each class.
        model: for batches that name none.
        audience: whoever follows something here.
    """

    engine: Engine
    content: ContentStores
    security: Security
    quota: Quota | None
    max_body: int
    windows: Windows
    refusals: RefusalLog
    memory: Mapping[str, int]
    model: DefaultModel = field(default_factory=DefaultModel)
    audience: Audience = field(default_factory=Audience)


@dataclass
class RequestContext:
    """One request by a known caller; what a route's function gets.

    Attributes:
        identity: who calls, and what that rests on; where nobody is asked, the function that finds out sets it.
        target: what the audit record names; a function that learns it from the body sets it (see :meth:`on`).
        trace: the request's ``traceparent``, else its id.
        reason: that the request gives for what it does; the audit record has it.
        replayed: the same request was made before, and nothing was done for this one.
        recheck: looks again whether the caller may; raises Refused. For what goes on after the route's function.
    """

    services: Services
    rule: RoutePolicy
    identity: Identity
    target: str
    trace: str
    reason: str | None = None
    replayed: bool = False
    recheck: Callable[[], object] = lambda: None

    @property
    def actor(self) -> Actor:
        return self.identity.actor

    @property
    def engine(self) -> Engine:
        return self.services.engine

    @property
    def content(self) -> ContentStores:
        return self.services.content

    @property
    def tenant(self) -> str:
        return self.actor.tenant

    @property
    def act(self) -> Mutation:
        """The mutation to hand to control, which records it together with the change."""
        assert self.rule.action is not None, "this route changes nothing"  # noqa: S101
        now = self.engine.clock.now()
        return Mutation(self.actor, self.rule.action, self.target, now, trace=self.trace, reason=self.reason)

    def on(self, target: str) -> Mutation:
        """The act, on something that only the body names; a refusal from here on names it too."""
        self.target = target
        return self.act

    def seal(self, text: str, *owner: str) -> str:
        """A cursor of the tenant's; see :func:`fermata.api.pagination.sealed`."""
        return sealed(self.engine.secrets.key(CURSORS), text, self.tenant, *owner)

    def unseal(self, cursor: str, parse: Callable[[str], T], *owner: str) -> T:
        """Raises InvalidInput; see :func:`fermata.api.pagination.opened`."""
        return opened(self.engine.secrets.key(CURSORS), cursor, parse, self.tenant, *owner)

    def demand(self) -> None:
        """Raises Forbidden without the route's scope, and TooMany past the tenant's quota."""
        if self.rule.public:
            return
        if self.services.quota is not None:
            self.services.quota.take(self.tenant)
        if self.rule.scope is not None and self.rule.scope not in self.actor.scopes:
            raise Forbidden(self.rule.scope)

    def demand_ownership(self, id_: str) -> None:
        """Raises NotFound, and Forbidden where the target is another user's."""
        if self.rule.owner_of is not None and not may_control(self.actor, self.rule.owner_of(self, id_)):
            raise Forbidden(ADMIN)

    def refused(self, error: Exception) -> None:
        """Record that the mutation was refused; once for a request, or once for each item of a bulk request.

        Of a caller who is refused again and again only the first refusals of a minute are recorded.
        Errors that are no refusals leave nothing here: control has recorded the act with its change, if there was one.
        """
        if self.rule.action is None or not isinstance(error, Refused) or self.identity is NOBODY:
            return  # of nobody it is not known in which tenant's trail it would belong
        act = self.act
        why = self.services.refusals.wording(self.tenant, self.actor.user, str(error)[:MAX_MESSAGE], act.at)
        if why is None:
            return
        try:
            refuse(self.engine, act, why)
        except FermataError:
            logger.exception("a refusal could not be recorded", extra={"action": self.rule.action})


OWNERS = (
    "Each user of the tenant with the scope `read` sees all {0}; users control {0} that they, or callers without credentials, "
    "started, and with the scope `admin` anybody's (else 403)."
)
"""What families say of jobs."""


def owner_of_job(ref_of: Callable[[RequestContext, str], Ref]) -> OwnerOf:
    """Whoever started the job; ``ref_of``: how a family's ids lead to jobs."""
    return lambda call, id_: call.engine.store.job(ref_of(call, id_)).user


async def _call_of(request: Request) -> RequestContext:
    call: RequestContext = request.state.call
    return call


Caller = Annotated[RequestContext, Depends(_call_of)]
"""How a route's function asks for its call."""


def gateway_of(request: Request) -> str | None:
    """The name by which the gateway in front was reached, None without one."""
    name = request.scope.get("aws.event", {}).get("requestContext", {}).get("domainName")
    return name if isinstance(name, str) else None


def trace_of(request: Request) -> str:
    """The caller's ``traceparent``, else the id of the request."""
    traceparent = request.headers.get("traceparent", "")
    return traceparent if TRACEPARENT.fullmatch(traceparent) else request_id(request)


def request_id(request: Request) -> str:
    """The caller's ``X-Request-Id``, else the gateway's, else a new one; the same for the whole request."""
    known: str | None = getattr(request.state, "request_id", None)
    if known is None:
        given = request.headers.get("x-request-id", "")
        gateway = request.scope.get("aws.event", {}).get("requestContext", {}).get("requestId", "")
        known = next((id_ for id_ in (given, gateway) if REQUEST_ID.fullmatch(id_)), None) or uuid.uuid4().hex
        request.state.request_id = known
    return known


def message_of(error: Exception, rule: RoutePolicy) -> tuple[int, str, Mapping[str, str]]:
    """Status, text and headers of an error, in the words of the route."""
    found = problem(error, rule.statuses)
    text = rule.wording(error) if isinstance(error, FermataError) else None
    return found.status, text or found.message, found.headers

"""Sign in at the stack's identity provider."""

from __future__ import annotations

from dataclasses import astuple
from typing import Annotated

from fastapi import Query, Request, Response
from fastapi.responses import RedirectResponse

from fermata.api.auth import Identity, actor_of
from fermata.api.context import Caller, RequestContext
from fermata.api.oidc import FAILED, Attempt, Provider
from fermata.api.session.family import FAMILY, over_https, set_cookie
from fermata.api.sessions import new_session, signed, verified
from fermata.control.engine import record
from fermata.domain.errors import NotFound, Unauthenticated

ATTEMPT, ATTEMPT_SECONDS = "sign-in", 600
SECURE_COOKIE, PLAIN_COOKIE = "__Host-fermata-sign-in", "fermata-sign-in"
SESSION_SECONDS = 4 * 3600.0
"""Shorter than that of a key: nobody tells the stack when the provider's user is gone."""

PATH = r"^/(?:[!-.0-\[\]-~][!-~]*)?$"
"""Of this API: what begins with two slashes, or a slash and a backslash, leads to another host."""

Word = Annotated[str, Query(max_length=2_048)]


@FAMILY.query(
    "/oidc/start",
    public=True,
    scope=None,
    status_code=302,
    response_class=Response,
    errors=(404, 503),
    include_in_schema=False,
    summary="Begin to sign in at the identity provider",
)
def start_oidc(
    call: Caller,
    request: Request,
    return_to: Annotated[
        str, Query(max_length=1_024, pattern=PATH, description="A path of this API, where to go afterwards")
    ] = "/",
) -> Response:
    """Sends the browser to the provider (authorization code flow with PKCE). 404 where the stack has none."""
    attempt = Attempt.new(return_to)
    answer = RedirectResponse(_provider(call).sign_in_url(attempt, _callback(request)), 302)
    kept = signed(call.engine.secrets.key(ATTEMPT), [*astuple(attempt), call.services.security.now() + ATTEMPT_SECONDS])
    secure = over_https(request)
    # Lax, since the provider's page leads back here; its answer has to fit what is kept.
    answer.set_cookie(
        SECURE_COOKIE if secure else PLAIN_COOKIE,
        kept,
        max_age=ATTEMPT_SECONDS,
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )
    return answer


@FAMILY.route(
    "GET",
    "/oidc/callback",
    "session.create",
    public=True,
    scope=None,
    status_code=302,
    response_class=Response,
    errors=(401, 404, 503),
    strict_query=False,
    include_in_schema=False,
    summary="Finish signing in at the identity provider",
)
def finish_oidc(
    call: Caller,
    request: Request,
    state: Word = "",
    code: Word = "",
    error: Word = "",
    iss: Word = "",
) -> Response:
    """Where the provider sends the browser back to: opens a session of four hours for the user that it names.

    The identity token's `sub`, `tenant` and `scope` say who it is and may do what, as those of a bearer token do.
    """
    provider, attempt = _provider(call), _attempt(call, request)
    if error or not code or (iss and iss != provider.issuer):
        raise Unauthenticated(FAILED)
    actor = actor_of(provider.claims(attempt, state, code, _callback(request)))
    call.identity = Identity(actor)
    record(call.engine, call.act)
    answer = RedirectResponse(attempt.return_to, 302)
    set_cookie(call, request, answer, new_session(actor, None, call.services.security.now(), SESSION_SECONDS))
    for name, secure in ((SECURE_COOKIE, True), (PLAIN_COOKIE, False)):
        if name in request.cookies:
            answer.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="lax")
    return answer


def _provider(call: RequestContext) -> Provider:
    provider = call.services.security.provider
    if provider is None:
        raise NotFound("identity provider", "of this stack")
    return provider


def _callback(request: Request) -> str:
    scheme = "https" if over_https(request) else "http"
    return str(request.url.replace(scheme=scheme, path=f"{FAMILY.prefix}/oidc/callback", query="", fragment=""))


def _attempt(call: RequestContext, request: Request) -> Attempt:
    kept = request.cookies.get(SECURE_COOKIE) or request.cookies.get(PLAIN_COOKIE) or ""
    *parts, until = verified(call.engine.secrets.key(ATTEMPT), kept)
    if call.services.security.now() >= until:
        raise Unauthenticated(FAILED)
    return Attempt(*parts)

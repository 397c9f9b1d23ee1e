"""The family, and the cookie that it sets."""

from __future__ import annotations

from fastapi import Request, Response

from fermata.api.anonymous import LOOPBACK
from fermata.api.context import RequestContext
from fermata.api.dialects import TYPED
from fermata.api.routing import Family
from fermata.api.sessions import PLAIN_COOKIE, SECURE_COOKIE, SESSION, Session, sealed

FAMILY = Family(
    "session",
    "/api/v1/session",
    "Sessions of browsers. Signing in sets a cookie that no script can read; every route takes it in the place of a key. "
    "Whatever changes something needs the header `X-CSRF-Token` besides, and must come from a page of this origin.",
    dialect=TYPED,
)


def set_cookie(call: RequestContext, request: Request, response: Response, session: Session) -> None:
    """Have the browser keep the session, for as long as it lasts; over https only, where it was given over https."""
    secure = over_https(request)
    response.set_cookie(
        SECURE_COOKIE if secure else PLAIN_COOKIE,
        sealed(call.engine.secrets.key, SESSION, session),
        max_age=int(session.expires_at - call.services.security.now()),
        path="/",
        secure=secure,
        httponly=True,
        samesite="strict",
    )


def over_https(request: Request) -> bool:
    """Whether the browser's own connection is https; a gateway in front says so, and the local one says nothing."""
    told = request.headers.get("x-forwarded-proto")
    if told is None and "aws.event" in request.scope and request.url.hostname in LOOPBACK:
        return False
    return (told or request.url.scheme) == "https"


def delete_cookies(request: Request, response: Response) -> None:
    for name, secure in ((SECURE_COOKIE, True), (PLAIN_COOKIE, False)):
        if name in request.cookies:
            response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="strict")

"""Sign in with a key, tell who is signed in, sign out, and give tickets for streams."""

from __future__ import annotations

from fastapi import Request, Response

from fermata.api.context import Caller
from fermata.api.formatting import zoned_time
from fermata.api.session.family import FAMILY, delete_cookies, set_cookie
from fermata.api.session.presenter import shown
from fermata.api.session.schemas import Provider, SessionInfo, SignedOut, SignIn, SignInMethods, StreamTicket
from fermata.api.sessions import TICKET, TICKET_SECONDS, Session, check_origin, new_session, sealed
from fermata.control.engine import record
from fermata.domain.access import READ
from fermata.domain.errors import Unauthenticated


@FAMILY.query("/methods", public=True, scope=None, response_model=SignInMethods, summary="List the ways to sign in")
def list_sign_in_methods(call: Caller) -> SignInMethods:
    """What a page for signing in offers; no credentials are needed."""
    provider = call.services.security.provider
    oidc = Provider(issuer=provider.issuer, start=f"{FAMILY.prefix}/oidc/start") if provider is not None else None
    return SignInMethods(api_key=True, oidc=oidc)


@FAMILY.command(
    "",
    "session.create",
    public=True,
    scope=None,
    status_code=201,
    response_model=SessionInfo,
    errors=(401, 403),
    summary="Sign in with an API key",
)
def sign_in(call: Caller, request: Request, response: Response, body: SignIn) -> SessionInfo:
    """Opens a session of twelve hours for the key's user and sets its cookie: `HttpOnly`, `SameSite=Strict`, `Secure` over https.

    Revoking the key ends the session at once. A key that is not valid is a 401.
    """
    check_origin(request.headers.get)
    security = call.services.security
    call.identity = security.by_key(body.api_key)
    session = new_session(call.actor, call.identity.key, security.now())
    record(call.engine, call.act)
    set_cookie(call, request, response, session)
    return shown(call, session)


@FAMILY.query("", scope=None, response_model=SessionInfo, summary="Show who is signed in")
def get_session(call: Caller) -> SessionInfo:
    """Tenant, user and scopes of the caller, whatever it proves itself with, and the session's `csrf_token`. 401: nobody is."""
    return shown(call, call.identity.session)


@FAMILY.command("", "session.delete", method="DELETE", scope=None, response_model=SignedOut, summary="Sign out")
def sign_out(call: Caller, request: Request, response: Response) -> SignedOut:
    """Ends the session, wherever its cookie has been copied to, and removes the cookie. Without a session it is a 401."""
    session = call.identity.session
    if session is None:
        raise Unauthenticated("there is no session to end: the request has no cookie of one")
    record(call.engine, call.act)
    call.services.security.keys.end_session(session.id, session.expires_at)
    delete_cookies(request, response)
    return SignedOut(signed_out=True)


@FAMILY.route(
    "POST", "/stream-ticket", None, scope=READ, response_model=StreamTicket, summary="Give a ticket for streams"
)
def create_stream_ticket(call: Caller) -> StreamTicket:
    """Good for a quarter of an hour, for reading streams and nothing else, by whoever has it; it ends with the key or session
    that asked for it. A browser's `EventSource` can send no headers, and takes it as `?ticket=` in the stream's address.
    """
    identity, now = call.identity, call.services.security.now()
    ticket = new_session(call.actor, identity.key, now, TICKET_SECONDS)
    if identity.session is not None:
        until = min(ticket.expires_at, identity.session.expires_at)
        ticket = Session(identity.session.id, ticket.actor, ticket.key, until)
    text = sealed(call.engine.secrets.key, TICKET, ticket)
    return StreamTicket(ticket=text, expires_at=zoned_time(ticket.expires_at))

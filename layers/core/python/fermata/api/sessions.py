"""Browser sessions and stream tickets: what a browser is known by without holding a key that its pages could read.

Both are short texts, signed with a key that only the stack has. They name the API key they were opened with, which is looked up
each time, so that revoking it ends them at once; one of an identity provider has none, and names the user instead. A session
that was signed out is remembered until it would have ended by itself.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import cookie_parser

from fermata.domain.access import SCOPES
from fermata.domain.errors import Refused, Unauthenticated
from fermata.domain.events import Actor, KeyOf

SESSION_SECONDS = 12 * 3600.0
TICKET_SECONDS = 15 * 60.0
"""A native EventSource connects again with the address it was given, so a ticket has to outlast a few connections."""

SECURE_COOKIE, PLAIN_COOKIE = "__Host-fermata", "fermata"
"""Over https the prefix keeps neighbouring hosts from planting one; over plain http, on loopback, browsers refuse it."""

CSRF_HEADER = "X-CSRF-Token"
SESSION, TICKET = "sessions", "tickets"
"""Purposes of the keys that sign them."""

MAX_TOKEN = 2_048
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class CrossSite(Refused):
    """A request with a session's cookie that its own page has not surely made."""

    code = "cross_site"


@dataclass(frozen=True)
class Session:
    """Who a browser, or a stream, stands for.

    Attributes:
        key: digest of the API key that it was opened with; None: an identity provider vouched for the user.
        expires_at: seconds since the epoch.
    """

    id: str
    actor: Actor
    key: str | None
    expires_at: float


def new_session(actor: Actor, key: str | None, now: float, lasts: float = SESSION_SECONDS) -> Session:
    return Session(secrets.token_urlsafe(12), actor, key, now + lasts)


def sealed(key_of: KeyOf, purpose: str, session: Session) -> str:
    """The text that stands for it."""
    actor = session.actor
    facts = [session.id, actor.tenant, actor.user, sorted(actor.scopes), session.key, session.expires_at]
    return signed(key_of(purpose), facts)


def opened(key_of: KeyOf, purpose: str, text: str, now: float) -> Session:
    """The inverse. Raises Unauthenticated for a text that was not sealed for this purpose, or has had its time."""
    facts = verified(key_of(purpose), text)
    try:
        id_, tenant, user, scopes, key, expires_at = facts
        session = Session(id_, Actor(tenant, user, SCOPES.intersection(scopes)), key, float(expires_at))
    except (TypeError, ValueError):
        raise Unauthenticated(ENDED) from None
    if now >= session.expires_at:
        raise Unauthenticated(ENDED)
    return session


ENDED = "the session has ended; sign in again"


def signed(key: bytes, facts: Any) -> str:
    """JSON that whoever holds the key can be sure to have written itself."""
    body = _encoded(json.dumps(facts, separators=(",", ":")).encode())
    return f"{body}.{_encoded(_mark(key, body))}"


def verified(key: bytes, text: str) -> Any:
    """The inverse. Raises Unauthenticated."""
    body, dot, mark = text.partition(".")
    try:
        if len(text) > MAX_TOKEN or not dot or not hmac.compare_digest(_mark(key, body), _decoded(mark)):
            raise ValueError
        return json.loads(_decoded(body))
    except (ValueError, binascii.Error):
        raise Unauthenticated(ENDED) from None


def csrf_token(key_of: KeyOf, session: Session) -> str:
    """What a page of the session has to show to change anything; another site's page can't know it."""
    return hmac.new(key_of(SESSION), f"csrf {session.id}".encode(), hashlib.sha256).hexdigest()[:32]


def check_own_page(header: Callable[[str], str | None], method: str, token: str) -> None:
    """Raises CrossSite for a change that other sites' pages could have asked for."""
    if method in SAFE:
        return
    check_origin(header)
    if not hmac.compare_digest((header(CSRF_HEADER) or "").encode(), token.encode()):
        raise CrossSite(
            f"a browser session changes things with the header {CSRF_HEADER} that GET /api/v1/session tells"
        )


def check_origin(header: Callable[[str], str | None]) -> None:
    """Raises CrossSite for what a page of another origin sends."""
    origin, site = header("origin"), header("sec-fetch-site")
    if (origin is not None and urlsplit(origin).netloc != header("host")) or site not in (None, "same-origin", "none"):
        raise CrossSite("pages of other origins can't use a browser session")


def cookie_of(header: Callable[[str], str | None]) -> str | None:
    """The session's cookie."""
    cookies: Mapping[str, str] = cookie_parser(header("cookie") or "")
    return cookies.get(SECURE_COOKIE) or cookies.get(PLAIN_COOKIE)


def _mark(key: bytes, body: str) -> bytes:
    return hmac.new(key, body.encode(), hashlib.sha256).digest()


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)

"""Who calls: bearer tokens, API keys, browser sessions, stream tickets, and nobody."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

from fermata.api.anonymous import Doorman
from fermata.api.key_set import KeySet, fetched
from fermata.api.oidc import Provider
from fermata.api.outgoing import host_of
from fermata.api.sessions import ENDED, SESSION, TICKET, Session, cookie_of, opened
from fermata.control.api_keys import MAX_USER
from fermata.domain.access import ANONYMOUS, CONTROL, READ, SCOPES, ApiKey, digest, is_reserved
from fermata.domain.errors import Unauthenticated
from fermata.domain.events import Actor, KeyOf
from fermata.ports import Keys

DEFAULT_TENANT = "default"
TENANT = re.compile(r"(?!\.+$)[A-Za-z0-9._-]{1,64}", re.ASCII)
MAX_TOKEN = 8_192
SYMMETRIC = ("HS256",)
ASYMMETRIC = ("RS256", "ES256")
USED = 3600.0
"""Seconds between two notes that a key was used; each is a write."""


@dataclass(frozen=True)
class Tokens:
    """Which JWTs are good: those signed with a shared secret, or those of a published key set; never both.

    Accepting both would let a public key be used as the secret of a forged HS256 token.

    Attributes:
        secret: of HS256 tokens.
        jwks_url: of the key set for RS256 and ES256 tokens.
        issuer, audience: what ``iss`` and ``aud`` must say; None: not checked.
    """

    secret: str | None = field(default=None, repr=False)
    jwks_url: str | None = None
    issuer: str | None = None
    audience: str | None = None

    def __post_init__(self) -> None:
        if (self.secret is None) == (self.jwks_url is None):
            raise ValueError("tokens are checked by a secret or by a key set, and by just one of them")

    def claims(self, token: str) -> Mapping[str, Any]:
        """What a good token says. Raises Unauthenticated, and Unavailable without a key set that can be read."""
        import jwt  # it loads a cryptographic library, which a cold start need not wait for

        try:
            return jwt.decode(
                token,
                self._key(token),
                algorithms=list(SYMMETRIC if self.secret else ASYMMETRIC),
                audience=self.audience,
                issuer=self.issuer,
                options={"require": ["exp", "sub"], "verify_aud": self.audience is not None},
            )
        except (jwt.PyJWTError, ValueError) as error:
            raise Unauthenticated("the token is not valid") from error

    def _key(self, token: str) -> Any:
        if self.secret is not None:
            return self.secret
        import jwt

        if jwt.get_unverified_header(token).get("alg") not in ASYMMETRIC:
            raise jwt.InvalidAlgorithmError
        return self._keys.find(str(jwt.get_unverified_header(token).get("kid", "")))

    @cached_property
    def _keys(self) -> KeySet:
        url = str(self.jwks_url)
        return KeySet(url, partial(fetched, trusted=host_of(url)))


@dataclass(frozen=True)
class Identity:
    """Who calls, and what that rests on.

    Attributes:
        key: digest of the API key, sent with the request or named by a session or ticket; None without one.
        session: of the cookie that came with the request; None where headers, or a ticket, said who it is.
    """

    actor: Actor
    key: str | None = None
    session: Session | None = None


@dataclass(frozen=True)
class Security:
    """What the stack takes as proof of who calls.

    Attributes:
        tokens: None: no JWT is good.
        anonymous: callers without credentials are let in on the routes that document none.
        doorman: checks where they come from.
        key_of: of the keys that sessions and tickets are signed with; None: none is good.
        provider: where users sign in elsewhere; None: nowhere.
    """

    keys: Keys
    tokens: Tokens | None = None
    anonymous: bool = False
    doorman: Doorman = field(default_factory=Doorman)
    now: Callable[[], float] = time.time
    key_of: KeyOf | None = None
    provider: Provider | None = None

    def identify(
        self,
        header: Callable[[str], str | None],
        *,
        anonymous: frozenset[str] = frozenset(),
        gateway: str | None = None,
        ticket: str | None = None,
        token: str | None = None,
    ) -> Identity:
        """Who calls, by the request's headers: the token counts before the key, and both before a session's cookie. Raises
        Unauthenticated.

        ``anonymous``: what callers without credentials may do on the route; ``gateway``: the name it was reached by;
        ``ticket``: of a stream's address, None where the route takes none; ``token``: likewise, but a JWT or an API key does as
        well.
        """
        authorization, key = header("authorization"), header("x-api-key")
        if authorization is not None:
            return Identity(self._by_token(authorization))
        if key is not None:
            return self.by_key(key)
        if ticket is not None:
            return replace(self._by_session(ticket, TICKET), session=None)
        if token is not None:
            return self.by_text(token)
        if (cookie := cookie_of(header)) is not None:
            return self._by_session(cookie, SESSION)
        if anonymous and self.anonymous:
            self.doorman.check(header, gateway)
            return Identity(Actor(DEFAULT_TENANT, ANONYMOUS, anonymous))
        raise Unauthenticated("credentials are missing: send Authorization: Bearer <JWT>, or X-API-Key")

    def by_text(self, text: str) -> Identity:
        """Who calls, by a stream ticket, a JWT or an API key, which their form tells apart. Raises Unauthenticated."""
        if (dots := text.count(".")) == 1:
            return replace(self._by_session(text, TICKET), session=None)
        return Identity(self._by_token(f"Bearer {text}")) if dots else self.by_key(text)

    def by_key(self, key: str) -> Identity:
        """Whose key it is. Raises Unauthenticated."""
        found = self._good_key(digest(key))
        if found is None:
            raise Unauthenticated("the API key is not valid")
        return Identity(Actor(found.tenant, found.user, found.scopes), found.digest)

    def _by_token(self, authorization: str) -> Actor:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or self.tokens is None or len(token) > MAX_TOKEN:
            raise Unauthenticated("the token is not valid")
        return actor_of(self.tokens.claims(token.strip()))

    def _by_session(self, text: str, purpose: str) -> Identity:
        if self.key_of is None:
            raise Unauthenticated(ENDED)
        session = opened(self.key_of, purpose, text, self.now())
        if self.keys.has_ended(session.id):
            raise Unauthenticated(ENDED)
        if session.key is None:
            return Identity(session.actor, None, session)
        key = self._good_key(session.key)
        if key is None:
            raise Unauthenticated(ENDED)
        return Identity(Actor(key.tenant, key.user, key.scopes), session.key, session)

    def _good_key(self, key_digest: str) -> ApiKey | None:
        found, now = self.keys.find(key_digest), self.now()
        if found is None or not found.is_good(now) or is_reserved(found.user):
            return None
        if found.used_at is None or now - found.used_at >= USED:
            self.keys.used(found, now)
        return found


def actor_of(claims: Mapping[str, Any]) -> Actor:
    """Whom a token names: ``sub``, ``tenant`` (else the default one) and ``scope`` (else read and control)."""
    user, tenant, scope = claims["sub"], claims.get("tenant", DEFAULT_TENANT), claims.get("scope", f"{READ} {CONTROL}")
    if not all(isinstance(claim, str) for claim in (user, tenant, scope)):
        raise Unauthenticated("the token is not valid")
    if not TENANT.fullmatch(tenant) or not 0 < len(user) <= MAX_USER or not user.isprintable() or is_reserved(user):
        raise Unauthenticated("the token is not valid")
    return Actor(tenant, user, SCOPES.intersection(scope.split()))

"""Signing in at an identity provider: OpenID Connect's authorization code flow (Core 1.0, section 3.1) with PKCE (RFC 7636).

What is asked of the provider is asked over https, or on loopback, by the guarded client, without following redirects. Its address
is the stack's own parameter, so its host may be a private one; those of the addresses that it names may not, unless they are the
same or the stack allows them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

from fermata.api.key_set import KeySet, fetched
from fermata.api.outgoing import ask, host_of
from fermata.domain.errors import Unauthenticated, Unavailable

METADATA_SECONDS = 3_600.0
LEEWAY = 30
"""Seconds by which the provider's clock may be off."""

ALGORITHMS = ("RS256", "ES256")
LOOPBACK = ("http://127.0.0.1", "http://localhost", "http://[::1]")
FAILED = "signing in failed; try again"


@dataclass(frozen=True)
class Attempt:
    """One person's way to the provider and back; the browser keeps it meanwhile, signed.

    Attributes:
        state: comes back with the answer, so that nobody else's answer is taken.
        nonce: comes back in the identity token, so that no other token is taken.
        verifier: shows that who asks for the token is who sent the person there.
        return_to: a path here.
    """

    state: str
    nonce: str
    verifier: str
    return_to: str

    @classmethod
    def new(cls, return_to: str) -> Attempt:
        return cls(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48), return_to)

    @property
    def challenge(self) -> str:
        return base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).decode().rstrip("=")


@dataclass
class Provider:
    """An OpenID Connect provider, and this stack as its client.

    Attributes:
        secret: of a confidential client; None: a public one, which PKCE alone protects.
        allowed_hosts: private hosts beside the issuer's own that may be asked.
    """

    issuer: str
    client_id: str
    secret: str | None = field(default=None, repr=False)
    allowed_hosts: frozenset[str] = frozenset()
    now: Callable[[], float] = time.monotonic
    _metadata: Mapping[str, Any] | None = None
    _read_at: float = 0.0
    _keys: KeySet | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def sign_in_url(self, attempt: Attempt, redirect_uri: str) -> str:
        """Where to send the browser. Raises Unavailable."""
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": redirect_uri,
            "scope": "openid profile email",
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }
        endpoint = self._endpoint("authorization_endpoint")
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"

    def claims(self, attempt: Attempt, state: str, code: str, redirect_uri: str) -> Mapping[str, Any]:
        """What the provider says of who came back with the code. Raises Unauthenticated, and Unavailable."""
        if not hmac.compare_digest(state.encode(), attempt.state.encode()):
            raise Unauthenticated(FAILED)
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": attempt.verifier,
            "client_id": self.client_id,
        }
        answer = self._asked(self._endpoint("token_endpoint"), form, self._authorization())
        claims = self._checked(str(answer.get("id_token", "")))
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), attempt.nonce.encode()):
            raise Unauthenticated(FAILED)
        return claims

    def _checked(self, token: str) -> Mapping[str, Any]:
        import jwt

        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") not in ALGORITHMS:
                raise jwt.InvalidAlgorithmError
            claims: Mapping[str, Any] = jwt.decode(
                token,
                self._key_set().find(str(header.get("kid", ""))),
                algorithms=list(ALGORITHMS),
                audience=self.client_id,
                issuer=self.issuer,
                leeway=LEEWAY,
                options={"require": ["exp", "iat", "sub", "aud", "iss"]},
            )
        except (jwt.PyJWTError, ValueError) as error:
            raise Unauthenticated(FAILED) from error
        if claims.get("azp", self.client_id) != self.client_id:
            raise Unauthenticated(FAILED)
        return claims

    def _authorization(self) -> dict[str, str]:
        if self.secret is None:
            return {}
        pair = f"{quote(self.client_id, safe='')}:{quote(self.secret, safe='')}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}

    def _key_set(self) -> KeySet:
        url = self._endpoint("jwks_uri")
        if self._keys is None or self._keys.url != url:
            self._keys = KeySet(url, partial(fetched, trusted=self._trusted))
        return self._keys

    def _endpoint(self, name: str) -> str:
        with self._lock:
            if self._metadata is None or self.now() - self._read_at > METADATA_SECONDS:
                found = self._asked(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
                if found.get("issuer") != self.issuer:
                    raise Unavailable("the identity provider describes itself as another one")
                self._metadata, self._read_at = found, self.now()
            url = str(self._metadata.get(name, ""))
        if not url.startswith(("https://", *LOOPBACK)):
            raise Unavailable(f"the identity provider names no https address as its {name}")
        return url

    @property
    def _trusted(self) -> frozenset[str]:
        return host_of(self.issuer) | self.allowed_hosts

    def _asked(
        self, url: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Mapping[str, Any]:
        """The object that is answered. Raises Unauthenticated where the provider refuses, and Unavailable."""
        status, body = ask(url, self._trusted, form, headers)
        if form is not None and status in (400, 401, 403):
            raise Unauthenticated(FAILED)
        if status != 200:
            raise Unavailable(f"the identity provider answered {status}")
        try:
            found = json.loads(body)
        except ValueError as error:
            raise Unavailable("the identity provider's answer is no JSON") from error
        if not isinstance(found, dict):
            raise Unavailable("the identity provider's answer is no object")
        return found

"""Signing in at an identity provider, over real HTTP, against a small one on loopback."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from fermata.api.oidc import Provider

START, CALLBACK = "/api/v1/session/oidc/start", "/api/v1/session/oidc/callback"
CLIENT = "fermata-dashboard"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Issuer:
    """Knows one person, whom it sends back at once; what a test changes in it is what a hostile one would."""

    url: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    key: Any = KEY
    describes: str | None = None
    elsewhere: str | None = None

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.describes or self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": self.elsewhere or f"{self.url}/keys",
        }

    def keys(self) -> dict[str, Any]:
        return {"keys": [json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key())) | {"kid": "1", "use": "sig"}]}

    def authorize(self, location: str) -> str:
        """The person agrees: the address that the browser is sent back to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?code={code}&state={asked['state']}&session_state=whatever"

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        asked = self.codes.pop(form["code"], None)
        if asked is None:
            return 400, {"error": "invalid_grant"}
        proof = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode().rstrip("=")
        if proof != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        facts = {
            "iss": self.url,
            "aud": CLIENT,
            "sub": "ann@example",
            "iat": now,
            "exp": now + 60,
            "nonce": asked["nonce"],
        }
        return 200, {"id_token": jwt.encode(facts | self.claims, self.key, "RS256", headers={"kid": "1"})}


@pytest.fixture(scope="module")
def issuer_server() -> Iterator[tuple[Any, str]]:
    class Handler(BaseHTTPRequestHandler):
        issuer: Issuer

        def do_GET(self) -> None:
            found = {"/.well-known/openid-configuration": self.issuer.metadata, "/keys": self.issuer.keys}
            self.answer(200, found[self.path]())

        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
            self.answer(*self.issuer.token({name: values[0] for name, values in form.items()}))

        def answer(self, status: int, body: dict[str, Any]) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield Handler, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def issuer(issuer_server: tuple[Any, str], service: Any) -> Issuer:
    handler, url = issuer_server
    handler.issuer = Issuer(url)
    state = service.app.state
    security = replace(state.services.security, provider=Provider(url, CLIENT))
    state.services = replace(state.services, security=security)
    return handler.issuer


@pytest.fixture
def browser(service: Any) -> httpx.Client:
    return service.client()  # type: ignore[no-any-return]


def sign_in(browser: httpx.Client, issuer: Issuer, **query: str) -> httpx.Response:
    away = browser.get(START, params=query)
    assert away.status_code == 302
    return browser.get(issuer.authorize(away.headers["location"]))


def test_whoever_the_provider_vouches_for_is_signed_in(service: Any, browser: httpx.Client, issuer: Issuer) -> None:
    issuer.claims = {"tenant": "acme", "scope": "openid read control"}
    back = sign_in(browser, issuer, return_to="/dashboard?view=jobs")
    assert (back.status_code, back.headers["location"]) == (302, "/dashboard?view=jobs")
    said = browser.get("/api/v1/session").json()
    assert (said["tenant"], said["user"], said["scopes"]) == ("acme", "ann@example", ["control", "read"])
    assert service.world.audit["acme"][-1].act.action == "session.create"


def test_the_way_there_is_told_to_pages(browser: httpx.Client, issuer: Issuer) -> None:
    assert browser.get("/api/v1/session/methods").json()["oidc"] == {"issuer": issuer.url, "start": START}


def test_the_browser_goes_there_with_a_challenge_and_without_a_secret(browser: httpx.Client, issuer: Issuer) -> None:
    asked = parse_qs(urlsplit(browser.get(START).headers["location"]).query)
    assert (asked["response_type"], asked["code_challenge_method"], asked["client_id"]) == (
        ["code"],
        ["S256"],
        [CLIENT],
    )
    assert "code_verifier" not in asked


def test_signing_out_ends_it(browser: httpx.Client, issuer: Issuer) -> None:
    sign_in(browser, issuer)
    token = browser.get("/api/v1/session").json()["csrf_token"]
    assert browser.request("DELETE", "/api/v1/session", headers={"X-CSRF-Token": token}).status_code == 200
    assert browser.get("/api/v1/session").status_code == 401


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"aud": "another"},
        {"iss": "https://other.example"},
        {"exp": 1},
        {"azp": "another"},
        {"sub": "anonymous"},
    ],
    ids=str,
)
def test_a_token_that_is_not_for_this_person_and_stack_signs_nobody_in(
    browser: httpx.Client, issuer: Issuer, claims: dict[str, Any]
) -> None:
    issuer.claims = claims
    back = sign_in(browser, issuer)
    assert (back.status_code, browser.get("/api/v1/session").status_code) == (401, 401)


def test_a_token_that_others_signed_signs_nobody_in(browser: httpx.Client, issuer: Issuer) -> None:
    issuer.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert sign_in(browser, issuer).status_code == 401


def test_another_browsers_answer_is_not_taken(service: Any, browser: httpx.Client, issuer: Issuer) -> None:
    theirs = issuer.authorize(browser.get(START).headers["location"])
    victim = service.client()
    assert victim.get(theirs).status_code == 401
    victim.get(START)
    assert victim.get(theirs).status_code == 401


def test_a_code_is_good_once(browser: httpx.Client, issuer: Issuer) -> None:
    away = browser.get(START).headers["location"]
    back = issuer.authorize(away)
    kept = dict(browser.cookies)
    assert browser.get(back).status_code == 302
    browser.cookies.update(kept)
    assert browser.get(back).status_code == 401


def test_who_does_not_agree_is_not_signed_in(browser: httpx.Client, issuer: Issuer) -> None:
    browser.get(START)
    assert browser.get(CALLBACK, params={"error": "access_denied"}).status_code == 401


@pytest.mark.parametrize("path", ["https://evil.example", "//evil.example", "/\\evil.example", "dashboard", "/a\nb"])
def test_signing_in_leads_nowhere_else(browser: httpx.Client, issuer: Issuer, path: str) -> None:
    answer = browser.get(START, params={"return_to": path})
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("return_to: ")


def test_a_provider_that_describes_itself_as_another_is_not_asked(browser: httpx.Client, issuer: Issuer) -> None:
    issuer.describes = "https://other.example"
    assert browser.get(START).status_code == 503


def test_a_provider_that_leads_to_another_private_host_is_not_followed(browser: httpx.Client, issuer: Issuer) -> None:
    issuer.elsewhere = issuer.url.replace("127.0.0.1", "localhost") + "/keys"
    away = browser.get(START).headers["location"]
    assert browser.get(issuer.authorize(away)).status_code in (401, 503)
    assert browser.get("/api/v1/session").status_code == 401

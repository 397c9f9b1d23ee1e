"""Signing in at an identity provider, over real HTTP, against a small one on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from fermata.api.oidc import Provider
from identity_provider import CLIENT, Issuer, serving

START, CALLBACK = "/api/v1/session/oidc/start", "/api/v1/session/oidc/callback"


@pytest.fixture(scope="module")
def issuer_server() -> Iterator[tuple[Any, str]]:
    with serving() as (handler, port):
        yield handler, f"http://127.0.0.1:{port}"


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

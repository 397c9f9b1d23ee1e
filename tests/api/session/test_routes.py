"""A browser signs in, is known by its cookie, and signs out."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fermata.api.sessions import SESSION_SECONDS, TICKET_SECONDS

SESSION = "/api/v1/session"
JOBS = "/api/v1/jobs"
KEY = "sk_test_123456"


@pytest.fixture
def browser(service: Any) -> httpx.Client:
    """It has signed in, and its pages send what they were told."""
    client: httpx.Client = service.client(origin="http://localhost", sec_fetch_site="same-origin")
    told = client.post(SESSION, json={"api_key": KEY}).json()
    client.headers["X-CSRF-Token"] = told["csrf_token"]
    return client


def later(service: Any, seconds: float) -> None:
    security = service.app.state.services.security
    now = security.now()
    object.__setattr__(security, "now", lambda: now + seconds)


def test_signing_in_answers_who_one_is(service: Any) -> None:
    answer = service.client().post(SESSION, json={"api_key": KEY})
    assert answer.status_code == 201
    said = answer.json()
    assert (said["tenant"], said["user"], said["scopes"]) == ("default", "user-23456", ["admin", "control", "read"])


def test_the_cookie_is_kept_from_scripts_and_from_other_sites(service: Any) -> None:
    plain = service.client().post(SESSION, json={"api_key": KEY}).headers["set-cookie"]
    assert plain.startswith("fermata=")
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(plain.split("; "))
    secure = service.client().post(f"https://localhost{SESSION}", json={"api_key": KEY}).headers["set-cookie"]
    assert secure.startswith("__Host-fermata=")
    assert "Secure" in secure.split("; ")
    assert KEY not in plain + secure


def test_signing_in_leaves_one_record_with_the_keys_user(service: Any) -> None:
    with service.leaves_one_record():
        service.client().post(SESSION, json={"api_key": KEY})
    record = service.world.audit["default"][-1]
    assert (record.act.action, record.act.actor.user) == ("session.create", "user-23456")


@pytest.mark.parametrize("key", ["sk_nobody", "x"])
def test_nobody_signs_in_with_a_key_that_is_none(service: Any, key: str) -> None:
    answer = service.client().post(SESSION, json={"api_key": key})
    assert (answer.status_code, "set-cookie" in answer.headers) == (401, False)
    assert service.audit() == []


def test_a_page_of_another_origin_signs_nobody_in(service: Any) -> None:
    answer = service.client(origin="https://evil.example").post(SESSION, json={"api_key": KEY})
    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


def test_every_family_takes_the_session(browser: httpx.Client) -> None:
    for path in (JOBS, "/api/v1/tasks", "/processes", "/api/batch/active", "/api/v1/sources", "/api/v1/audit"):
        assert browser.get(path).status_code == 200, path


def test_the_session_says_who_is_signed_in(browser: httpx.Client) -> None:
    said = browser.get(SESSION).json()
    assert said["user"] == "user-23456"
    assert said["csrf_token"] == browser.headers["X-CSRF-Token"]


def test_a_caller_with_a_key_is_told_who_it_is_and_has_no_session(service: Any) -> None:
    said = service.key("sk_test_readonly").get(SESSION).json()
    assert (said["scopes"], said["csrf_token"], said["expires_at"]) == (["read"], None, None)


def test_a_session_changes_things_as_the_keys_user(service: Any, browser: httpx.Client) -> None:
    answer = browser.post("/api/v1/system/processing/pause", json={"reason": "lunch"})
    assert answer.status_code == 200
    assert service.world.audit["default"][-1].act.actor.user == "user-23456"


@pytest.mark.parametrize(
    "header",
    [
        {"X-CSRF-Token": ""},
        {"X-CSRF-Token": "0" * 32},
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
    ids=str,
)
def test_a_change_that_the_sessions_page_did_not_ask_for_is_refused_and_recorded(
    service: Any, browser: httpx.Client, header: dict[str, str]
) -> None:
    with service.leaves_one_record():
        answer = browser.post("/api/v1/system/processing/pause", headers=header)
    assert answer.status_code == 403
    assert service.audit()[-1][2].startswith("refused: ")


def test_a_key_needs_no_token_of_a_page(service: Any) -> None:
    assert service.key().post("/api/v1/system/processing/pause").status_code == 200


def test_signing_out_ends_the_session_wherever_its_cookie_was_copied_to(service: Any, browser: httpx.Client) -> None:
    thief = service.client(cookie="; ".join(f"{name}={value}" for name, value in browser.cookies.items()))
    assert thief.get(JOBS).status_code == 200
    answer = browser.request("DELETE", SESSION)
    assert (answer.status_code, answer.json()) == (200, {"signed_out": True})
    assert 'fermata=""' in answer.headers["set-cookie"]
    assert thief.get(JOBS).status_code == 401


def test_revoking_the_key_ends_its_sessions(service: Any, browser: httpx.Client) -> None:
    service.keys.revoke("default", "id-23456", 1.0)
    assert browser.get(JOBS).status_code == 401


def test_a_session_ends_by_itself(service: Any, browser: httpx.Client) -> None:
    later(service, SESSION_SECONDS - 1)
    assert browser.get(JOBS).status_code == 200
    later(service, 2)
    assert browser.get(JOBS).status_code == 401


@pytest.mark.parametrize(
    "change", [lambda text: text + "x", lambda text: text[:-4], lambda text: "A" + text[1:], str.lower]
)
def test_a_cookie_that_was_changed_is_good_for_nothing(service: Any, browser: httpx.Client, change: Any) -> None:
    cookie = browser.cookies["fermata"]
    assert service.client(cookie=f"fermata={change(cookie)}").get(JOBS).status_code == 401


def test_the_cookie_of_a_session_is_no_ticket_and_a_ticket_no_cookie(service: Any, browser: httpx.Client) -> None:
    ticket = browser.post(f"{SESSION}/stream-ticket").json()["ticket"]
    assert service.client(cookie=f"fermata={ticket}").get(JOBS).status_code == 401
    stream = f"{JOBS}/jobs:nothing/stream"
    assert service.client().get(stream, params={"ticket": browser.cookies["fermata"]}).status_code == 401


def test_a_ticket_opens_streams_and_nothing_else(service: Any) -> None:
    ticket = service.key().post(f"{SESSION}/stream-ticket").json()["ticket"]
    nobody = service.client()
    assert nobody.get(f"{JOBS}/jobs:nothing/stream", params={"ticket": ticket}).status_code == 404
    assert nobody.get(JOBS, params={"ticket": ticket}).status_code == 401


def test_a_ticket_ends_by_itself_and_with_the_session_that_asked_for_it(service: Any, browser: httpx.Client) -> None:
    stream = f"{JOBS}/jobs:nothing/stream"
    tickets = [browser.post(f"{SESSION}/stream-ticket").json()["ticket"] for _ in range(2)]
    browser.request("DELETE", SESSION)
    assert service.client().get(stream, params={"ticket": tickets[0]}).status_code == 401
    ticket = service.key().post(f"{SESSION}/stream-ticket").json()["ticket"]
    later(service, TICKET_SECONDS)
    assert service.client().get(stream, params={"ticket": ticket}).status_code == 401


def test_the_ways_to_sign_in_are_told_to_anybody(service: Any) -> None:
    assert service.client().get(f"{SESSION}/methods").json() == {"api_key": True, "oidc": None}


def test_a_stack_without_an_identity_provider_has_no_way_there(service: Any) -> None:
    assert service.client().get(f"{SESSION}/oidc/start").status_code == 404

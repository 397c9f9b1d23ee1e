"""API keys over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

KEYS = "/api/v1/keys"
JOBS = "/api/v1/jobs"


def test_a_key_is_shown_once_and_is_good_at_once(service: Any) -> None:
    made = service.key().post(KEYS, json={"user": "bob", "scopes": ["read"], "label": "laptop"})
    assert made.status_code == 201
    assert service.key(made.json()["key"]).get(JOBS).status_code == 200
    assert service.key(made.json()["key"]).post(f"{JOBS}/pause", json={"filter": {}}).status_code == 403
    listed = next(key for key in service.key().get(KEYS).json()["keys"] if key["id"] == made.json()["id"])
    assert (listed["user"], listed["scopes"], listed["label"], listed["state"]) == ("bob", ["read"], "laptop", "good")
    assert made.json()["key"] not in service.key().get(KEYS).text


def test_without_a_user_the_key_is_the_callers(service: Any) -> None:
    made = service.key().post(KEYS, json={}).json()
    assert (made["user"], made["scopes"], made["expires_at"]) == ("user-23456", ["control", "read"], None)


def test_a_revoked_key_is_good_no_more_and_stays_in_the_list(service: Any) -> None:
    made = service.key().post(KEYS, json={}).json()
    for _ in range(2):
        assert service.key().delete(f"{KEYS}/{made['id']}").json()["state"] == "revoked"
    assert service.key(made["key"]).get(JOBS).status_code == 401
    assert made["id"] in {key["id"] for key in service.key().get(KEYS).json()["keys"]}


def test_a_key_ends_when_it_was_told_to(service: Any) -> None:
    made = service.key().post(KEYS, json={"expires_at": "2030-01-01T00:00:00Z"}).json()
    assert made["expires_at"] == "2030-01-01T00:00:00Z"
    security = service.app.state.services.security
    object.__setattr__(security, "now", lambda: 2_000_000_000.0)
    assert service.key(made["key"]).get(JOBS).status_code == 401


def test_making_and_revoking_leave_one_record_each_that_name_the_key(service: Any) -> None:
    with service.leaves_one_record():
        made = service.key().post(KEYS, json={}).json()
    with service.leaves_one_record():
        service.key().delete(f"{KEYS}/{made['id']}")
    assert service.audit()[-2:] == [("keys.create", made["id"], "done"), ("keys.revoke", made["id"], "done")]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"user": "anonymous"}, "user"),
        ({"user": "cli:ann"}, "user"),
        ({"user": "a\nb"}, "user"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["root"]}, "scopes[0]"),
        ({"label": "x" * 101}, "label"),
        ({"expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
        ({"tenant": "other"}, "tenant"),
    ],
    ids=str,
)
def test_a_key_that_could_not_be_used_is_not_made(service: Any, body: dict[str, Any], field: str) -> None:
    before = len(service.keys.all("default"))
    answer = service.key().post(KEYS, json=body)
    assert (answer.status_code, answer.json()["detail"].partition(":")[0]) == (422, field)
    assert len(service.keys.all("default")) == before


def test_another_tenants_keys_are_not_there(service: Any) -> None:
    other = service.key("sk_test_other")
    assert [key["id"] for key in other.get(KEYS).json()["keys"]] == ["id-other"]
    assert other.delete(f"{KEYS}/id-23456").status_code == 404
    assert service.key().get(JOBS).status_code == 200


def test_keys_are_the_administrators(service: Any) -> None:
    caller = service.user(scope="read control")
    assert [caller.get(KEYS).status_code, caller.post(KEYS, json={}).status_code] == [403, 403]

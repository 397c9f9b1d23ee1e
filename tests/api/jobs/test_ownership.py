"""Who may stop what another user of the tenant started."""

from __future__ import annotations

from typing import Any

import pytest
from fermata.domain.access import ADMIN, CONTROL
from fermata.domain.events import Actor, may_control

JOBS = "/api/v1/jobs"


@pytest.fixture
def anns(create: Any) -> str:
    job_id: str = create()
    return job_id


@pytest.mark.parametrize("verb", ["pause", "resume", "cancel"])
def test_on_the_native_routes_it_is_the_owner_or_an_administrator(service: Any, anns: str, verb: str) -> None:
    if verb == "resume":
        service.user("ann").post(f"{JOBS}/{anns}/pause")
    with service.leaves_one_record():
        assert service.user("ben").post(f"{JOBS}/{anns}/{verb}").status_code == 403
    assert service.user("ben", scope="read control admin").post(f"{JOBS}/{anns}/{verb}").status_code == 200


@pytest.mark.parametrize("verb", ["pause", "cancel"])
@pytest.mark.parametrize("dry_run", [True, False])
def test_in_bulk_others_jobs_are_refused_one_by_one(service: Any, anns: str, verb: str, dry_run: bool) -> None:
    asked = {"filter": {}, "dry_run": dry_run}
    answer = service.user("ben").post(f"{JOBS}/{verb}", json=asked).json()
    assert [(one["job_id"], one["outcome"]) for one in answer["outcomes"]] == [(anns, "refused")]
    assert service.user("ann").post(f"{JOBS}/{verb}", json=asked).json()["count"] == 1


@pytest.mark.parametrize(
    ("user", "scopes", "owner", "allowed"),
    [
        ("ann", {CONTROL}, "ann", True),
        ("ann", {CONTROL}, "ben", False),
        ("ann", {ADMIN}, "ben", True),
        ("ann", {CONTROL}, "anonymous", True),
        ("anonymous", {CONTROL}, "anonymous", True),
        ("anonymous", {CONTROL, ADMIN}, "ben", False),
    ],
)
def test_users_control_what_is_theirs(user: str, scopes: set[str], owner: str, allowed: bool) -> None:
    assert may_control(Actor("default", user, frozenset(scopes)), owner) is allowed

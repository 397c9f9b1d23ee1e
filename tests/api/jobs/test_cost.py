from __future__ import annotations

from typing import Any

import httpx
import pytest

JOBS = "/api/v1/jobs"


@pytest.fixture
def cost(ann: httpx.Client) -> Any:
    return lambda job: ann.get(f"{JOBS}/{job}/cost").json()


def test_a_job_costs_more_the_further_it_is(service: Any, create: Any, workshop: Any, cost: Any) -> None:
    job = create(params={"units": 6})
    begun = cost(job)
    workshop.during("do", 3, lambda: service.engine.clock.sleep(2.0))
    service.driver.run()
    ended = cost(job)
    assert begun["projected_dollars"] is None
    assert ended["dollars"] > begun["dollars"] > 0
    assert ended["projected_dollars"] == pytest.approx(ended["dollars"])
    assert ended["worker_seconds"] >= 2.0
    assert sum(one["dollars"] for one in ended["services"]) == pytest.approx(ended["dollars"])


def test_another_tenants_job_has_no_cost(service: Any, create: Any) -> None:
    assert service.key("sk_test_other").get(f"{JOBS}/{create()}/cost").status_code == 404

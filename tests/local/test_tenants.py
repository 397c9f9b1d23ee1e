"""Two tenants at once on every list and every record of the deployed stack: neither ever sees the other."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from fermata.cli.seeding import seed
from fermata.local import stack as local

pytestmark = pytest.mark.local

KEYS = {"default": "sk_test_123456", "other": "sk_test_other"}
ROUNDS = 6


@pytest.fixture(scope="module")
def stack() -> Iterator[local.Stack]:
    with local.running() as running:
        seed(running)
        yield running


def marked(tenant: str) -> str:
    return f"marked-by-{tenant}"


def create(http: httpx.Client, tenant: str) -> list[str]:
    """Something in every family, marked; answers the paths that show it."""
    mark = marked(tenant)
    job = http.post("/api/v1/jobs", json={"kind": "probe", "params": {"units": 3}, "workspace": mark}).json()["id"]
    source = http.post("/api/v1/sources", json={"title": mark, "text": f"{mark} is a word."}).json()["source_id"]
    process = http.post("/processes", json={"type": "csv_import", "input": {"text": f"name\n{mark}\n"}}).json()["id"]
    params = {"url": f"http://127.0.0.1:9/{mark}", "delay": 0}
    task = http.post("/api/v1/tasks", json={"task_type": "crawl", "params": params}).json()["data"]["id"]
    return [
        f"/api/v1/jobs/{job}",
        f"/api/v1/jobs/{job}/events",
        f"/api/v1/jobs/{job}/results",
        f"/api/v1/sources/{source}",
        f"/processes/{process}",
        f"/processes/{process}/events",
        f"/api/v1/tasks/{task}",
        f"/api/v1/tasks/{task}/control-state",
        "/api/v1/jobs",
        "/api/v1/sources",
        "/api/v1/tasks",
        "/processes",
        "/api/batch/active",
        "/api/v1/audit",
        "/api/v1/system/processing/events",
        "/api/v1/records/records",
        f"/api/v1/search?q={mark}",
    ]


def hammer(stack: local.Stack, tenant: str) -> tuple[list[tuple[int, str]], list[str]]:
    """Every answer that a tenant got in several rounds, and the paths of what is its own."""
    answers: list[tuple[int, str]] = []
    paths: list[str] = []
    with httpx.Client(base_url=stack.api_url, headers={"X-API-Key": KEYS[tenant]}, timeout=60) as http:
        for _ in range(ROUNDS):
            paths = create(http, tenant)
            answers += [(answer.status_code, answer.text) for answer in map(http.get, paths)]
    return answers, paths


def test_two_tenants_at_once_never_see_each_other(stack: local.Stack) -> None:
    with ThreadPoolExecutor() as pool:
        found: dict[str, Any] = dict(zip(KEYS, pool.map(lambda tenant: hammer(stack, tenant), KEYS), strict=True))
    for tenant, other in (("default", "other"), ("other", "default")):
        answers, _ = found[tenant]
        assert {status for status, _ in answers} == {200}
        assert not [text for _, text in answers if marked(other) in text]
        assert [text for _, text in answers if marked(tenant) in text]


def test_what_one_tenant_has_is_not_there_for_the_other(stack: local.Stack) -> None:
    _, paths = hammer(stack, "default")
    own = [path for path in paths if "src_" in path or "jobs:" in path]
    with httpx.Client(base_url=stack.api_url, headers={"X-API-Key": KEYS["other"]}, timeout=60) as http:
        assert {http.get(path).status_code for path in own} == {404}

"""Two tenants at once on every list and every record of the deployed stack: neither ever sees the other. And what happens there
reaches a receiver outside."""

import queue
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from fermata.local import stack as local
from fermata.testing import LoopbackServer
from fermata_client.webhooks import verify

pytestmark = pytest.mark.local

KEYS = {"default": "sk_test_123456", "other": "sk_test_other"}
ROUNDS = 3


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


def own(http: httpx.Client) -> dict[str, str]:
    """An id of each family's, by the family's name."""
    source = {"title": "mine", "text": "A word."}
    schedule = {"name": "mine", "expression": "rate(1 day)", "job": {"kind": "probe"}}
    document = {"title": "mine", "file_path": "http://127.0.0.1:9/", "file_source_type": "url"}
    return {
        "jobs": http.post("/api/v1/jobs", json={"kind": "probe", "params": {"units": 3}}).json()["id"],
        "sources": http.post("/api/v1/sources", json=source).json()["source_id"],
        "processes": http.post("/processes", json={"type": "csv_import", "input": {"text": "a\n1\n"}}).json()["id"],
        "tasks": http.post("/api/v1/tasks", json={"task_type": "index", "params": {}}).json()["data"]["id"],
        "schedules": http.post("/api/v1/schedules", json=schedule).json()["id"],
        "keys": http.post("/api/v1/keys", json={}).json()["id"],
        "webhooks": http.post("/api/v1/webhooks", json={"name": "mine", "url": "https://mine.example"}).json()["id"],
        "batch": http.post("/api/batch/start", json={"documents": [document], "config": {}}).json()["job_id"],
    }


BODIES = {
    "/review": {"decision": "approve"},
    "/backfill": {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"},
}


def operations(description: dict[str, Any], ids: dict[str, str]) -> Iterator[tuple[str, str, Any]]:
    """Method, path and body of all that is about one thing, with the ids in place."""
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            if "{" in path and (id_ := ids.get(operation["tags"][0])) is not None:
                parts = ["0" if part == "{number}" else str(id_) if "{" in part else part for part in path.split("/")]
                body = next(
                    (body for end, body in BODIES.items() if path.endswith(end)),
                    {"name": "theirs"} if method == "patch" else None,
                )
                yield method, "/".join(parts), body


def test_what_one_tenant_has_is_on_no_route_there_for_the_other(stack: local.Stack) -> None:
    """Each path of the running stack's own description, with ids that there are."""
    with (
        httpx.Client(base_url=stack.api_url, headers={"X-API-Key": KEYS["default"]}, timeout=60) as mine,
        httpx.Client(base_url=stack.api_url, headers={"X-API-Key": KEYS["other"]}, timeout=60) as theirs,
    ):
        tried = list(operations(mine.get("/openapi.json").json(), own(mine)))
        answers = {(method, path): theirs.request(method, path, json=body) for method, path, body in tried}
    assert len(tried) > 40
    assert {place: answer.status_code for place, answer in answers.items() if answer.status_code != 404} == {}


def test_what_happens_reaches_a_receiver_signed(stack: local.Stack) -> None:
    """From the table's stream over the queue to a receiver on loopback, all by the deployed functions."""
    arrived: queue.Queue[tuple[dict[str, str], bytes]] = queue.Queue()
    headers = {"X-API-Key": KEYS["default"]}
    with LoopbackServer() as web, httpx.Client(base_url=stack.api_url, headers=headers, timeout=60) as http:

        def take(handler: Any) -> None:
            arrived.put((web.requests[-1][2], web.requests[-1][3]))
            handler.send_response(204)
            handler.end_headers()

        mine = {"labels": {"told": "here"}}
        body = {"name": "n", "url": web.act("/hook", take), "events": ["job.completed"], **mine}
        hook = http.post("/api/v1/webhooks", json=body)
        assert hook.status_code == 201, hook.text
        job = http.post("/api/v1/jobs", json={"kind": "probe", "params": {"units": 1}, **mine}).json()
        sent, raw = arrived.get(timeout=60)
        event = verify(raw, sent, hook.json()["secret"])
        assert (event["type"], event["job"]["id"]) == ("job.completed", job["id"])
        http.delete(f"/api/v1/webhooks/{hook.json()['id']}")

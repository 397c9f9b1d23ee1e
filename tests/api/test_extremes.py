"""What comes in can go out: extreme values to every input, then every output is read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fermata.api.app import Options
from fermata.api.stream_windows import Window, Windows
from fermata.cli.pages import description
from fermata.domain import strict_json
from fermata.domain.kind import Kind, Planned, Planning, Policy, Stage
from fermata.toolkit.parameters import Parameters, parser, schema
from pydantic import ConfigDict, Field

from tests.api.conftest import Service, instant

NESTED = "[" * 5_000 + "]" * 5_000
EXTREMES = {
    "infinity by exponent": "1e400",
    "minus infinity by exponent": "-1e400",
    "a constant": "NaN",
    "another constant": "-Infinity",
    "more digits than a double": "1" + "0" * 400,
    "more digits than Python reads": "9" * 5_000,
    "the largest double": "1.7976931348623157e308",
    "the smallest double": "5e-324",
    "beyond 64 bits": "18446744073709551616",
    "below 64 bits": "-9223372036854775809",
    "half a surrogate pair": '"\\ud800"',
    "nul": '"\\u0000"',
    "the last character": '"\\udbff\\udfff"',
    "a formula": '"=1+1"',
    "beyond time": '"9999-12-31T23:59:59-01:00"',
    "the last moment": '"9999-12-31T23:59:59Z"',
    "before time": '"0001-01-01T00:00:00+23:59"',
    "dots": '".."',
    "long": json.dumps("x" * 100_000),
    "quotes": json.dumps('"\\' * 1_000),
    "nested": NESTED,
    "nested objects": '{"a":' * 2_000 + "1" + "}" * 2_000,
    "a name that is half a pair": '{"\\ud800": 1}',
    "nothing": "null",
    "an empty object": "{}",
    "an empty list": "[]",
    "true": "true",
}
AT_ONCE = Windows(Window(length=0.0), Window(length=0.0))
MARK = "@"
"""Stands for the extreme value in a body."""

BODIES: list[tuple[str, str, Any]] = [
    ("POST", "/api/batch/start", {"config": {}, "documents": [{"file_path": "https://a.example/", "column": MARK}]}),
    ("POST", "/api/batch/start", {"config": {}, "documents": [{"file_path": MARK}]}),
    ("POST", "/api/batch/start", {"config": {"num_tags": MARK}, "documents": [{"file_path": "https://a.example/"}]}),
    ("POST", "/api/batch/start", {"config": {"exclusion_words": MARK}, "documents_url": "https://a.example/"}),
    ("POST", "/api/batch/start", {"config": {}, "job_id": MARK, "documents": [{"file_path": "https://a.example/"}]}),
    ("POST", "/api/batch/start", MARK),
    ("POST", "/api/v1/jobs", {"kind": "echo", "params": {"units": MARK}}),
    ("POST", "/api/v1/jobs", {"kind": "echo", "params": {"units": [MARK]}}),
    ("POST", "/api/v1/jobs", {"kind": MARK}),
    ("POST", "/api/v1/jobs", {"kind": "echo", "workspace": MARK}),
    ("POST", "/api/v1/jobs", {"kind": "echo", "timeout": MARK}),
    ("POST", "/api/v1/jobs", {"kind": "echo", "max_failed_share": MARK}),
    ("POST", "/api/v1/jobs", {"kind": "echo", "limit": MARK}),
    ("POST", "/api/v1/jobs", {"kind": "echo", "files": {"a": MARK}}),
    ("POST", "/api/v1/jobs/pause", {"filter": {"from": MARK}, "reason": "x"}),
    ("POST", "/api/v1/jobs/pause", {"filter": {"kind": "none"}, "until": MARK}),
    ("POST", "/api/v1/jobs/jobs:first/pause", {"reason": MARK}),
    ("POST", "/api/v1/jobs/jobs:first/pause", {"until": MARK}),
    ("POST", "/api/v1/jobs/jobs:first/resume", MARK),
    ("POST", "/api/v1/jobs/jobs:first/retry", {"units": [MARK], "which": "named"}),
    ("POST", "/api/v1/jobs/jobs:first/review", {"decision": "approve", "units": [MARK]}),
    ("POST", "/api/v1/tasks", {"task_type": "crawl", "params": {"units": [MARK]}}),
    ("POST", "/api/v1/tasks", {"task_type": "crawl", "project_id": MARK}),
    ("POST", "/api/v1/tasks/1/pause", {"reason": MARK}),
    ("POST", "/processes", {"type": "csv_import", "input": {"units": [MARK]}}),
    ("POST", "/processes", {"type": "csv_import", "workspace_id": MARK}),
    ("POST", "/processes/1/review", {"decision": "reject", "reason": MARK}),
    ("POST", "/api/v1/sources", {"title": MARK, "text": "a text"}),
    ("POST", "/api/v1/sources", {"title": "a title", "text": MARK}),
    ("POST", "/api/v1/sources", {"title": "a title", "uri": MARK}),
    ("POST", "/api/v1/sources/pause", {"source_ids": [MARK]}),
    ("POST", "/api/v1/sources/pause", {"source_ids": ["a"], "until": MARK}),
    ("POST", "/api/v1/system/processing/pause", {"reason": MARK}),
    ("POST", "/api/v1/system/processing/pause", {"until": MARK}),
]


class Anything(Parameters):
    model_config = ConfigDict(extra="allow", allow_inf_nan=False)

    units: list[Any] = Field(default_factory=list)


def echo(name: str) -> Kind:
    def plan(job: Planning) -> Iterator[Planned]:
        return (Planned(unit, at + 1) for at, unit in enumerate(job.params["units"]) if at >= (job.cursor or 0))

    stage = Stage("echo", plan, lambda unit: {"echo": unit.value}, Policy(timeout=None))
    facts = parser(Anything), schema(Anything), lambda job: {"params": job.params}
    return Kind(name, name, (stage,), *facts, families=frozenset({"processes", "tasks"}))


def kinds() -> dict[str, Kind]:
    from fermata.kinds.tag_documents.stages import TAG_DOCUMENTS

    made = [echo(name) for name in ("echo", "crawl", "csv_import", "source.process")]
    return {kind.name: kind for kind in made} | {TAG_DOCUMENTS.name: instant(TAG_DOCUMENTS)}


def outputs(service: Service) -> Iterator[str]:
    """Every address that can be read, once there is something to read."""
    for path, operations in description()["paths"].items():
        if "get" in operations and "{" not in path and "search" not in path:
            yield path
    yield from ("/api/v1/audit?format=jsonl", "/api/v1/audit/verification", "/api/v1/search?q=text")
    for ref in service.world.jobs:
        family, _, public = ref.id.partition(":")
        yield from (f"/api/v1/jobs/{ref.id}{rest}" for rest in ("", "/events", "/why", "/stream", "/results"))
        yield from (f"/api/v1/jobs/{ref.id}/results?format={format_}" for format_ in ("csv", "jsonl"))
        if family == "batch":
            yield from (f"/api/batch/jobs/{public}/{rest}" for rest in ("status", "results", "results?format=csv"))
        if family == "tasks":
            yield from (f"/api/v1/tasks/{public}{rest}" for rest in ("", "/control-state", "/stream"))
        if family == "processes":
            yield from (f"/processes/{public}{rest}" for rest in ("", "/events", "/stream"))
    yield from (f"/api/v1/sources/{id_}" for _, id_ in service.world.sources)


def read(caller: httpx.Client, path: str) -> None:
    answer = caller.get(path)
    assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:200]}"
    kind = answer.headers["content-type"].partition(";")[0]
    lines = answer.text.splitlines() if kind == "application/jsonl" else [answer.text]
    if kind in ("application/json", "application/jsonl"):
        for line in lines:
            strict_json.loads(line)


@pytest.mark.parametrize("value", EXTREMES.values(), ids=EXTREMES)
def test_what_comes_in_can_go_out(value: str) -> None:
    service = Service(kinds=kinds(), options=Options(windows=AT_ONCE))
    caller = service.key()
    for id_ in ("first", "second"):
        caller.post("/api/v1/jobs", json={"kind": "echo", "params": {"units": [1]}}, headers={"Idempotency-Key": id_})
    caller.post("/api/v1/tasks", json={"task_type": "crawl"})
    caller.post("/processes", json={"type": "csv_import"})
    for method, path, body in BODIES:
        text = json.dumps(body).replace(json.dumps(MARK), value)
        first = next(iter(service.world.jobs)).id
        answer = caller.request(method, path.replace("jobs:first", first), content=text)
        assert answer.status_code < 500, f"{path} {body}: {answer.text[:200]}"
    caller.post("/api/v1/system/processing/resume")
    service.driver.run()
    for path in outputs(service):
        read(caller, path)


def test_one_bad_record_does_not_break_a_list(service: Service) -> None:
    """Such as an earlier release has stored: it is shown as what it is, and the rest stays readable."""
    from dataclasses import replace

    caller = service.key()
    for title in ("one", "two"):
        document = {"title": title, "file_path": "https://a.example/"}
        caller.post("/api/batch/start", json={"config": {}, "documents": [document]})
    first, second = service.world.jobs.values()
    bad = {"number": float("inf"), "text": "\ud800", "list": [float("nan")]}
    service.world.jobs[first.ref] = replace(first, params=bad, created_at=1e18, result=bad)
    for path in ("/api/v1/jobs", f"/api/v1/jobs/{first.id}", "/api/batch/active"):
        read(caller, path)
    listed = caller.get("/api/v1/jobs").json()["jobs"]
    assert {job["id"] for job in listed} == {first.id, second.id}
    shown = next(job for job in listed if job["id"] == first.id)
    assert shown["params"] == {"number": None, "text": "?", "list": [None]}
    assert shown["created_at"] == "9999-12-31T23:59:59Z"

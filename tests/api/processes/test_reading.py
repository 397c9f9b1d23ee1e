"""List, show and history of processes."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from fermata.api.formatting import PROCESSES as WORDS
from fermata.api.sentences import SENTENCES
from fermata.domain.events import EventType
from fermata.domain.transitions import Status

ITEM = {"id", "type", "status", "progress", "created_at", "updated_at"}
PROCESS = {"id", "type", "status", "progress", "metadata", "result_summary"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def listed(caller: httpx.Client, query: str = "") -> list[int]:
    answer = caller.get(f"/processes{query}")
    assert answer.status_code == 200, answer.text
    return [process["id"] for process in answer.json()]


def test_processes_are_a_bare_list_newest_first(ann: httpx.Client, create: Any) -> None:
    create(ann), create(ann)
    shown = ann.get("/processes").json()
    assert [process["id"] for process in shown] == [2, 1]
    assert all(set(process) == ITEM for process in shown)
    assert all(TIME.fullmatch(process[name]) for process in shown for name in ("created_at", "updated_at"))


def test_a_list_shows_the_default_workspace_unless_another_is_named(ann: httpx.Client, create: Any) -> None:
    plain, named, numbered = create(ann), create(ann, workspace_id="team-a"), create(ann, workspace_id=7)
    assert listed(ann) == [plain]
    assert listed(ann, "?workspace_id=team-a") == [named]
    assert listed(ann, "?workspace_id=7") == [numbered]


def test_each_status_is_listed_under_its_word(ann: httpx.Client, create: Any, put: Any) -> None:
    for status in Status:
        put(create(ann), status)
    for word in set(WORDS.values()):
        found = ann.get(f"/processes?status={word}").json()
        assert len(found) == list(WORDS.values()).count(word)
        assert {process["status"] for process in found} == {word}


@pytest.mark.parametrize(
    "query",
    [
        "status=paused",
        "status=processing",
        "status=",
        "workspace_id=",
        "workspace_id=a|b",
        "workspace_id=" + "a" * 65,
        "limit=0",
        "limit=-1",
        "limit=501",
        "page=2",
    ],
)
def test_a_list_that_nobody_can_ask_for_is_refused(ann: httpx.Client, query: str) -> None:
    answer = ann.get(f"/processes?{query}")
    assert (answer.status_code, set(answer.json())) == (422, {"detail"})
    assert answer.json()["detail"].startswith(query.partition("=")[0])


def test_a_process_that_waits_for_review_shows_its_full_state(service: Any, ann: httpx.Client, create: Any) -> None:
    number = create(ann, "a", "b")
    service.driver.run()
    assert ann.get(f"/processes/{number}").json() == {
        "id": number,
        "type": "csv_import",
        "status": "waiting_review",
        "progress": 100,
        "metadata": {
            "workspace_id": "default",
            "input": {"rows": ["a", "b"]},
            "stage": "apply",
            "units": {"total": 2, "succeeded": 2, "failed": 0, "remaining": 0},
        },
        "result_summary": {"succeeded": 2, "failed": 0},
    }


def test_a_failed_process_shows_its_error(service: Any, ann: httpx.Client, create: Any, put: Any, rows: Any) -> None:
    number = create(ann, "a")
    put(number, Status.RUNNING)
    from fermata.control.termination import fail
    from fermata.domain.jobs import Ref

    fail(service.engine, Ref("default", f"processes:{number}"), 1, "the file is gone")
    assert ann.get(f"/processes/{number}").json()["result_summary"] == {"error": "the file is gone"}


def test_long_texts_of_the_input_are_cut(ann: httpx.Client, create: Any) -> None:
    number = create(ann, "x" * 1_000, {"deep": ["y" * 201]})
    shown = ann.get(f"/processes/{number}").json()["metadata"]["input"]
    assert shown == {"rows": ["x" * 200 + "…", {"deep": ["y" * 200 + "…"]}]}


def test_a_process_that_is_polled_and_has_not_changed_is_a_304(service: Any, ann: httpx.Client, create: Any) -> None:
    number = create(ann, "a", "b", "c")
    tag = ann.get(f"/processes/{number}").headers["etag"]
    assert ann.get(f"/processes/{number}", headers={"If-None-Match": tag}).status_code == 304
    service.driver.run()
    assert ann.get(f"/processes/{number}", headers={"If-None-Match": tag}).status_code == 200


def test_the_history_ascends_and_is_only_added_to(service: Any, ann: httpx.Client, create: Any) -> None:
    number = create(ann, "a")
    early = ann.get(f"/processes/{number}/events").json()
    service.driver.run()
    late = ann.get(f"/processes/{number}/events").json()
    assert late[: len(early)] == early
    assert [line["id"] for line in late] == list(range(1, len(late) + 1))
    assert all(set(line) == {"id", "status", "message", "created_at"} for line in late)
    assert [line["message"] for line in late] == [
        "Created by ann",
        "Started",
        "Stage validate has 1 units",
        "Waiting for review before stage apply",
    ]
    assert [line["status"] for line in late] == ["pending", "running", "running", "waiting_review"]


def test_a_long_history_is_whole(service: Any, ann: httpx.Client, create: Any) -> None:
    number = create(ann, "a")
    for _ in range(300):
        ann_pauses(service, number)
    lines = ann.get(f"/processes/{number}/events").json()
    assert [line["id"] for line in lines] == list(range(1, 902))


def ann_pauses(service: Any, number: int) -> None:
    """Pause and resume: three lines."""
    from fermata.control.holds import own_hold, pause, resume
    from fermata.domain.jobs import Ref

    ref = Ref("default", f"processes:{number}")
    pause(service.engine, None, ref, own_hold(service.engine, "ann", None))
    resume(service.engine, None, ref)


def test_every_type_of_event_has_its_sentence() -> None:
    assert set(SENTENCES) == set(EventType)


@pytest.mark.parametrize("id_", ["99", "0", "-1", "abc", "1.0", "9007199254740993", "task-1"])
@pytest.mark.parametrize("rest", ["", "/events", "/stream"])
def test_what_is_no_id_of_a_process_is_not_found(ann: httpx.Client, create: Any, id_: str, rest: str) -> None:
    create(ann)
    answer = ann.get(f"/processes/{id_}{rest}")
    assert (answer.status_code, answer.json()) == (404, {"detail": f"Process not found: {id_}"})


@pytest.mark.parametrize("rest", ["", "/events", "/stream"])
def test_another_tenants_process_is_not_found(service: Any, ann: httpx.Client, create: Any, rest: str) -> None:
    number = create(ann)
    other = service.key("sk_test_other")
    assert other.get(f"/processes/{number}{rest}").status_code == 404
    assert other.get("/processes").json() == []


@pytest.mark.parametrize("rest", ["", "/1", "/1/events", "/1/stream"])
def test_callers_without_credentials_are_never_let_in(make_service: Any, service: Any, rest: str) -> None:
    open_ = make_service(kinds=service.kinds, anonymous=True)
    answer = open_.client().get(f"/processes{rest}")
    assert (answer.status_code, set(answer.json())) == (401, {"detail"})

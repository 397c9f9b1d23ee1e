from __future__ import annotations

import re

import pytest
from fermata.content.model import IndexedSection, WorkspaceRef

SOURCES = "/api/v1/sources"
URI = {"title": "Handbook", "uri": "https://example.com/a"}


def test_a_source_is_given_by_uri(ann):
    answer = ann.post(SOURCES, json=URI)
    assert answer.status_code == 201
    body = answer.json()
    assert re.fullmatch(r"src_[0-9a-f]+", body.pop("source_id"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", body.pop("created_at"))
    assert body == {"status": "pending", "paused": False}


def test_a_source_is_given_as_text(service, ann, give):
    source_id = give(uri=None, text="# Ü")
    service.driver.run()
    assert ann.get(f"{SOURCES}/{source_id}").json()["status"] == "completed"
    assert any(data == "# Ü".encode() for data in service.world.blobs.values())


def test_a_source_is_processed_by_a_job_of_its_own(service, give):
    source_id = give(workspace_id="w2")
    (job,) = service.world.jobs.values()
    assert (job.id, job.family, job.kind, job.source) == (
        f"sources:{source_id}",
        "sources",
        "source.process",
        source_id,
    )
    assert job.workspace == "w2"
    assert job.params == {"source_id": source_id, "title": "Handbook", "uri": "https://example.com/a"}


def test_a_source_tells_how_far_it_is(service, ann, give, happening):
    source_id = give()
    seen = [ann.get(f"{SOURCES}/{source_id}").json()["status"]]
    for unit in ("extract-1", "index-1"):
        happening.during(unit, lambda: seen.append(ann.get(f"{SOURCES}/{source_id}").json()["status"]))
    service.driver.run()
    seen.append(ann.get(f"{SOURCES}/{source_id}").json()["status"])
    assert seen == ["pending", "extracting", "indexing", "completed"]


def test_a_source_that_fails_says_why(service, ann, give):
    source_id = give(uri="https://example.com/broken")
    service.driver.run()
    body = ann.get(f"{SOURCES}/{source_id}").json()
    assert (body["status"], body["error"]) == ("failed", "it can't be read")


def test_a_source_outlives_the_record_of_its_job(service, ann, give):
    source_id = give()
    service.world.jobs.clear()
    assert ann.get(f"{SOURCES}/{source_id}").json()["status"] == "unknown"


def test_a_source_shows_just_these_keys(ann, give):
    body = ann.get(f"{SOURCES}/{give()}").json()
    assert list(body) == [
        "source_id",
        "title",
        "uri",
        "workspace_id",
        "status",
        "paused",
        "paused_at",
        "reason",
        "error",
        "job_id",
        "created_at",
    ]


def test_a_list_is_newest_first_in_pages(ann, give):
    given = [give() for _ in range(5)]
    shown, query = [], {"limit": 2}
    while True:
        page = ann.get(SOURCES, params=query).json()
        shown += [source["source_id"] for source in page["sources"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert sorted(shown) == sorted(given)
    assert len(shown) == 5


def test_a_list_is_of_one_workspace_when_asked(ann, give):
    give()
    other = give(workspace_id="w2")
    page = ann.get(SOURCES, params={"workspace_id": "w2"}).json()
    assert [source["source_id"] for source in page["sources"]] == [other]


def test_a_cursor_serves_only_the_list_it_came_from(service, ann, give):
    for _ in range(2):
        give()
    cursor = ann.get(SOURCES, params={"limit": 1}).json()["next_cursor"]
    other = service.key("sk_test_other")
    assert ann.get(SOURCES, params={"cursor": cursor, "workspace_id": "w2"}).status_code == 422
    assert other.get(SOURCES, params={"cursor": cursor}).status_code == 422
    assert ann.get(SOURCES, params={"cursor": cursor[:-1]}).status_code == 422


def test_deleting_cancels_the_job_and_leaves_the_index(service, ann, give):
    source_id = give()
    place = WorkspaceRef("default", "default")
    service.content.index.add(place, [IndexedSection(source_id, 0, "Handbook", ("some words",))])
    with service.leaves_one_record():
        assert ann.delete(f"{SOURCES}/{source_id}").json() == {"source_id": source_id, "deleted": True}
    (job,) = service.world.jobs.values()
    assert job.status == "cancelled"
    assert service.content.index.postings(place, "words", 9) == []
    assert ann.get(f"{SOURCES}/{source_id}").status_code == 404
    assert ann.get(SOURCES).json()["sources"] == []


def test_deleting_again_is_not_found(ann, give):
    source_id = give()
    ann.delete(f"{SOURCES}/{source_id}")
    assert ann.delete(f"{SOURCES}/{source_id}").status_code == 404


def test_what_a_unit_in_hand_indexes_after_the_deletion_goes_too(service, ann, give, happening):
    source_id = give()
    place = WorkspaceRef("default", "default")

    def deleted_meanwhile():
        ann.delete(f"{SOURCES}/{source_id}")
        service.content.index.add(place, [IndexedSection(source_id, 0, "Handbook", ("some words",))])

    happening.during("index-1", deleted_meanwhile)
    service.driver.run()
    service.driver.recover()
    assert service.content.index.postings(place, "words", 9) == []


def test_a_deleted_source_is_not_processed_again(service, ann, give):
    source_id = give(uri="https://example.com/broken")
    service.driver.run()
    ann.delete(f"{SOURCES}/{source_id}")
    assert ann.post(f"/api/v1/jobs/sources:{source_id}/retry").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"title": "x"},
        {"uri": "https://example.com"},
        {"title": "", "uri": "https://example.com"},
        {"title": "  ", "uri": "https://example.com"},
        {"title": "x" * 501, "uri": "https://example.com"},
        {"title": 5, "uri": "https://example.com"},
        {"title": "x", "uri": 5},
        {"title": "x", "uri": ""},
        {"title": "x", "uri": "u" * 2049},
        {"title": "x", "text": ""},
        {"title": "x", "text": ["a"]},
        {"title": "x", "uri": "https://example.com", "text": "y"},
        {"title": "x", "text": "y", "workspace_id": "a|b"},
        {"title": "x", "text": "y", "workspace_id": ""},
        {"title": "x", "text": "y", "database": "z"},
    ],
)
def test_what_is_no_source_is_refused(service, ann, body):
    with service.leaves_one_record():
        answer = ann.post(SOURCES, json=body)
    assert answer.status_code == 422
    assert list(answer.json()) == ["detail"]
    assert (service.world.jobs, service.world.sources) == ({}, {})


def test_the_longest_title_is_taken(ann, give):
    assert ann.get(f"{SOURCES}/{give(title='x' * 500)}").json()["title"] == "x" * 500


@pytest.mark.parametrize("query", ["limit=0", "limit=-1", "limit=501", "limit=x", "cursor=", "cursor=x", "workspace=w"])
def test_a_list_refuses_what_it_does_not_know(ann, query):
    assert ann.get(f"{SOURCES}?{query}").status_code == 422


@pytest.mark.parametrize("source_id", ["src_x", "5", "src_x" * 200, "%00", "a b", "ü", "system"])
def test_an_id_that_names_no_source_is_not_found(service, ann, source_id):
    assert ann.get(f"{SOURCES}/{source_id}").status_code == 404
    with service.leaves_one_record():
        assert ann.delete(f"{SOURCES}/{source_id}").status_code == 404


def test_a_tenant_at_its_limit_is_told_so_and_leaves_nothing(make_service, service):
    from fermata.control.engine import Limits

    full = make_service(kinds=service.kinds, limits=Limits(open_jobs=1))
    ann = full.user()
    ann.post(SOURCES, json=URI)
    answer = ann.post(SOURCES, json=URI)
    assert answer.status_code == 429
    assert answer.json() == {"detail": "limit reached: open jobs is 1"}
    assert len(full.world.sources) == 1


def test_callers_without_credentials_pause_and_resume_where_the_stack_says_so_and_no_more(make_service, service):
    open_stack = make_service(kinds=service.kinds, anonymous=True)
    given = open_stack.user().post(SOURCES, json=URI).json()["source_id"]
    nobody = open_stack.client()
    assert nobody.post(f"{SOURCES}/{given}/pause").json() == {"source_id": given, "paused": True}
    assert nobody.post(f"{SOURCES}/resume", json={"source_ids": [given]}).json() == {"count": 1}
    for method, path in [("POST", ""), ("GET", ""), ("GET", f"/{given}"), ("DELETE", f"/{given}")]:
        assert nobody.request(method, f"{SOURCES}{path}", json=URI).status_code == 401
    assert service.client().post(f"{SOURCES}/{given}/pause").status_code == 401


def test_the_real_kind_makes_a_source_searchable_and_a_deletion_takes_it_out(make_service):
    from fermata.kinds.registry import Registry

    service = make_service(kinds=Registry())
    ann, place = service.user(), WorkspaceRef("default", "default")
    given = ann.post(SOURCES, json={"title": "Handbook", "text": "# Ferns\n\nFerns have fronds."}).json()
    service.driver.run()
    assert ann.get(f"{SOURCES}/{given['source_id']}").json()["status"] == "completed"
    assert [posting.source for posting in service.content.index.postings(place, "frond", 9)] == [given["source_id"]]
    ann.delete(f"{SOURCES}/{given['source_id']}")
    assert service.content.index.postings(place, "frond", 9) == []


def test_a_uri_that_the_kind_does_not_take_is_refused_by_its_name(make_service):
    from fermata.kinds.registry import Registry

    answer = make_service(kinds=Registry()).user().post(SOURCES, json={"title": "x", "uri": "gopher://x"})
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("uri: ")

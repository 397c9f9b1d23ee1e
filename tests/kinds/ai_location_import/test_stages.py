from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fermata.content.model import WorkspaceRef
from fermata.domain.transitions import Status
from fermata.kinds.ai_location_import import AI_LOCATION_IMPORT
from fermata.toolkit.parameters import InvalidParameters

HERE = WorkspaceRef("default", "default")
KEY = "sk-0123456789abcdef"
TEXT = "Trains from Łódź stop in Warsaw. Paris, Texas, is far away."
PLACES, STORE = 2, 3


def table(jobs: Any, name: str = "locations") -> dict[str, Any]:
    return {record.key: dict(record.values) for record in jobs.content.records.page(HERE, name, limit=500)}


def names(jobs: Any, ref: Any) -> list[str]:
    return [place["name"] for place in jobs.values(ref, PLACES)]


def model(web: Any, *places: dict[str, Any]) -> dict[str, str]:
    answer = {"choices": [{"message": {"content": json.dumps({"places": places})}}]}
    web.answer("/v1/chat/completions", json.dumps(answer).encode())
    return {"model_name": "m", "base_url": web.url("/v1"), "api_key": KEY}


def test_places_are_drafted_with_coordinates_and_alternatives_and_not_stored_unasked(jobs: Any) -> None:
    ref = jobs.run("ai_location_import", text=TEXT)
    assert (jobs.job(ref).status, names(jobs, ref)) == (
        Status.WAITING_REVIEW,
        ["Łódź", "Warsaw", "Paris", "Texas"],
    )
    paris = jobs.values(ref, PLACES)[2]
    assert (paris["country_code"], paris["region"], paris["kind"]) == ("US", "TX", "city")
    assert (round(paris["latitude"], 1), round(paris["longitude"], 1)) == (33.7, -95.6)
    assert "Paris, Texas" in paris["quotes"][0]
    assert table(jobs) == {}


def test_a_name_of_several_places_has_alternatives(jobs: Any) -> None:
    (place,) = jobs.values(jobs.run("ai_location_import", text="We drove to Springfield."), PLACES)
    assert place["confidence"] < 0.8 and len(place["alternatives"]) == 5
    assert {other["name"] for other in place["alternatives"]} == {"Springfield"}


@pytest.mark.parametrize(
    ("units", "stored"), [(None, {"Łódź", "Warsaw", "Paris", "Texas"}), ("0,2", {"Łódź", "Paris"}), ("9", set())]
)
def test_all_or_some_places_or_none_are_stored(jobs: Any, units: str | None, stored: set[str]) -> None:
    ref = jobs.run("ai_location_import", text=TEXT, title="Trains")
    jobs.approve(ref, units)
    assert {values["name"] for values in table(jobs).values()} == stored
    assert {values["document"] for values in table(jobs).values()} <= {"Trains"}
    assert (jobs.job(ref).result["stored"], jobs.job(ref).result["places"]) == (len(stored), 4)


def test_a_rejected_draft_stores_nothing(jobs: Any) -> None:
    ref = jobs.run("ai_location_import", text=TEXT)
    jobs.reject(ref)
    assert (jobs.job(ref).status, table(jobs)) == (Status.CANCELLED, {})


def test_a_place_that_the_table_has_is_known(jobs: Any) -> None:
    for _ in range(2):
        ref = jobs.run("ai_location_import", text=TEXT)
        jobs.approve(ref)
    assert (jobs.job(ref).result["stored"], jobs.job(ref).result["known"], len(table(jobs))) == (0, 4, 4)


def test_a_paused_import_asks_the_model_for_nothing_and_goes_on_where_it_was(jobs: Any, web: Any) -> None:
    params = model(web, {"name": "Warsaw", "country_code": "PL"})
    answer = web.answers["/v1/chat/completions"]
    web.act("/v1/chat/completions", lambda handler: (jobs.pause(ref), answer(handler)))
    ref = jobs.start("ai_location_import", text="\n\n".join(f"In Warsaw {'x' * 3_900}." for _ in range(3)), **params)
    jobs.driver.run()
    assert (jobs.job(ref).status, len(web.requests)) == (Status.PAUSED, 1)
    web.act("/v1/chat/completions", answer)
    jobs.resume(ref)
    assert ([place["mentions"] for place in jobs.values(ref, PLACES)], len(web.requests)) == ([3], 3)


def test_a_cancelled_import_drafts_nothing(jobs: Any) -> None:
    ref = jobs.start("ai_location_import", text=TEXT)
    jobs.cancel(ref)
    jobs.driver.run()
    assert (jobs.job(ref).status, jobs.counts(ref)) == (Status.CANCELLED, (0, 0, 0))


def test_a_retry_asks_only_about_the_blocks_that_failed(jobs: Any, web: Any) -> None:
    params = model(web, {"name": "Warsaw", "country_code": "PL"})
    answer = web.answers["/v1/chat/completions"]
    web.answer("/v1/chat/completions", b"{}", 400)
    ref = jobs.run("ai_location_import", text="In Warsaw.", **params)
    assert jobs.job(ref).status is Status.FAILED
    web.act("/v1/chat/completions", answer)
    jobs.retry(ref)
    assert (jobs.job(ref).status, names(jobs, ref)) == (Status.WAITING_REVIEW, ["Warsaw"])


def test_a_killed_worker_stores_each_place_once(killing: Any) -> None:
    jobs = killing("ai_location_import", stage=STORE, nth=2)
    ref = jobs.run("ai_location_import", text=TEXT)
    jobs.approve(ref, drive=False)
    jobs.outlive()
    assert (jobs.job(ref).result["stored"], len(table(jobs))) == (4, 4)


def test_a_document_is_fetched_and_read(jobs: Any, web: Any, samples: Path) -> None:
    url = web.answer("/journey.txt", (samples / "journey.txt").read_bytes(), Content_Type="text/plain")
    ref = jobs.run("ai_location_import", url=url)
    assert set(names(jobs, ref)) > {"Lyon", "Geneva", "Switzerland", "Vienna", "Novi Sad", "Galaţi", "Romania"}
    parises = [place for place in jobs.values(ref, PLACES) if place["written"] == "Paris"]
    assert {place["country_code"] for place in parises} >= {"US"}
    assert not {"Victoria", "Lima", "Reading"} & set(names(jobs, ref))


def test_a_model_names_places_and_the_gazetteer_places_them(jobs: Any, web: Any) -> None:
    places = [{"name": "Warsaw", "country_code": "PL"}, {"name": "Atlantis", "latitude": 31.0, "longitude": -24.0}]
    ref = jobs.run("ai_location_import", text="From Warsaw to Atlantis.", **model(web, *places))
    warsaw, atlantis = jobs.values(ref, PLACES)
    assert (warsaw["source"], warsaw["geonames_id"], warsaw["country_code"]) == ("gazetteer", 756135, "PL")
    assert (atlantis["source"], atlantis["latitude"], atlantis["geonames_id"]) == ("model", 31.0, None)
    jobs.approve(ref)
    assert (jobs.job(ref).result["usage"]["requests"], set(table(jobs))) == (1, {"geonames:756135", "place:atlantis"})


def test_a_name_that_the_model_made_up_is_dropped(jobs: Any, web: Any) -> None:
    ref = jobs.run("ai_location_import", text="From Warsaw on.", **model(web, {"name": "Narnia"}))
    assert (jobs.values(ref, PLACES), jobs.values(ref, 1)[0]["unfounded"]) == ([], 1)


def test_a_model_that_refuses_the_key_fails_the_job_without_telling_it(jobs: Any, web: Any) -> None:
    web.answer("/v1/chat/completions", b'{"error": {"message": "bad key ' + KEY.encode() + b'"}}', 401)
    params = {"model_name": "m", "base_url": web.url("/v1"), "api_key": KEY}
    ref = jobs.run("ai_location_import", text="From Warsaw on.", **params)
    error = jobs.job(ref).error
    assert "refused the API key (401)" in error and KEY not in error


@pytest.mark.parametrize("body", [b"", b"%PDF-1.7 broken", bytes(range(256)) * 20])
def test_a_document_that_cannot_be_read_fails_with_its_reason(jobs: Any, web: Any, body: bytes) -> None:
    ref = jobs.run("ai_location_import", url=web.answer("/x.pdf", body, Content_Type="application/pdf"))
    assert jobs.job(ref).status is Status.FAILED and "the document can't be read: " in jobs.job(ref).error


def test_a_text_without_a_place_ends_with_none(jobs: Any) -> None:
    ref = jobs.run("ai_location_import", text="Nobody went anywhere.")
    jobs.approve(ref)
    assert (jobs.job(ref).status, jobs.job(ref).result["places"]) == (Status.COMPLETED, 0)


@pytest.mark.parametrize(
    ("params", "name"),
    [
        ({}, None),
        ({"text": "a", "url": "https://example.org"}, None),
        ({"text": ""}, "text"),
        ({"text": "x" * 100_001}, "text"),
        ({"url": "ftp://example.org"}, "url"),
        ({"text": "a", "table": "a/b"}, "table"),
        ({"text": "a", "min_confidence": 2}, "min_confidence"),
    ],
)
def test_a_bad_parameter_is_refused_by_name(params: dict[str, Any], name: str | None) -> None:
    with pytest.raises(InvalidParameters) as refusal:
        AI_LOCATION_IMPORT.parse(params)
    assert refusal.value.errors()[0]["loc"][:1] == (() if name is None else (name,))

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fermata.content.model import WorkspaceRef
from fermata.domain.transitions import Status
from fermata.kinds.search import SEARCH, stages
from fermata.toolkit.fetch.rate_limit import Pace
from fermata.toolkit.papers import SERVICES
from fermata.toolkit.parameters import InvalidParameters
from paper_services import PaperServices

HERE = WorkspaceRef("default", "default")
KEY = "very-secret-key"


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that units have waited for their turn; nobody really waits."""
    waits: list[float] = []

    class Recorded(Pace):
        def wait(self, host: str, delay: float, deadline: float, sleep: Any = None) -> None:
            super().wait(host, delay, deadline, waits.append)

    monkeypatch.setattr(stages, "PACE", Recorded())
    return waits


@pytest.fixture
def services(web: Any) -> PaperServices:
    return PaperServices(web)


def table(jobs: Any, name: str = "papers") -> dict[str, dict[str, Any]]:
    return {record.key: dict(record.values) for record in jobs.content.records.page(HERE, name, limit=5_000)}


def run(jobs: Any, services: PaperServices, **params: Any) -> Any:
    params = {"query": "bees", "sources": list(SERVICES), "endpoints": services.endpoints} | params
    return jobs.run("search", **params)


def test_papers_of_all_services_land_in_one_table_each_once(jobs: Any, services: PaperServices) -> None:
    ref = run(jobs, services)
    result = jobs.job(ref).result
    assert (result["papers_found"], result["imported"], result["known"]) == (15, 11, 4)
    assert result["sources"]["arxiv"] == {"total": 3, "papers_found": 3, "imported": 2, "known": 1}
    assert len(table(jobs)) == 11 and "doi:10.1000/shared.0" in table(jobs)


def test_a_record_says_where_it_is_from(jobs: Any, services: PaperServices) -> None:
    ref = run(jobs, services, sources=["crossref"], query="bees  in towns")
    record = table(jobs)["doi:10.1000/crossref.1"]
    assert (record["service"], record["service_id"], record["title"]) == ("crossref", "10.1000/crossref.1", "Paper 1")
    assert (record["query"], record["job_id"]) == ("bees in towns", ref.id)
    assert record["retrieved_at"].endswith("Z")


@pytest.mark.parametrize("name", SERVICES)
def test_pages_are_asked_for_until_the_limit(jobs: Any, services: PaperServices, name: str) -> None:
    services.papers = 1_200
    ref = run(jobs, services, sources=[name], limit=750)
    assert jobs.job(ref).result["papers_found"] == len(table(jobs)) == 750
    assert len(services.asked) == (2 if name == "europe_pmc" else 8)


@pytest.mark.parametrize("name", SERVICES)
def test_no_page_is_asked_for_that_the_service_does_not_have(jobs: Any, services: PaperServices, name: str) -> None:
    services.papers = 101
    run(jobs, services, sources=[name], limit=1_000)
    assert (len(table(jobs)), len(services.asked)) == (101, 1 if name == "europe_pmc" else 2)


def test_a_limit_below_a_page_asks_for_no_more(jobs: Any, services: PaperServices) -> None:
    services.papers = 500
    ref = run(jobs, services, limit=7)
    assert jobs.job(ref).result["papers_found"] == 35
    assert {parameters.get("rows", "7") for _, parameters, _ in services.asked} == {"7"}


def test_several_queries_are_asked_each(jobs: Any, services: PaperServices) -> None:
    ref = run(jobs, services, sources=["openalex"], query=None, queries=["bees", "wax", "bees"])
    assert [parameters["search"] for parameters in services.parameters("openalex")] == ["bees", "wax"]
    assert jobs.job(ref).result["known"] == 3


def test_what_the_table_has_is_known(jobs: Any, services: PaperServices) -> None:
    run(jobs, services, sources=["openalex"])
    ref = run(jobs, services, sources=["openalex"])
    assert (jobs.job(ref).result["imported"], jobs.job(ref).result["known"]) == (0, 3)
    assert [paper["new"] for paper in jobs.values(ref)[0]["papers"]] == [False] * 3


def test_nothing_found_is_no_failure(jobs: Any, services: PaperServices) -> None:
    services.papers = 0
    ref = run(jobs, services)
    assert jobs.job(ref).status is Status.COMPLETED
    assert jobs.job(ref).result["papers_found"] == 0


def test_a_service_that_refuses_fails_alone(jobs: Any, services: PaperServices) -> None:
    services.fail("crossref", 400, b'{"message": [{"message": "no such field"}]}')
    ref = run(jobs, services)
    assert jobs.counts(ref) == (4, 1, 0)
    assert jobs.job(ref).result["sources"]["crossref"]["papers_found"] == 0
    jobs.retry(ref)
    assert jobs.job(ref).result["sources"]["crossref"]["papers_found"] == 3


def test_a_busy_service_is_asked_again(jobs: Any, services: PaperServices) -> None:
    services.fail("semantic_scholar", 429, b'{"message": "Too Many Requests", "code": "429"}', Retry_After="0")
    ref = run(jobs, services, sources=["semantic_scholar"])
    assert (jobs.job(ref).status, len(services.asked)) == (Status.COMPLETED, 2)


def test_pages_of_one_host_wait_for_their_turns(jobs: Any, services: PaperServices, slept: list[float]) -> None:
    services.papers = 300
    run(jobs, services, sources=["arxiv"], limit=300)
    assert len(slept) == 2 and all(2.0 < wait < 6.1 for wait in slept)


def test_keys_are_sent_and_shown_nowhere(jobs: Any, services: PaperServices) -> None:
    services.fail("openalex", 400, json.dumps({"message": f"bad key {KEY}"}).encode())
    ref = run(jobs, services, sources=["openalex"], openalex_key=KEY)
    assert services.parameters("openalex")[0]["api_key"] == KEY
    assert KEY not in repr(jobs.job(ref)) + repr(jobs.results(ref))


def test_the_workspaces_own_index_is_searched(jobs: Any, samples: Path) -> None:
    for name in ("swifts.md", "glacier.txt"):
        jobs.run("source.process", source_id=name, title=f"On {name}", uri=str(samples / name))
    ref = jobs.run("search", query="swifts")
    assert (jobs.job(ref).result["papers_found"], list(table(jobs))) == (1, ["workspace:swifts.md"])
    record = table(jobs)["workspace:swifts.md"]
    assert (record["title"], record["url"]) == ("On swifts.md", str(samples / "swifts.md"))
    assert "swift" in record["abstract"].lower()


def test_the_sample_runs_on_the_workspace(jobs: Any, samples: Path) -> None:
    jobs.run("source.process", source_id="energy", title="Energy", uri=str(samples / "tidal-energy.html"))
    ref = jobs.run("search", **json.loads((samples / "search.json").read_text()))
    assert jobs.job(ref).result["papers_found"] == 1


def test_a_paused_search_asks_for_no_page_and_goes_on_where_it_was(jobs: Any, web: Any, services: Any) -> None:
    answer = web.answers["/crossref/works"]
    web.act("/crossref/works", lambda handler: (jobs.pause(ref), answer(handler)))
    ref = jobs.start("search", query="bees", sources=["crossref", "openalex"], endpoints=services.endpoints)
    jobs.driver.run()
    assert jobs.job(ref).status is Status.PAUSED
    assert len(services.asked) == 1 and jobs.counts(ref) == (1, 0, 1)
    web.act("/crossref/works", answer)
    jobs.resume(ref)
    assert jobs.job(ref).status is Status.COMPLETED
    assert len(services.asked) == 2


def test_a_cancelled_search_asks_for_no_page(jobs: Any, web: Any, services: PaperServices) -> None:
    answer = web.answers["/crossref/works"]
    web.act("/crossref/works", lambda handler: (jobs.cancel(ref), answer(handler)))
    ref = jobs.start("search", query="bees", sources=["crossref", "openalex"], endpoints=services.endpoints)
    jobs.driver.run()
    assert jobs.job(ref).status is Status.CANCELLED
    assert len(services.asked) == 1


def test_a_killed_worker_imports_no_paper_twice(killing: Any, web: Any) -> None:
    jobs, services = killing("search", nth=2), PaperServices(web)
    ref = jobs.start("search", query="bees", sources=list(SERVICES), endpoints=services.endpoints)
    jobs.outlive()
    assert jobs.job(ref).status is Status.COMPLETED
    assert jobs.job(ref).result["imported"] == len(table(jobs)) == 11


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("query", ""),
        ("query", "() :"),
        ("query", "x" * 501),
        ("queries", ["bees"] * 21),
        ("queries", [" - "]),
        ("sources", []),
        ("sources", ["library"]),
        ("limit", 0),
        ("limit", 1_001),
        ("limit", "5"),
        ("year_from", 999),
        ("year_to", 3_000),
        ("table", "a/b"),
        ("contact", "nobody"),
        ("openalex_key", "a b"),
        ("endpoints", {"openalex": "ftp://a.example"}),
        ("endpoints", {"library": "http://a.example"}),
        ("unknown", 1),
    ],
)
def test_a_bad_parameter_is_refused_by_name(name: str, value: Any) -> None:
    given = {name: value} if name in ("query", "queries") else {"query": "bees", name: value}
    with pytest.raises(InvalidParameters) as refusal:
        SEARCH.parse(given)
    assert refusal.value.errors()[0]["loc"][0] == name


@pytest.mark.parametrize(
    "given", [{}, {"query": "a", "queries": ["b"]}, {"query": "a", "year_from": 2020, "year_to": 2019}]
)
def test_parameters_that_contradict_each_other_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameters, match=r"either query or queries|year_from is after"):
        SEARCH.parse(given)


def test_the_schema_describes_every_parameter() -> None:
    properties = SEARCH.schema()["properties"]
    assert all(part.get("description") for part in properties.values())
    assert all(properties[name]["writeOnly"] for name in SEARCH.secrets)

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fermata.domain.kind import Settings, UnitError, UnitRetry
from fermata.toolkit.papers import SERVICES, Ask, Found, ask
from paper_services import PaperServices

CORPUS = Path(__file__).parents[2] / "corpus" / "papers"
KEY = "very-secret-key"


@pytest.fixture
def services(web: Any) -> PaperServices:
    return PaperServices(web)


def asked(services: PaperServices, settings: Settings, name: str, query: str = "bees", **more: Any) -> Found:
    question = Ask(query, services.endpoints[name], **more)
    return ask(SERVICES[name], question, settings, lambda host, delay: None)


def body(answer: Any) -> bytes:
    return answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()


@pytest.mark.parametrize("name", SERVICES)
def test_a_paper_is_read_from_the_services_own_format(services: Any, settings: Settings, name: str) -> None:
    case = json.loads((CORPUS / f"{name}.json").read_text())
    services.fail(name, 200, body(case["answer"]))
    found = asked(services, settings, name)
    assert [paper.values() for paper in found.papers] == [case["paper"]]
    assert found.total == 1


@pytest.mark.parametrize("name", SERVICES)
def test_a_paper_of_which_next_to_nothing_is_known_is_read(services: Any, settings: Settings, name: str) -> None:
    case = json.loads((CORPUS / f"{name}.json").read_text())
    services.fail(name, 200, body(case["bare"]))
    (paper,) = asked(services, settings, name).papers
    assert paper.id and paper.values()["year"] is None


@pytest.mark.parametrize("name", SERVICES)
def test_pages_follow_one_another(services: PaperServices, settings: Settings, name: str) -> None:
    services.papers = 5
    first = asked(services, settings, name, count=2)
    second = asked(services, settings, name, count=2, offset=2, cursor=first.cursor)
    titles = [[paper.title for paper in found.papers] for found in (first, second)]
    assert (titles, first.total) == ([["Paper 0", "Paper 1"], ["Paper 2", "Paper 3"]], 5)


def test_years_are_asked_for_in_each_services_words(services: PaperServices, settings: Settings) -> None:
    for name in SERVICES:
        asked(services, settings, name, 'bees "crop yield"', year_from=2019, year_to=2021)
    sent = {name: parameters for name, parameters, _ in services.asked}
    assert sent["openalex"]["filter"] == "from_publication_date:2019-01-01,to_publication_date:2021-12-31"
    assert sent["crossref"]["filter"] == "from-pub-date:2019,until-pub-date:2021"
    assert sent["semantic_scholar"]["year"] == "2019-2021"
    assert sent["arxiv"]["search_query"] == (
        'all:bees AND all:"crop yield" AND submittedDate:[201901010000 TO 202112312359]'
    )
    assert sent["europe_pmc"]["query"] == '(bees AND "crop yield") AND FIRST_PDATE:[2019-01-01 TO 2021-12-31]'


@pytest.mark.parametrize(("first", "last", "sent"), [(2019, None, "2019-"), (None, 2021, "-2021"), (None, None, None)])
def test_one_year_alone_leaves_the_other_side_open(
    services: Any, settings: Settings, first: int | None, last: int | None, sent: str | None
) -> None:
    asked(services, settings, "semantic_scholar", year_from=first, year_to=last)
    assert services.parameters("semantic_scholar")[0].get("year") == sent


def test_services_are_told_whom_to_write_to(services: PaperServices, settings: Settings) -> None:
    for name in SERVICES:
        asked(services, settings, name, contact="ann@a.example")
    assert all("mailto:ann@a.example" in headers["User-Agent"] for _, _, headers in services.asked)
    told = {name: {"mailto", "email"} & set(parameters) for name, parameters, _ in services.asked}
    assert told["openalex"] == told["crossref"] == {"mailto"} and told["europe_pmc"] == {"email"}


def test_keys_go_where_each_service_wants_them(services: PaperServices, settings: Settings) -> None:
    for name in SERVICES:
        asked(services, settings, name, key=KEY)
    sent = {name: (parameters, headers) for name, parameters, headers in services.asked}
    assert sent["openalex"][0]["api_key"] == KEY
    assert sent["semantic_scholar"][1]["x-api-key"] == KEY
    assert sent["crossref"][1]["Crossref-Plus-API-Token"] == f"Bearer {KEY}"


def test_a_service_is_asked_as_often_as_it_allows(services: PaperServices, settings: Settings) -> None:
    waits: list[float] = []
    for key in ("", KEY):
        question = Ask("bees", services.endpoints["semantic_scholar"], key=key)
        ask(SERVICES["semantic_scholar"], question, settings, lambda host, delay: waits.append(delay))
    assert waits == [3.0, 1.0]


WORDS = {
    "openalex": (400, b'{"error": "Invalid filter", "message": "no such field"}', "no such field"),
    "crossref": (400, b'{"status": "failed", "message": [{"message": "no such field"}]}', "no such field"),
    "semantic_scholar": (404, b'{"error": "no such field"}', "no such field"),
    "europe_pmc": (404, b'{"errCode": 404, "errMsg": "no such field"}', "no such field"),
    "arxiv": (
        400,
        b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>http://arxiv.org/api/errors#x</id><title>Error</title>'
        b"<summary>no such field</summary></entry></feed>",
        "no such field",
    ),
}


@pytest.mark.parametrize("name", SERVICES)
def test_a_refusal_is_told_in_the_services_words(services: PaperServices, settings: Settings, name: str) -> None:
    status, answer, words = WORDS[name]
    services.fail(name, status, answer)
    with pytest.raises(UnitError, match=f"{SERVICES[name].title} answered {status}: {words}"):
        asked(services, settings, name)


@pytest.mark.parametrize("name", ["arxiv", "europe_pmc"])
def test_an_error_inside_a_success_is_one(services: PaperServices, settings: Settings, name: str) -> None:
    services.fail(name, 200, WORDS[name][1])
    with pytest.raises(UnitError, match="answered with an error: no such field"):
        asked(services, settings, name)


@pytest.mark.parametrize("name", SERVICES)
def test_too_many_requests_wait_as_the_service_says(services: PaperServices, settings: Settings, name: str) -> None:
    services.fail(name, 429, b"Rate exceeded.", Retry_After="9")
    with pytest.raises(UnitRetry, match="answered 429") as retry:
        asked(services, settings, name)
    assert (retry.value.after, retry.value.throttled) == (9.0, True)


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize("status", [500, 503])
def test_a_service_that_is_down_is_asked_again(
    services: PaperServices, settings: Settings, name: str, status: int
) -> None:
    services.fail(name, status)
    with pytest.raises(UnitRetry, match=f"answered {status}") as retry:
        asked(services, settings, name)
    assert not retry.value.throttled


def test_openalex_says_too_many_by_403_too(services: PaperServices, settings: Settings) -> None:
    services.fail("openalex", 403, b'{"message": "Rate limit exceeded"}')
    with pytest.raises(UnitRetry, match="Rate limit exceeded") as retry:
        asked(services, settings, "openalex")
    assert retry.value.throttled


@pytest.mark.parametrize("name", ["crossref", "arxiv", "semantic_scholar", "europe_pmc"])
@pytest.mark.parametrize("status", [401, 403])
def test_a_bad_key_is_an_error_that_does_not_show_it(
    services: PaperServices, settings: Settings, name: str, status: int
) -> None:
    services.fail(name, status, json.dumps({"message": f"bad key {KEY}", "errMsg": f"bad key {KEY}"}).encode())
    with pytest.raises(UnitError, match=f"answered {status}") as refusal:
        asked(services, settings, name, key=KEY)
    assert KEY not in str(refusal.value)


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize(
    "answer", [b"", b"<html>busy</html>", b'{"results": [', b"[]", b"{}", b"null", b'{"total": "x"}']
)
def test_garbage_is_asked_for_again(services: PaperServices, settings: Settings, name: str, answer: bytes) -> None:
    services.fail(name, 200, answer)
    with pytest.raises(UnitRetry, match="none of its answers"):
        asked(services, settings, name)


@pytest.mark.parametrize("name", SERVICES)
def test_half_an_answer_is_asked_for_again(services: Any, web: Any, settings: Settings, name: str) -> None:
    def half(handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")

    question = Ask("bees", services.endpoints[name])
    web.act(question.base.removeprefix(web.url("")) + SERVICES[name].path, half)
    with pytest.raises(UnitRetry, match="broke off"):
        ask(SERVICES[name], question, settings, lambda host, delay: None)


def test_an_empty_page_where_there_should_be_papers_is_asked_for_again(services: Any, settings: Settings) -> None:
    services.fail(
        "arxiv", 200, body(json.loads((CORPUS / "arxiv.json").read_text())["answer"]).split(b"<entry>")[0] + b"</feed>"
    )
    with pytest.raises(UnitRetry, match="an empty page, though it has 1 papers"):
        asked(services, settings, "arxiv")


@pytest.mark.parametrize("target", ["http://localhost:{}/works", "http://169.254.169.254/works"])
def test_a_redirect_to_another_host_is_refused(services: Any, web: Any, settings: Settings, target: str) -> None:
    services.fail("openalex", 302, b"", Location=target.format(web.port))
    with pytest.raises(UnitError, match="redirected to another host"):
        asked(services, settings, "openalex", key=KEY)
    assert len(services.asked) == 1


def test_entities_in_a_feed_are_not_unfolded(services: PaperServices, settings: Settings) -> None:
    services.fail(
        "arxiv", 200, b'<!DOCTYPE feed [<!ENTITY a "aaaa">]><feed xmlns="http://www.w3.org/2005/Atom">&a;</feed>'
    )
    with pytest.raises(UnitRetry, match="none of its answers"):
        asked(services, settings, "arxiv")

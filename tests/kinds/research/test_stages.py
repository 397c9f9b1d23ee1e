from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fermata.domain.transitions import Status
from fermata.kinds.research import RESEARCH
from fermata.toolkit.parameters import InvalidParameters

PATH = "/v1/chat/completions"
QUESTION = "How do swifts find their way in winter?"


def fill(jobs: Any, samples: Path, *names: str) -> None:
    for name in names:
        text = (samples / name).read_bytes()
        jobs.run("source.process", {"text": text}, source_id=f"src_{name.partition('.')[0]}", title=name)


def model(web: Any, *contents: Any) -> dict[str, str]:
    left = list(contents)

    def answer(handler: Any) -> None:
        message = {"content": json.dumps(left.pop(0) if len(left) > 1 else left[0])}
        body = json.dumps(
            {"choices": [{"message": message}], "usage": {"prompt_tokens": 90, "completion_tokens": 10}}
        ).encode()
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return {"model_name": "m", "base_url": web.act(PATH, answer).removesuffix("/chat/completions")}


def report(jobs: Any, ref: Any) -> Any:
    (found,) = jobs.values(ref, 4)
    return found


def test_every_sentence_of_the_report_stands_in_the_passage_it_names(jobs: Any, samples: Path) -> None:
    fill(jobs, samples, "swifts.md", "glacier.txt", "sourdough.txt")
    ref = jobs.run("research", question=QUESTION)
    assert jobs.job(ref).status is Status.COMPLETED
    found = report(jobs, ref)
    assert found["sentences"] and found["references"][0]["key"] == "source:src_swifts"
    for sentence in found["sentences"]:
        (passage,) = sentence["passages"]
        assert sentence["text"] in " ".join(passage["text"].split())
        assert f"{sentence['text']} [{sentence['references'][0]}]" in found["text"]
    assert jobs.job(ref).result["report"] == found["text"]


def test_a_plan_is_reviewed_on_request(jobs: Any, samples: Path) -> None:
    fill(jobs, samples, "swifts.md")
    ref = jobs.run("research", question=QUESTION, review=True)
    assert jobs.job(ref).status is Status.WAITING_REVIEW and jobs.values(ref)[0]["queries"][0] == QUESTION
    jobs.approve(ref)
    assert jobs.job(ref).status is Status.COMPLETED and jobs.job(ref).result["sentences"] > 0


def test_a_rejected_plan_searches_nothing(jobs: Any) -> None:
    ref = jobs.run("research", question=QUESTION, review=True)
    jobs.reject(ref)
    assert (jobs.job(ref).status, jobs.results(ref, 1)) == (Status.CANCELLED, [])


def test_what_is_nowhere_is_said(jobs: Any) -> None:
    result = jobs.job(jobs.run("research", question="What about xylophones?")).result
    assert (result["report"], result["documents"], result["sentences"]) == ("Nothing was found.", 0, 0)


def test_one_paper_of_two_services_is_read_once(jobs: Any, web: Any) -> None:
    def work(title: str) -> bytes:
        text = "<p>Swifts find their way in winter by the sun and by the stars of the southern sky.</p>"
        item = {
            "DOI": f"10.1000/{len(title)}",
            "title": [title],
            "abstract": text,
            "published": {"date-parts": [[2020]]},
        }
        return json.dumps({"message": {"total-results": 1, "items": [item]}}).encode()

    web.answer("/one/works", work("How swifts find their way in winter"))
    web.answer("/two/works", work("How Swifts Find Their Way in Winter."))
    results = []
    for path in ("/one", "/two"):
        ref = jobs.run(
            "research", question=QUESTION, queries=["a"], sources=["crossref"], endpoints={"crossref": web.url(path)}
        )
        results += jobs.values(ref, 1)
    from fermata.kinds.research.documents import merged

    (one,) = merged(document for result in results for document in result["documents"])
    assert (one["key"], one["also"], one["found"]) == ("doi:10.1000/35", ["doi:10.1000/36"], 2)


def test_papers_that_only_look_alike_are_read_both() -> None:
    from fermata.kinds.research.documents import documents_from, merged
    from fermata.toolkit.papers import Paper

    def paper(number: str, title: str, *authors: str) -> Paper:
        return Paper(service="arxiv", id=number, title=title, authors=authors, year=2020, abstract="Short.")

    first = [
        paper("1", "Sensors for bridges in winter, part 1", "A. Poe"),
        paper("2", "A survey of bird flight", "B. Lee"),
    ]
    second = [
        paper("3", "Sensors for bridges in winter, part 2", "A. Poe"),
        paper("4", "A survey of bird flight", "C. Kim"),
    ]
    slip = [paper("5", "Sensors for bridges in wintre, part 1", "Poe, A.")]
    documents = merged(document for papers in (first, second, slip) for document in documents_from(papers))
    assert {one["key"]: one["also"] for one in documents} == {
        "arxiv:1": ["arxiv:5"],
        "arxiv:2": [],
        "arxiv:3": [],
        "arxiv:4": [],
    }


def test_a_model_plans_and_writes_and_a_sentence_without_a_passage_is_dropped(
    jobs: Any, web: Any, samples: Path
) -> None:
    fill(jobs, samples, "swifts.md")
    sentences = [
        {"text": "Swifts are followed by geolocators.", "passages": [1, 99]},
        {"text": "The moon is of cheese.", "passages": []},
        {"text": "So is Mars.", "passages": [77]},
    ]
    params = model(web, {"queries": ["swifts geolocator", "swifts winter"]}, {"sentences": sentences})
    ref = jobs.run("research", question=QUESTION, **params)
    found = report(jobs, ref)
    assert [line["text"] for line in found["sentences"]] == ["Swifts are followed by geolocators."]
    assert found["dropped"] == 2 and found["sentences"][0]["passages"][0]["text"]
    assert jobs.job(ref).result["usage"]["requests"] == 2
    assert jobs.job(ref).result["queries"] == ["swifts geolocator", "swifts winter"]


def test_a_token_budget_holds_the_job_between_plan_and_report(jobs: Any, web: Any, samples: Path) -> None:
    fill(jobs, samples, "swifts.md")
    params = model(web, {"queries": ["swifts"]}, {"sentences": [{"text": "They fly.", "passages": [1]}]})
    ref = jobs.run("research", question=QUESTION, token_budget=700, max_answer_tokens=100, **params)
    assert jobs.job(ref).status is Status.PAUSED and "token budget is used up" in jobs.job(ref).holds[0].reason
    for _ in range(5):
        if jobs.job(ref).status is Status.PAUSED:
            jobs.resume(ref)
    assert jobs.job(ref).status is Status.COMPLETED and len(web.requests) == 2


@pytest.mark.parametrize("stage", [0, 1, 2, 3, 4])
def test_a_killed_worker_changes_nothing_at_any_stage(jobs: Any, killing: Any, samples: Path, stage: int) -> None:
    fill(jobs, samples, "swifts.md", "glacier.txt")
    whole = jobs.job(jobs.run("research", question=QUESTION)).result
    others = killing("research", stage=stage)
    fill(others, samples, "swifts.md", "glacier.txt")
    ref = others.start("research", question=QUESTION)
    others.outlive()
    assert others.job(ref).result == whole


def test_a_source_that_cannot_be_reached_fails_the_job_with_its_reason(jobs: Any) -> None:
    params = {"sources": ["crossref"], "endpoints": {"crossref": "http://169.254.169.254"}}
    job = jobs.job(jobs.run("research", question=QUESTION, queries=["a"], **params))
    assert job.status is Status.FAILED and "nothing could be searched: " in job.error


@pytest.mark.parametrize(
    ("name", "value"),
    [("question", ""), ("question", "x" * 501), ("queries", ["x"] * 11), ("sources", ["web"]), ("limit", 0), ("x", 1)],
)
def test_a_bad_parameter_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(InvalidParameters) as refusal:
        RESEARCH.parse({"question": QUESTION, name: value})
    assert refusal.value.errors()[0]["loc"][0] == name

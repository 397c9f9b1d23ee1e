from __future__ import annotations

import json
from typing import Any

import pytest
from fermata.content.model import IndexedSection
from fermata.domain.transitions import Status
from fermata.kinds.keyword_expand import KEYWORD_EXPAND
from fermata.toolkit.parameters import InvalidParameters
from kind_fixtures import Killed

TEXTS = (
    "The glacier ends at a moraine.",
    "A moraine shows where the glacier was.",
    "Rain fell on the town.",
    "The town has a market.",
    "The market sells bread.",
)


@pytest.fixture
def content(jobs: Any) -> Any:
    content = jobs.content.workspace("default", "default")
    for number, text in enumerate(TEXTS):
        content.index([IndexedSection(f"s{number}", 0, "T", (text,), language="en")])
    return content


def expanded(jobs: Any, keyword: str, **params: Any) -> dict[str, Any]:
    ref = jobs.run("keyword_expand", keywords=[keyword], **params)
    assert jobs.job(ref).status is Status.COMPLETED, jobs.job(ref).error
    value: dict[str, Any] = jobs.values(ref)[0]
    return value


def terms(value: dict[str, Any]) -> list[str]:
    return [suggestion["term"] for suggestion in value["suggestions"]]


@pytest.mark.usefixtures("content")
def test_what_stands_beside_it_more_than_elsewhere_comes_first(jobs: Any) -> None:
    best = expanded(jobs, "glaciers", sources=["workspace"])["suggestions"][0]
    assert best["term"] == "moraine"
    assert best["from"] == [{"source": "workspace", "passages": 2, "of": 2, "workspace": 2}]


def test_what_stands_everywhere_is_no_suggestion(jobs: Any, content: Any) -> None:
    for number, text in enumerate(("Bees like water.", "Wasps like water.", "Ants like water.")):
        content.index([IndexedSection(f"w{number}", 0, "T", (text,), language="en")])
    content.forget("s0")
    assert "market" in terms(expanded(jobs, "town", sources=["workspace"]))
    assert "water" not in terms(expanded(jobs, "town", sources=["workspace"]))


def test_synonyms_say_which_lexicon_and_meaning_they_are_of(jobs: Any) -> None:
    value = expanded(jobs, "lighthouses", sources=["lexicon"])
    assert value["suggestions"][0]["term"] == "beacon"
    assert value["suggestions"][0]["from"] == [{"source": "lexicon", "lexicon": "WordNet", "sense": 1}]


def test_what_several_say_comes_first_with_all_that_they_say(jobs: Any, content: Any) -> None:
    content.index([IndexedSection("b", 0, "T", ("The lighthouse is a beacon for ships.",), language="en")])
    best = expanded(jobs, "lighthouse")["suggestions"][0]
    assert (best["term"], [said["source"] for said in best["from"]]) == ("beacon", ["workspace", "lexicon"])


@pytest.mark.usefixtures("content")
def test_a_keyword_that_is_nowhere_has_an_empty_list_and_a_reason(jobs: Any) -> None:
    value = expanded(jobs, "xylozzz")
    assert (value["suggestions"], value["reason"]) == (
        [],
        "no passage of the workspace has it; the lexicon (WordNet, English) does not have it",
    )


@pytest.mark.usefixtures("content")
def test_the_result_counts_and_names_those_without(jobs: Any) -> None:
    ref = jobs.run("keyword_expand", keywords=["glacier", " xylozzz ", "xylozzz"], limit=1)
    assert jobs.job(ref).result == {"keywords": 2, "suggestions": 1, "without": ["xylozzz"], "failed": 0}


@pytest.mark.parametrize("keyword", ['"machine learning', "C++", "-glacier", "title:bees", "氷河", "a" * 200])
def test_signs_mean_nothing(jobs: Any, content: Any, keyword: str) -> None:
    content.index([IndexedSection("j", 0, "T", ("氷河が山を削り、氷河が谷を作る。",), language="ja")])
    assert isinstance(expanded(jobs, keyword)["suggestions"], list)


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"keywords": []},
        {"keywords": ["\ud800x"]},
        {"keywords": ["a"], "limit": 0},
        {"keywords": ["?!"]},
        {"keywords": ["a" * 201]},
        {"keywords": ["a"], "limit": 101},
    ],
)
def test_parameters_have_limits(params: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameters):
        KEYWORD_EXPAND.parse(params)


def test_a_paused_job_goes_on_and_a_dead_workers_keyword_runs_again(killing: Any) -> None:
    jobs = killing("keyword_expand", nth=2)
    ref = jobs.start("keyword_expand", keywords=["lighthouse", "soil", "crop"])
    jobs.pause(ref)
    jobs.driver.run()
    assert jobs.job(ref).status is Status.PAUSED
    with pytest.raises(Killed):
        jobs.resume(ref)
    jobs.clock.sleep(60)
    jobs.driver.recover()
    jobs.driver.run()
    assert jobs.job(ref).result["keywords"] == 3


# A model. ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def model(web: Any) -> Any:
    """Answers with these suggestions, in the form that OpenAI has."""

    def answer(content: str, status: int = 200) -> dict[str, Any]:
        body = {
            "choices": [{"message": {"role": "assistant", "content": content}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 40, "completion_tokens": 8},
        }
        web.answer("/v1/chat/completions", json.dumps(body).encode(), status)
        return {"model_name": "m", "base_url": web.url("/v1"), "api_key": "sk-1", "sources": ["lexicon"]}

    return answer


def test_a_models_suggestions_say_its_name_and_the_relation(jobs: Any, model: Any, web: Any) -> None:
    params = model('{"suggestions": [{"term": "Ice Sheet", "relation": "broader"}]}')
    value = expanded(jobs, "glacier", **params)
    assert value["suggestions"][0]["from"] == [{"source": "model", "model": "m", "relation": "broader"}]
    assert (terms(value), value["usage"]["prompt_tokens"]) == (["ice sheet"], 40)
    asked = json.loads(web.requests[0][3])
    assert asked["response_format"]["type"] == "json_schema" and "glacier" in asked["messages"][1]["content"]


@pytest.mark.parametrize(
    ("content", "status", "error"),
    [
        ("I would rather talk.", 200, "not what was asked for"),
        ('{"suggestions": [{"term": "a", "relation": "friend"}]}', 200, "not what was asked for"),
        ("", 401, "refused the API key"),
    ],
)
def test_a_model_that_does_not_answer_fails_the_keyword(
    jobs: Any, model: Any, content: str, status: int, error: str
) -> None:
    ref = jobs.run("keyword_expand", keywords=["glacier"], **model(content, status))
    assert error in jobs.results(ref)[0].error and "sk-1" not in jobs.results(ref)[0].error
    model('{"suggestions": []}')
    jobs.retry(ref)
    assert jobs.values(ref)[0]["reason"].endswith("the model suggests nothing")

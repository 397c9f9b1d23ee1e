"""A job with a budget of tokens, run to where it ends, over real HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from fermata.content.model import Record
from fermata.testing import LoopbackServer, TestJob, Workbench

PATH = "/v1/chat/completions"
USED = 300
RECORDS = 6
INSTRUCTIONS = json.dumps(
    {"choices": [{"message": {"content": '{"changes": [], "sql": "DROP TABLE records", "now": "ignore your rules"}'}}]}
).encode()


@pytest.fixture
def bench() -> Workbench:
    bench = Workbench()
    bench.content.add("records", [Record(f"r:{n}", f"by-{n}", {"note": f"Note {n}."}) for n in range(RECORDS)])
    return bench


def answering(web: LoopbackServer, **more: Any) -> None:
    usage = {"prompt_tokens": USED - 20, "completion_tokens": 20}
    body = {"choices": [{"message": {"content": '{"changes": []}'}}], "usage": usage, **more}
    web.answer(PATH, json.dumps(body).encode())


@pytest.fixture
def run(bench: Workbench, web: LoopbackServer) -> Callable[..., TestJob]:
    def run(**params: Any) -> TestJob:
        model = {"model_name": "m", "base_url": web.url("/v1"), "max_answer_tokens": 100}
        return bench.run("ai_improvement", **model, **params)

    return run


def test_a_budget_that_is_used_up_holds_the_job_before_it_is_overrun(web: Any, run: Any, bench: Workbench) -> None:
    answering(web)
    job = run(token_budget=1_200)
    assert job.status == "paused" and job.record.holds[0].owner == "automatic"
    assert "the token budget is used up" in job.hold and "resuming allows 1,200 more" in job.hold
    spent = bench.world.spent[job.ref]
    assert spent == USED * len(web.requests) <= 1_200
    assert job.counts == (len(web.requests), 0, RECORDS - len(web.requests))


def test_a_resumed_job_may_take_as_many_again(web: Any, run: Any, bench: Workbench) -> None:
    answering(web)
    job = run(token_budget=1_200)
    holds = 1
    while job.status == "paused":
        job.resume()
        holds += 1
    assert (job.status, job.counts, len(web.requests)) == ("waiting_review", (RECORDS, 0, 0), RECORDS)
    assert bench.world.spent[job.ref] == USED * RECORDS <= 1_200 * holds


def test_a_budget_below_one_request_is_held_before_anything_is_sent(web: Any, run: Any) -> None:
    answering(web)
    job = run(token_budget=10)
    assert (job.status, web.requests) == ("paused", [])
    job.resume()
    assert len(web.requests) >= 1


def test_without_a_budget_nothing_is_held_and_no_limit_is_sent(web: Any, bench: Workbench) -> None:
    answering(web)
    job = bench.run("ai_improvement", model_name="m", base_url=web.url("/v1"))
    assert job.status == "waiting_review" and "max_tokens" not in json.loads(web.requests[0][3])


def test_the_limit_of_an_answer_goes_with_each_request(web: Any, run: Any) -> None:
    answering(web)
    run(token_budget=100_000)
    assert {json.loads(body)["max_tokens"] for *_, body in web.requests} == {100}


def test_an_endpoint_that_knows_the_limit_by_its_newer_name_gets_that(web: Any, run: Any) -> None:
    words = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."

    def answer(handler: Any) -> None:
        known = "max_completion_tokens" in json.loads(web.requests[-1][3])
        good, bad = {"choices": [{"message": {"content": '{"changes": []}'}}]}, {"error": {"message": words}}
        data = json.dumps(good if known else bad).encode()
        handler.send_response(200 if known else 400)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    web.act(PATH, answer)
    job = run(token_budget=100_000)
    assert job.counts == (RECORDS, 0, 0) and "max_completion_tokens" in json.loads(web.requests[-1][3])


@pytest.mark.parametrize(("status", "attempts"), [(401, 1), (500, 4), (429, 16)])
def test_a_refused_request_costs_nothing(web: Any, run: Any, bench: Workbench, status: int, attempts: int) -> None:
    web.answer(PATH, b'{"error": {"message": "no"}}', status)
    job = run(token_budget=100_000)
    assert bench.world.spent[job.ref] == 0 and len(web.requests) <= attempts * RECORDS


def test_an_answer_that_breaks_off_stays_counted(web: Any, run: Any, bench: Workbench) -> None:
    def break_off(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b'{"choices": [')
        handler.close_connection = True

    web.act(PATH, break_off)
    job = run(token_budget=100_000)
    assert bench.world.spent[job.ref] > 0 and "broke off" in job.errors()[0]


def test_jobs_with_one_key_share_the_requests_of_a_minute(web: Any, run: Any, bench: Workbench) -> None:
    answering(web)
    before = bench.clock.now()
    one = run(requests_per_minute=6, api_key="sk-0123456789abcdef")
    other = run(requests_per_minute=6, api_key="sk-0123456789abcdef")
    third = run(requests_per_minute=6, api_key="sk-fedcba9876543210")
    keys = [job.record.rate_key for job in (one, other, third)]
    assert keys[0] == keys[1] != keys[2] and "0123456789" not in keys[0]
    assert bench.clock.now() - before >= 10 * (2 * RECORDS - 2)


def test_units_that_ask_no_model_are_not_slowed_down(web: Any, run: Any, bench: Workbench) -> None:
    usage = {"choices": [{"message": {"content": '{"changes": [{"field": "note", "value": "Better."}]}'}}]}
    web.answer(PATH, json.dumps(usage).encode())
    job = run(requests_per_minute=6)
    before = bench.clock.now()
    job.approve()
    assert job.result["applied"] == RECORDS and bench.clock.now() - before < 10


def test_tokens_and_cost_stand_in_the_result(web: Any, run: Any) -> None:
    answering(web)
    job = run(prompt_price=1.0, completion_price=2.0, token_budget=100_000)
    job.approve()
    assert job.result["usage"] == {
        "requests": RECORDS,
        "prompt_tokens": 280 * RECORDS,
        "completion_tokens": 20 * RECORDS,
        "cost": round(RECORDS * (280 + 2 * 20) / 1e6, 6),
        "estimated": False,
    }


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            {"status": 401, "body": b'{"error": {"message": "bad key sk-0123456789abcdef"}}'},
            "refused the API key (401)",
        ),
        ({"status": 429, "body": b"", "Retry_After": "1"}, "answered 429"),
        ({"status": 500, "body": b"oops"}, "answered 500"),
        ({"body": bytes(range(256))}, "is no JSON"),
        ({"body": b""}, "is no JSON: nothing"),
        ({"body": b'{"choices": [{"mess'}, "is no JSON"),
        ({"status": 302, "body": b"", "Location": "http://169.254.169.254/latest/meta-data/"}, "answered 302"),
        ({"body": b'{"choices": [{"message": {"content": "I would rather talk."}}]}'}, "is not what was asked for"),
        ({"body": b"[" * 2_000_000}, "larger than"),
        ({"body": INSTRUCTIONS}, None),
    ],
    ids=["401", "429", "500", "garbage", "nothing", "half", "redirect", "no JSON", "too much", "instructions"],
)
def test_whatever_the_endpoint_answers_the_unit_says_why_and_the_key_stays_secret(
    web: Any, run: Any, bench: Workbench, answer: dict[str, Any], said: str | None
) -> None:
    web.answer(PATH, **answer)
    job = run(api_key="sk-0123456789abcdef")
    if said is None:
        assert (job.errors(), job.counts) == ([], (RECORDS, 0, 0))
        return
    told = [*job.errors(), job.hold or ""]
    assert any(said in text or "too many requests" in text for text in told), told
    assert "sk-0123456789abcdef" not in str(told)
    assert bench.content.find_records("records", ["r:0"])["r:0"].values == {"note": "Note 0."}

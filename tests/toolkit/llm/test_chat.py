from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fermata.domain.kind import Settings, UnitError, UnitRetry
from fermata.toolkit.llm import Model, Prices, Usage, total_usage
from fermata.toolkit.llm import chat as chat_module
from fermata.toolkit.llm.chat import chat
from fermata.toolkit.llm.model import Answer

KEY = "sk-very-secret"
PATH = "/v1/chat/completions"
BODIES = json.loads((Path(__file__).parents[2] / "corpus" / "model_answers" / "bodies.json").read_text())


def answered(content: Any, **more: Any) -> bytes:
    return json.dumps({"choices": [{"message": {"role": "assistant", "content": content}}], **more}).encode()


def ask(web: Any, settings: Settings, key: str = KEY, prices: Prices | None = None, **options: Any) -> Answer:
    model = Model("openai/small", web.url("/v1/"), key, prices or Prices())
    return chat(model, [{"role": "user", "content": "Bees?"}], settings, **options)


@pytest.fixture(autouse=True)
def _unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is known of the endpoint of the test before, which may have had this one's port."""
    monkeypatch.setattr(chat_module, "_known", {})


@pytest.mark.parametrize("case", BODIES["answers"], ids=lambda case: str(case["form"]))
def test_an_answer_is_read_in_any_usual_form(web: Any, settings: Settings, case: Any) -> None:
    web.answer(PATH, json.dumps(case["body"]).encode())
    assert ask(web, settings).text == case["text"]


@pytest.mark.parametrize("case", BODIES["failures"], ids=lambda case: str(case["form"]))
def test_a_failure_inside_a_success_has_the_providers_words(web: Any, settings: Settings, case: Any) -> None:
    web.answer(PATH, json.dumps(case["body"]).encode(), Retry_After="7")
    with pytest.raises((UnitError, UnitRetry)) as failure:
        ask(web, settings)
    assert case["words"] in str(failure.value)
    kind = "failed" if isinstance(failure.value, UnitError) else "throttled" if failure.value.throttled else "later"
    assert kind == case["kind"]
    if isinstance(failure.value, UnitRetry) and "wait" not in case:
        assert failure.value.after == 7.0


@pytest.mark.parametrize(("status", "throttled"), [(429, True), (500, False), (503, False), (409, False), (529, False)])
def test_a_busy_endpoint_is_asked_again_when_it_says(
    web: Any, settings: Settings, status: int, throttled: bool
) -> None:
    web.answer(PATH, b'{"error": {"message": "too much of it"}}', status=status, Retry_After="3")
    with pytest.raises(UnitRetry, match="too much of it") as retry:
        ask(web, settings)
    assert (retry.value.after, retry.value.throttled) == (3.0, throttled)


def test_a_wait_in_milliseconds_counts_before_one_in_seconds(web: Any, settings: Settings) -> None:
    web.answer(PATH, status=429, Retry_After="3", retry_after_ms="250")
    with pytest.raises(UnitRetry) as retry:
        ask(web, settings)
    assert retry.value.after == 0.25


@pytest.mark.parametrize("status", [301, 307, 400, 401, 402, 403, 404, 413, 422])
def test_a_refusal_is_an_error_that_never_shows_the_key(web: Any, settings: Settings, status: int) -> None:
    body = json.dumps({"error": {"message": f"Incorrect API key\n provided: {KEY}"}}).encode()
    web.answer(PATH, body, status=status, Location=web.url("/elsewhere"))
    with pytest.raises(UnitError, match=rf"{status}.*: Incorrect API key provided: …") as error:
        ask(web, settings)
    assert KEY not in str(error.value)
    assert len(web.requests) == 1


@pytest.mark.parametrize("body", [b"", b"<html>busy", b'{"choices": [{"mess', b'{"choices": [{"finish_reason": NaN}]}'])
def test_what_is_no_json_is_tried_again(web: Any, settings: Settings, body: bytes) -> None:
    web.answer(PATH, body)
    with pytest.raises(UnitRetry, match=r"no JSON: (nothing|<html>busy|\{.choices)"):
        ask(web, settings)


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"choices": []}', b'{"choices": [{"message": 3}]}', b'"x"', b"null"])
def test_an_answer_that_is_no_completion_is_an_error(web: Any, settings: Settings, body: bytes) -> None:
    web.answer(PATH, body)
    with pytest.raises(UnitError, match="not a chat completion"):
        ask(web, settings)


def test_without_a_key_none_is_sent(web: Any, settings: Settings) -> None:
    web.answer(PATH, answered("bees"))
    ask(web, settings, key="")
    assert "Authorization" not in web.requests[0][2]


def test_an_endpoint_at_a_private_address_is_refused(web: Any) -> None:
    with pytest.raises(UnitError, match="only public addresses"):
        ask(web, Settings())
    assert web.requests == []


def test_an_endless_answer_ends(web: Any, settings: Settings) -> None:
    web.endless(PATH, b" " * 100_000)
    with pytest.raises(UnitError, match="larger than 1 MiB"):
        ask(web, settings)


def test_a_schema_is_asked_for_in_the_best_way_that_the_endpoint_knows(web: Any, settings: Settings) -> None:
    def answer(handler: Any) -> None:
        asked = json.loads(web.requests[-1][3]).get("response_format", {}).get("type")
        known = asked == "json_object"
        body = answered("{}") if known else b'{"error": {"message": "response_format: json_schema is not supported"}}'
        handler.send_response(200 if known else 400)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    web.act(PATH, answer)
    for _ in range(2):
        assert ask(web, settings, schema={"type": "object"}).text == "{}"
    formats = [json.loads(body)["response_format"]["type"] for _, _, _, body in web.requests]
    assert formats == ["json_schema", "json_object", "json_object"]


def test_an_endpoint_that_refuses_every_format_is_an_error(web: Any, settings: Settings) -> None:
    web.answer(PATH, b'{"error": "no json_schema, no json_object, no response_format"}', status=400)
    with pytest.raises(UnitError, match="refuses every format"):
        ask(web, settings, schema={"type": "object"})
    assert len(web.requests) == 3


def test_tokens_and_costs_are_counted(web: Any, settings: Settings) -> None:
    web.answer(PATH, answered("bees", usage={"prompt_tokens": 1_000, "completion_tokens": 10}))
    assert ask(web, settings).usage == Usage(1, 1_000, 10, None)
    assert ask(web, settings, prices=Prices(2.0, 8.0)).usage.cost == pytest.approx(0.00208)
    web.answer(PATH, answered("bees", usage={"prompt_tokens": 1_000, "completion_tokens": 10, "cost": 0.5}))
    assert ask(web, settings, prices=Prices(2.0)).usage.cost == 0.5


@pytest.mark.parametrize("usage", [None, {}, {"prompt_tokens": -1, "completion_tokens": 2}, {"prompt_tokens": "9"}, 7])
def test_tokens_that_nobody_counted_are_estimated(web: Any, settings: Settings, usage: Any) -> None:
    web.answer(PATH, answered("bees and honey", usage=usage))
    counted = ask(web, settings).usage
    assert counted.estimated and counted.completion_tokens == 3
    assert 10 < counted.prompt_tokens < 40


def test_usages_add_up() -> None:
    shown = [Usage(1, 10, 2, 0.1).shown(), None, Usage(1, 5, 1, None, estimated=True).shown()]
    assert total_usage(shown) == {
        "requests": 2,
        "prompt_tokens": 15,
        "completion_tokens": 3,
        "cost": 0.1,
        "estimated": True,
    }


def test_a_model_shows_itself_without_its_key() -> None:
    assert KEY not in repr(Model("m", "https://api.example/v1", KEY))

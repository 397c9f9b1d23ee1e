from __future__ import annotations

import json
from typing import Any

import pytest
from fermata.domain.kind import Settings, UnitError, UnitRetry
from fermata.toolkit.llm import Model, Usage, chat_tags

PATH = "/v1/chat/completions"


def answered(content: Any, **more: Any) -> bytes:
    return json.dumps({"choices": [{"message": {"content": content}, **more}], "usage": None}).encode()


def ask(web: Any, settings: Settings, text: str = "Bees make honey.", without: tuple[str, ...] = ()) -> list[str]:
    return chat_tags(Model("m", web.url("/v1")), "Bees", text, 3, without, settings).tags


def test_the_model_is_asked_and_its_tags_are_tidied(web: Any, settings: Settings) -> None:
    web.answer(PATH, answered('{"tags": ["Honey", "Honeys", "Bees", "Wax", "Hive"]}'))
    assert ask(web, settings, without=("wax",)) == ["honey", "bees", "hive"]
    assert json.loads(web.requests[0][3])["response_format"]["json_schema"]["schema"]["required"] == ["tags"]


def test_the_document_is_bounded(web: Any, settings: Settings) -> None:
    web.answer(PATH, answered('["bees"]'))
    ask(web, settings, text="All about bees. " * 10_000)
    assert len(json.loads(web.requests[0][3])["messages"][1]["content"]) < 25_000


@pytest.mark.parametrize("content", [None, "", "[]", "12", "The weather is nice today, is it not?"])
def test_an_answer_without_tags_is_tried_again_with_its_words(web: Any, settings: Settings, content: Any) -> None:
    web.answer(PATH, answered(content))
    with pytest.raises(
        UnitRetry, match=f"no usable tags in it: {content or 'it is empty'}".replace("[", "\\[").replace("?", ".")
    ):
        ask(web, settings)


@pytest.mark.parametrize("content", ["I'm sorry, but I can't help with that.", '["I cannot help"]', "I cannot help"])
def test_a_refusal_is_a_failure_in_the_models_words(web: Any, settings: Settings, content: str) -> None:
    web.answer(PATH, answered(content))
    with pytest.raises(UnitError) as refusal:
        ask(web, settings)
    assert str(refusal.value) == f"the model refused: {content}"


def test_the_last_tag_of_an_answer_that_was_cut_off_may_be_half_of_one(web: Any, settings: Settings) -> None:
    web.answer(PATH, answered('{"tags": ["bees", "hon', finish_reason="length"))
    assert ask(web, settings) == ["bees"]


def test_what_the_answer_took_is_told(web: Any, settings: Settings) -> None:
    body = json.loads(answered('["bees"]')) | {"usage": {"prompt_tokens": 7, "completion_tokens": 2}}
    web.answer(PATH, json.dumps(body).encode())
    assert chat_tags(Model("m", web.url("/v1")), "Bees", "", 3, (), settings).usage == Usage(1, 7, 2)

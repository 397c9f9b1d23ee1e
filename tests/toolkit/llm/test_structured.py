from __future__ import annotations

import json
from typing import Any, Literal

import pytest
from fermata.domain.kind import Settings, UnitError, UnitRetry
from fermata.toolkit.llm import Model, Usage, ask_for, fenced
from fermata.toolkit.llm.structured import strict_schema
from pydantic import BaseModel, Field

PATH = "/v1/chat/completions"
GOOD = '{"name": "Bern", "kind": "city", "people": [{"age": 3}]}'


class Person(BaseModel):
    age: int = Field(ge=0, description="Years.")


class Place(BaseModel):
    name: str = Field(min_length=1, max_length=9)
    kind: Literal["city", "river"] = "city"
    people: list[Person] = Field([], max_length=2)


def answers(web: Any, *contents: str, **more: Any) -> None:
    left = list(contents)

    def answer(handler: Any) -> None:
        usage = {"prompt_tokens": 5, "completion_tokens": 1}
        body = json.dumps({"choices": [{"message": {"content": left.pop(0)}, **more}], "usage": usage}).encode()
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    web.act(PATH, answer)


def ask(web: Any, settings: Settings) -> tuple[Place, Usage]:
    return ask_for(Place, Model("m", web.url("/v1")), fenced(["Name the place."], ["Bern is a city."]), settings)


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        f"```json\n{GOOD}\n```",
        f'<think>{{"name": "Basel"}}</think>Here it is: {GOOD} Good luck!',
        f'{{"not": "it"}} {GOOD}',
        f'{{"name": "Basel"}} or rather {GOOD}',
        GOOD.replace('"', "'"),
    ],
)
def test_an_answer_of_the_shape_is_found(web: Any, settings: Settings, content: str) -> None:
    answers(web, content)
    place, usage = ask(web, settings)
    assert (place.name, place.people) == ("Bern", [Person(age=3)])
    assert usage == Usage(1, 5, 1)


def test_the_schema_goes_with_the_request_and_into_the_prompt(web: Any, settings: Settings) -> None:
    answers(web, GOOD)
    ask(web, settings)
    sent = json.loads(web.requests[0][3])
    schema = sent["response_format"]["json_schema"]["schema"]
    assert schema["required"] == ["name", "kind", "people"] and schema["additionalProperties"] is False
    assert json.dumps(schema, ensure_ascii=False) in sent["messages"][-1]["content"]


def test_a_strict_schema_has_no_bounds_at_any_depth() -> None:
    schema = strict_schema(Place.model_json_schema())
    assert schema["$defs"]["Person"] == {
        "type": "object",
        "properties": {"age": {"type": "integer", "description": "Years."}},
        "required": ["age"],
        "additionalProperties": False,
    }
    assert "max" not in json.dumps(schema)


def test_an_answer_of_another_shape_is_corrected_once(web: Any, settings: Settings) -> None:
    answers(web, '{"name": "", "kind": "lake"}', GOOD)
    place, usage = ask(web, settings)
    assert (place.name, usage) == ("Bern", Usage(2, 10, 2))
    correction = json.loads(web.requests[1][3])["messages"][-1]["content"]
    assert "name: String should have at least 1 character; kind: Input should be 'city' or 'river'" in correction


@pytest.mark.parametrize("content", ["", "I would rather not.", "[1, 2]", '{"name": 3}', GOOD[:-9]])
def test_an_answer_that_stays_wrong_is_tried_again_later(web: Any, settings: Settings, content: str) -> None:
    answers(web, content, content)
    with pytest.raises(UnitRetry, match="not what was asked for"):
        ask(web, settings)


def test_an_answer_that_was_cut_off_is_an_error(web: Any, settings: Settings) -> None:
    answers(web, GOOD[:-3], finish_reason="length")
    with pytest.raises(UnitError, match="cut off"):
        ask(web, settings)


def test_a_refusal_is_not_asked_twice(web: Any, settings: Settings) -> None:
    web.answer(PATH, b'{"choices": [{"message": {"content": null, "refusal": "I would rather not."}}]}')
    with pytest.raises(UnitError, match=r"the model refused: I would rather not\."):
        ask(web, settings)
    assert len(web.requests) == 1

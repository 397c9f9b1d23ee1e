"""Answers that have a shape: asked for by a JSON Schema, and checked by the model that the schema is of."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from fermata.domain.kind import Settings, UnitError, UnitRetry
from fermata.toolkit.llm.chat import Message, chat
from fermata.toolkit.llm.failures import words_of
from fermata.toolkit.llm.json_answers import json_values, sound_values
from fermata.toolkit.llm.model import Answer, Model, Usage
from fermata.toolkit.llm.wrapping import unwrapped

Shape = TypeVar("Shape", bound=BaseModel)

_KEPT = frozenset({"type", "properties", "required", "items", "enum", "anyOf", "$ref", "$defs", "description", "const"})
"""What the strict mode of providers knows of JSON Schema; the rest is checked here alone."""


def ask_for(
    shape: type[Shape],
    model: Model,
    messages: Sequence[Message],
    settings: Settings,
    deadline: float = float("inf"),
) -> tuple[Shape, Usage]:
    """The model's answer in the wanted shape, and what it took.

    An answer of another shape is shown to the model once, with what is wrong with it. Raises UnitError, and UnitRetry when the
    second answer is no better.
    """
    schema = strict_schema(shape.model_json_schema())
    asked = [*messages[:-1], _with_schema(messages[-1], schema)]
    answer = chat(model, asked, settings, schema=schema, deadline=deadline)
    try:
        return checked(shape, answer, model), answer.usage
    except ValueError as error:
        asked += [
            {"role": "assistant", "content": answer.text},
            {"role": "user", "content": f"That is not what was asked for: {error}. Answer again, with the JSON alone."},
        ]
    again = chat(model, asked, settings, schema=schema, deadline=deadline)
    try:
        return checked(shape, again, model), answer.usage + again.usage
    except ValueError as error:
        raise UnitRetry(f"the model's answer is not what was asked for: {error}") from None


def checked(shape: type[Shape], answer: Answer, model: Model) -> Shape:
    """The last JSON value of the answer that has the shape. Raises ValueError, and UnitError for an answer that was cut off."""
    text = unwrapped(answer.text)
    problem = f"there is no JSON in it: {words_of(text, model) or 'it is empty'}"
    for value in reversed(list(sound_values(text)) if answer.cut else json_values(text)):
        try:
            return shape.model_validate(value)
        except ValidationError as error:
            problem = _problem(error)
    if answer.cut:
        raise UnitError("the model's answer was cut off at its limit of tokens")
    raise ValueError(problem)


def strict_schema(schema: Any) -> Any:
    """The schema as providers' strict modes take it: no other properties, all of them required, no bounds."""
    if isinstance(schema, list):
        return [strict_schema(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: value for name, value in schema.items() if name in _KEPT}
    for name in ("properties", "$defs"):
        if name in made:
            made[name] = {key: strict_schema(value) for key, value in made[name].items()}
    for name in ("items", "anyOf"):
        if name in made:
            made[name] = strict_schema(made[name])
    if "properties" in made:
        made |= {"required": list(made["properties"]), "additionalProperties": False}
    return made


def _with_schema(message: Message, schema: Mapping[str, Any]) -> dict[str, str]:
    """For endpoints that pass no schema on to the model."""
    told = f"Answer with JSON of this schema and nothing else: {json.dumps(schema, ensure_ascii=False)}"
    return {**message, "content": f"{message['content']}\n\n{told}"}


def _problem(error: ValidationError) -> str:
    details = error.errors(include_url=False, include_input=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, detail['loc'])) or 'it'}: {detail['msg']}" for detail in details[:5])

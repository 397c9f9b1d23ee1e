"""One request to an OpenAI-compatible chat endpoint, and what it answered or why not."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fermata.domain.kind import Settings, UnitError, UnitRetry
from fermata.toolkit.fetch.limits import Limits
from fermata.toolkit.llm.budget import paid
from fermata.toolkit.llm.endpoint import post
from fermata.toolkit.llm.failures import FormatRefused, LimitRefused, words_of
from fermata.toolkit.llm.model import CHARACTERS, Answer, Model, Usage

LIMITS = Limits(read=60.0, total=90.0, size=1024 * 1024)

_FORMATS = ("json_schema", "json_object", "text")
"""What is asked for, best first; an endpoint that does not know one is asked for the next, and so for as long as the process
lives."""

_known: dict[tuple[str, str], int] = {}

_newer: set[tuple[str, str]] = set()
"""Models that take the limit of an answer as ``max_completion_tokens`` alone."""

Message = Mapping[str, Any]


def chat(
    model: Model,
    messages: Sequence[Message],
    settings: Settings,
    *,
    schema: Mapping[str, Any] | None = None,
    deadline: float = float("inf"),
) -> Answer:
    """The model's answer; ``schema`` (JSON Schema) is what its JSON should look like, which not every endpoint sees to.

    Raises UnitError or UnitRetry with the provider's words, never with the key.
    """
    place = (model.base_url, model.name)
    level = _known.get(place, 0) if schema is not None else len(_FORMATS) - 1
    while True:
        body = {"model": model.name, "messages": list(messages), **_format(_FORMATS[level], schema), **_bound(model)}
        try:
            return paid(
                model,
                len(json.dumps(body).encode()),
                lambda refused, body=body: _asked(model, body, settings, deadline, refused),  # type: ignore[misc]
                lambda answer: answer.usage.tokens,
            )
        except LimitRefused:
            if place in _newer:
                raise UnitError("the model endpoint takes no limit of tokens for its answer") from None
            _newer.add(place)
        except FormatRefused:
            if level == len(_FORMATS) - 1:
                raise UnitError("the model endpoint refuses every format of answer") from None
            level += 1
            _known[place] = level


def _bound(model: Model) -> dict[str, int]:
    """The limit of an answer, by the name that the endpoint takes it under."""
    if model.max_tokens is None:
        return {}
    return {"max_completion_tokens" if (model.base_url, model.name) in _newer else "max_tokens": model.max_tokens}


def _format(name: str, schema: Mapping[str, Any] | None) -> dict[str, Any]:
    if name == "text":
        return {}
    if name == "json_object":
        return {"response_format": {"type": name}}
    return {"response_format": {"type": name, "json_schema": {"name": "answer", "strict": True, "schema": schema}}}


def _asked(
    model: Model,
    body: dict[str, Any],
    settings: Settings,
    deadline: float,
    refused: Callable[[], object],
) -> Answer:
    answer, sent = post(model, "chat/completions", body, settings, LIMITS, deadline, refused)
    return _read(answer, model, sent)


def _read(answer: Any, model: Model, sent: int) -> Answer:
    try:
        choice = answer["choices"][0]
        message = choice.get("message") or {"content": choice["text"]}
        text, refusal = _content(message)
    except (LookupError, TypeError, AttributeError):
        raise UnitError("the model endpoint's answer is not a chat completion") from None
    reason = str(choice.get("finish_reason") or "").lower()
    if refusal:
        raise UnitError(f"the model refused: {words_of(refusal, model)}")
    if reason in ("content_filter", "safety", "recitation", "prohibited_content"):
        raise UnitError(f"the provider's content filter stopped the answer ({reason})")
    if reason == "error":
        raise UnitRetry("the model endpoint broke the answer off")
    return Answer(text, _usage(answer.get("usage"), model, sent, len(text)), cut=reason in ("length", "max_tokens"))


def _content(message: Mapping[str, Any]) -> tuple[str, str]:
    """What the model says, and its words where it refuses to."""
    content, refusal = message.get("content"), message.get("refusal") or ""
    if isinstance(content, list):
        refusal = refusal or "".join(part.get("refusal") or "" for part in content)
        content = "".join(part.get("text") or "" for part in content)
    if not content and message.get("tool_calls"):
        content = message["tool_calls"][0]["function"]["arguments"]
    return content if isinstance(content, str) else "", refusal if isinstance(refusal, str) else ""


def _usage(counted: Any, model: Model, sent: int, received: int) -> Usage:
    """The endpoint's count, or a guess by the lengths of what was sent and received."""
    counted = counted if isinstance(counted, dict) else {}
    prompt, completion = counted.get("prompt_tokens"), counted.get("completion_tokens")
    known = _is_count(prompt) and _is_count(completion)
    if not known:
        prompt, completion = sent // CHARACTERS, received // CHARACTERS
    cost = counted.get("cost")
    if not isinstance(cost, int | float) or isinstance(cost, bool):
        cost = _cost(model, prompt, completion)
    return Usage(1, prompt, completion, cost, estimated=not known)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _cost(model: Model, prompt: int, completion: int) -> float | None:
    prices = model.prices
    if prices.prompt is None and prices.completion is None:
        return None
    return (prompt * (prices.prompt or 0.0) + completion * (prices.completion or 0.0)) / 1_000_000

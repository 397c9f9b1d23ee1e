"""What goes wrong at a model's endpoint, in the provider's words: with a status, inside a 200, or as a refusal."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from fermata.domain import strict_json
from fermata.domain.kind import UnitError, UnitRetry
from fermata.domain.scrub import Scrubber
from fermata.toolkit.fetch import http
from fermata.toolkit.fetch.urls import show_url
from fermata.toolkit.llm.model import Model

MAX_WORDS = 300
"""Characters of a provider's words that are told."""

_THROTTLED = re.compile(r"rate.?limit|too.?many.?requests|resource.?exhausted|throttl|quota|\b429\b", re.IGNORECASE)
_PASSING = re.compile(
    r"overloaded|unavailable|timed?.?out|server.?error|internal|bad.?gateway|\b5\d\d\b", re.IGNORECASE
)
_FORMAT = re.compile(r"response_?format|json_?schema|json_?object|structured.?output|guided", re.IGNORECASE)
_LIMIT = re.compile(
    r"max_tokens\W.{0,80}(?:not supported|unsupported|max_completion_tokens)|unsupported.{0,40}max_tokens",
    re.IGNORECASE,
)


class FormatRefused(Exception):
    """The endpoint does not know the format in which the answer was asked for."""


class LimitRefused(Exception):
    """The endpoint does not know the limit of tokens by this name."""


def check(response: http.Response, body: bytes, model: Model) -> None:
    """Raise unless the status is 2xx: UnitError, UnitRetry or FormatRefused."""
    status, where = response.status, show_url(response.url)
    if 200 <= status < 300:
        return
    words = said(_loaded(body), model)
    told = f": {words}" if words else ""
    if status in (401, 403):
        raise UnitError(f"the model endpoint refused the API key ({status}): {where}{told}")
    if status in (400, 422) and _LIMIT.search(words):
        raise LimitRefused
    if status in (400, 404, 415, 422, 501) and _FORMAT.search(words):
        raise FormatRefused
    message = f"the model endpoint answered {status} to {where}{told}"
    if status in (408, 409, 425, 429) or status >= 500:
        raise UnitRetry(message, wait_of(response.headers), throttled=status == 429)
    raise UnitError(message)


def check_inside(answer: Any, response: http.Response, model: Model) -> None:
    """Raise if a well-formed answer holds an error in place of a completion, as gateways send it with status 200."""
    error = error_of(answer)
    if error is None:
        return
    words = said(answer, model) or "an error without a word"
    message = f"the model endpoint answered with an error: {words}"
    kind = (
        " ".join(str(error.get(name, "")) for name in ("code", "status", "type")) if isinstance(error, dict) else words
    )
    if _THROTTLED.search(kind):
        raise UnitRetry(message, wait_of(response.headers), throttled=True)
    if _PASSING.search(kind):
        raise UnitRetry(message, wait_of(response.headers))
    raise UnitError(message)


def error_of(answer: Any) -> Any:
    """The error that an answer holds, None if it is none."""
    if not isinstance(answer, dict):
        return None
    if answer.get("error"):
        return answer["error"]
    if answer.get("object") == "error" or ("choices" not in answer and ("detail" in answer or "message" in answer)):
        return answer
    choices = answer.get("choices")
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        return choices[0].get("error")
    return None


def said(answer: Any, model: Model) -> str:
    """The provider's words in an error, without the key, in one line."""
    error = error_of(answer)
    if isinstance(error, dict):
        found = next(
            (error[name] for name in ("message", "detail", "msg", "error", "code", "type") if error.get(name)), ""
        )
        metadata = error.get("metadata")
        raw = metadata.get("raw") if isinstance(metadata, dict) else None
        error = f"{found} ({raw})" if isinstance(raw, str) else found
    return words_of(error if isinstance(error, str) else json.dumps(error) if error else "", model)


def words_of(text: str, model: Model) -> str:
    text = Scrubber.of([model.api_key]).text(" ".join(text.split()))
    return text if len(text) <= MAX_WORDS else text[: MAX_WORDS - 1] + "…"


def wait_of(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait as the endpoint says, in HTTP's header or in the finer one of some providers."""
    fine = headers.get("retry-after-ms", "").strip()
    if fine.isascii() and fine.isdigit():
        return min(int(fine) / 1000, http.MAX_RETRY_AFTER)
    return http.retry_after(headers)


def _loaded(body: bytes) -> Any:
    try:
        return strict_json.loads(body)
    except strict_json.NotJson:
        return None

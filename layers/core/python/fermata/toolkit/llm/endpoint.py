"""A request to an OpenAI-compatible endpoint: the one place where they are sent."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from fermata.domain import strict_json
from fermata.domain.kind import Settings, UnitRetry
from fermata.toolkit.fetch import http
from fermata.toolkit.fetch.limits import Limits
from fermata.toolkit.llm.failures import check, check_inside, words_of
from fermata.toolkit.llm.model import Model


def post(
    model: Model,
    path: str,
    body: Mapping[str, Any],
    settings: Settings,
    limits: Limits,
    deadline: float,
    refused: Callable[[], object],
) -> tuple[Any, int]:
    """The JSON that the endpoint answered, and how many bytes it was sent.

    ``refused`` is called when it gave no answer, and so took no tokens; ``deadline`` is of :func:`time.monotonic`. Raises
    UnitError or UnitRetry with the provider's words, never with the key.
    """
    url = f"{model.base_url.rstrip('/')}/{path}"
    limits = replace(limits, total=max(0.1, min(limits.total, deadline - time.monotonic())))
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if model.api_key:
        headers["Authorization"] = f"Bearer {model.api_key}"
    sent = json.dumps(body).encode()
    with http.request("POST", url, settings.allowed_hosts, limits, headers=headers, body=sent) as response:
        received = b"".join(response.chunks)
    try:
        check(response, received, model)
    except Exception:
        refused()
        raise
    try:
        answer = strict_json.loads(received)
    except strict_json.NotJson:
        start = words_of(received[:100].decode("utf-8", "replace"), model)
        raise UnitRetry(f"the model endpoint's answer is no JSON: {start or 'nothing'}") from None
    check_inside(answer, response, model)
    return answer, len(sent)

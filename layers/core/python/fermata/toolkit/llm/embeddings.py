"""Vectors of texts from an OpenAI-compatible endpoint."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from fermata.domain.kind import Settings, UnitError, UnitRetry
from fermata.toolkit.fetch.limits import Limits
from fermata.toolkit.llm.budget import paid
from fermata.toolkit.llm.endpoint import post
from fermata.toolkit.llm.model import CHARACTERS, Model, Usage

BATCH_TEXTS, BATCH_CHARACTERS = 128, 120_000
"""Texts, and their characters, that are sent in one request: below the 2,048 texts and 300,000 tokens that OpenAI takes, and
within what smaller servers do in a minute."""

MAX_TEXT = 8_000
"""Characters of a text that are sent: models take 512 to 8,192 tokens, and a passage has about 1,200 characters."""

MAX_DIMENSIONS = 4_096
LIMITS = Limits(read=60.0, total=90.0, size=32 * 1024 * 1024)


def embed(
    model: Model,
    texts: Sequence[str],
    settings: Settings,
    deadline: float = float("inf"),
    check: Callable[[], None] = lambda: None,
) -> tuple[list[list[float]], Usage]:
    """A vector for each text, in order, all of one length, and what that took; ``check`` is called before each request.

    Raises UnitError or UnitRetry with the provider's words, never with the key.
    """
    vectors: list[list[float]] = []
    usage = Usage()
    for batch in _batches([text[:MAX_TEXT] or " " for text in texts]):
        check()
        found, used = paid(
            model,
            sum(len(text.encode()) for text in batch),
            lambda refused, batch=batch: _asked(model, batch, settings, deadline, refused),  # type: ignore[misc]
            lambda answer: answer[1].tokens,
        )
        vectors += found
        usage += used
    if len({len(vector) for vector in vectors}) > 1:
        raise UnitError("the model endpoint's vectors are of several lengths")
    return vectors, usage


def _batches(texts: Sequence[str]) -> list[list[str]]:
    batches: list[list[str]] = []
    size = 0
    for text in texts:
        if not batches or len(batches[-1]) == BATCH_TEXTS or size + len(text) > BATCH_CHARACTERS:
            batches.append([])
            size = 0
        batches[-1].append(text)
        size += len(text)
    return batches


def _asked(
    model: Model, texts: list[str], settings: Settings, deadline: float, refused: Callable[[], object]
) -> tuple[list[list[float]], Usage]:
    body = {"model": model.name, "input": texts, "encoding_format": "float"}
    answer, sent = post(model, "embeddings", body, settings, LIMITS, deadline, refused)
    return _vectors(answer, len(texts)), _usage(answer, model, sent)


def _vectors(answer: Any, count: int) -> list[list[float]]:
    try:
        data = answer["data"]
        found = {entry.get("index", place): entry["embedding"] for place, entry in enumerate(data)}
        vectors = [found[place] for place in range(count)]
    except (LookupError, TypeError, AttributeError):
        raise UnitRetry("the model endpoint's answer has not a vector for each text") from None
    for vector in vectors:
        if not isinstance(vector, list) or not vector or not all(map(_is_number, vector)):
            raise UnitError("the model endpoint's answer has a vector that is no list of numbers")
        if len(vector) > MAX_DIMENSIONS:
            raise UnitError(f"the model's vectors have more than {MAX_DIMENSIONS} numbers")
    return vectors


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _usage(answer: Any, model: Model, sent: int) -> Usage:
    counted = answer.get("usage")
    tokens = counted.get("prompt_tokens") if isinstance(counted, dict) else None
    estimated = not isinstance(tokens, int) or isinstance(tokens, bool) or tokens < 0
    count = sent // CHARACTERS if estimated else int(tokens or 0)
    price = model.prices.prompt
    return Usage(1, count, 0, None if price is None else count * price / 1_000_000, estimated=estimated)

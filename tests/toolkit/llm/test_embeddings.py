from __future__ import annotations

import json
from typing import Any

import pytest
from embedding_server import EmbeddingServer
from fermata.domain.kind import UnitError, UnitRetry
from fermata.toolkit.llm import Model
from fermata.toolkit.llm.embeddings import embed
from fermata.toolkit.llm.model import Prices


@pytest.fixture
def server(web: Any) -> EmbeddingServer:
    return EmbeddingServer(web)


@pytest.fixture
def ask(server: EmbeddingServer, settings: Any) -> Any:
    model = Model("small", server.base_url, "sk-0123456789abcdef", Prices(prompt=2.0))
    return lambda *texts: embed(model, texts, settings)


def test_each_text_has_its_vector_in_order(server: EmbeddingServer, ask: Any) -> None:
    server.shuffled = True
    vectors, usage = ask("bees", "wasps")
    assert vectors == [server.vector("bees"), server.vector("wasps")]
    assert (usage.requests, usage.prompt_tokens, usage.cost) == (1, 2, 2 * 2.0 / 1_000_000)


def test_the_request_is_the_providers(server: EmbeddingServer, ask: Any) -> None:
    ask("bees")
    method, path, headers, body = server.web.requests[0]
    assert (method, path, headers["Authorization"]) == ("POST", "/v1/embeddings", "Bearer sk-0123456789abcdef")
    assert json.loads(body) == {"model": "small", "input": ["bees"], "encoding_format": "float"}


def test_many_texts_are_sent_in_batches(server: EmbeddingServer, ask: Any) -> None:
    vectors, usage = ask(*[f"text {number}" for number in range(300)])
    assert (len(vectors), usage.requests, server.batches) == (300, 3, [128, 128, 44])


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [(401, UnitError, "refused the API key"), (429, UnitRetry, "429"), (500, UnitRetry, "500")],
)
def test_a_refusal_is_told_without_the_key(
    server: EmbeddingServer, ask: Any, status: int, error: type[Exception], words: str
) -> None:
    server.web.answer("/v1/embeddings", b'{"error": {"message": "no: sk-0123456789abcdef"}}', status)
    with pytest.raises(error, match=words) as raised:
        ask("bees")
    assert "sk-0123456789abcdef" not in str(raised.value)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b'{"data": []}', b'{"data": [{"index": 5, "embedding": [1]}]}', b'{"error": {"code": 429}}'],
)
def test_an_answer_that_is_none_is_asked_for_again(server: EmbeddingServer, ask: Any, body: bytes) -> None:
    server.web.answer("/v1/embeddings", body)
    with pytest.raises(UnitRetry):
        ask("bees")


@pytest.mark.parametrize("vector", [[], ["a"], "text", [1] * 5_000])
def test_a_vector_that_is_none_is_refused(server: EmbeddingServer, ask: Any, vector: Any) -> None:
    server.web.answer("/v1/embeddings", json.dumps({"data": [{"index": 0, "embedding": vector}]}).encode())
    with pytest.raises(UnitError):
        ask("bees")

"""A server on loopback that answers as OpenAI's endpoint of embeddings does."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler
from typing import Any

WORDS = ("bee", "hive", "insect", "ice", "glacier", "cold", "sea", "light")
"""What the numbers of a vector stand for; words that mean the same share one."""

SAME = {"bees": "bee", "honey": "bee", "hives": "hive", "frozen": "ice", "snow": "ice", "ocean": "sea"}


class EmbeddingServer:
    """Texts with the same words have the same vectors.

    Attributes:
        batches: how many texts each request had.
        shuffled: vectors come in another order, as their ``index`` says.
    """

    def __init__(self, web: Any) -> None:
        self.web, self.batches, self.shuffled = web, list[int](), False
        web.act("/v1/embeddings", self._answer)

    @property
    def base_url(self) -> str:
        return str(self.web.url("/v1"))

    def vector(self, text: str) -> list[float]:
        words = [SAME.get(word.strip(".,"), word.strip(".,")) for word in text.lower().split()]
        return [words.count(word) + 0.01 for word in WORDS]

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        texts = json.loads(self.web.requests[-1][3])["input"]
        self.batches.append(len(texts))
        data = [
            {"object": "embedding", "index": place, "embedding": self.vector(text)} for place, text in enumerate(texts)
        ]
        if self.shuffled:
            data.reverse()
        answer = {
            "object": "list",
            "data": data,
            "model": "small",
            "usage": {"prompt_tokens": len(texts), "total_tokens": len(texts)},
        }
        body = json.dumps(answer).encode()
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

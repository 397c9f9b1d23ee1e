"""Services of papers on loopback: each takes its own requests, pages and refuses as the real one does."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Parameters = Mapping[str, str]
Answered = tuple[int, Any]


class PaperServices:
    """All five on one server. A paper is a number; ``shared`` ones have the same DOI everywhere.

    Attributes:
        papers: how many each service has.
        asked: (service, parameters, headers) of each request.
        failures: what a service answers instead, once each, in order: (status, body, headers).
    """

    def __init__(self, web: Any, papers: int = 3, shared: int = 1) -> None:
        self.web = web
        self.papers = papers
        self.shared = shared
        self.asked: list[tuple[str, dict[str, str], dict[str, str]]] = []
        self.failures: dict[str, list[tuple[int, bytes, dict[str, str]]]] = {}
        for name, (path, answer) in SERVICES.items():
            web.act(path, self._handler(name, answer))

    @property
    def endpoints(self) -> dict[str, str]:
        return {name: self.web.url("/crossref" if name == "crossref" else "") for name in SERVICES}

    def fail(self, service: str, status: int, body: bytes = b"", **headers: str) -> None:
        self.failures.setdefault(service, []).append((status, body, headers))

    def parameters(self, service: str) -> list[dict[str, str]]:
        return [parameters for name, parameters, _ in self.asked if name == service]

    def doi(self, service: str, number: int) -> str:
        return f"10.1000/{'shared' if number < self.shared else service}.{number}"

    def _handler(
        self, name: str, answer: Callable[[PaperServices, Parameters], Answered]
    ) -> Callable[[BaseHTTPRequestHandler], None]:
        def respond(handler: BaseHTTPRequestHandler) -> None:
            parameters = dict(parse_qsl(urlsplit(handler.path).query, strict_parsing=True))
            self.asked.append((name, parameters, dict(handler.headers)))
            if self.failures.get(name):
                status, body, headers = self.failures[name].pop(0)
            else:
                status, made = answer(self, parameters)
                body, headers = made.encode() if isinstance(made, str) else json.dumps(made).encode(), {}
            handler.send_response(status)
            for header, value in headers.items():
                handler.send_header(header.replace("_", "-"), value)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)

        return respond


def openalex(services: PaperServices, sent: Parameters) -> Answered:
    page, size = int(sent["page"]), int(sent["per_page"])
    if size > 100 or page * size > 10_000:
        return 400, {
            "error": "Invalid query parameters error.",
            "message": "per-page parameter must be between 1 and 100",
        }
    numbers = range((page - 1) * size, min(page * size, services.papers))
    results = [
        {
            "id": f"https://openalex.org/W{number}",
            "doi": f"https://doi.org/{services.doi('openalex', number)}",
            "display_name": f"Paper {number}",
            "publication_year": 2020,
        }
        for number in numbers
    ]
    return 200, {"meta": {"count": services.papers, "page": page, "per_page": size}, "results": results}


def crossref(services: PaperServices, sent: Parameters) -> Answered:
    start, size = int(sent["offset"]), int(sent["rows"])
    if size > 1_000 or start + size > 10_000:
        problem = {"type": "parameter-not-allowed", "message": "Offset specified as too large"}
        return 400, {"status": "failed", "message-type": "validation-failure", "message": [problem]}
    items = [
        {"DOI": services.doi("crossref", number).upper(), "title": [f"Paper {number}"]}
        for number in range(start, min(start + size, services.papers))
    ]
    return 200, {"status": "ok", "message": {"total-results": services.papers, "items": items}}


def arxiv(services: PaperServices, sent: Parameters) -> Answered:
    start, size = int(sent["start"]), int(sent["max_results"])
    entries = "".join(
        f"<entry><id>http://arxiv.org/abs/2001.{number:05}v1</id><title>Paper {number}</title>"
        f"<arxiv:doi>{services.doi('arxiv', number)}</arxiv:doi></entry>"
        for number in range(start, min(start + size, services.papers))
    )
    return 200, (
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" '
        'xmlns:arxiv="http://arxiv.org/schemas/atom">'
        f"<opensearch:totalResults>{services.papers}</opensearch:totalResults>{entries}</feed>"
    )


def semantic_scholar(services: PaperServices, sent: Parameters) -> Answered:
    start, size = int(sent["offset"]), int(sent["limit"])
    if size > 100 or start + size > 1_000:
        return 400, {"error": "Requested data for this limit and/or offset is not available"}
    data = [
        {
            "paperId": f"s{number}",
            "title": f"Paper {number}",
            "externalIds": {"DOI": services.doi("semantic_scholar", number)},
        }
        for number in range(start, min(start + size, services.papers))
    ]
    return 200, {"total": services.papers, "offset": start, **({"data": data} if data else {})}


def europe_pmc(services: PaperServices, sent: Parameters) -> Answered:
    size = int(sent["pageSize"])
    if size > 1_000:
        return 200, {"version": "6.9", "errCode": 400, "errMsg": "pageSize is too large"}
    start = 0 if sent["cursorMark"] == "*" else int(sent["cursorMark"].removeprefix("after-"))
    end = min(start + size, services.papers)
    results = [
        {"id": str(number), "source": "MED", "title": f"Paper {number}.", "doi": services.doi("europe_pmc", number)}
        for number in range(start, end)
    ]
    return 200, {
        "hitCount": services.papers,
        "nextCursorMark": f"after-{end}",
        "resultList": {"result": results},
    }


SERVICES: Mapping[str, tuple[str, Callable[[PaperServices, Parameters], Answered]]] = {
    "openalex": ("/works", openalex),
    "crossref": ("/crossref/works", crossref),
    "arxiv": ("/api/query", arxiv),
    "semantic_scholar": ("/graph/v1/paper/search", semantic_scholar),
    "europe_pmc": ("/europepmc/webservices/rest/search", europe_pmc),
}

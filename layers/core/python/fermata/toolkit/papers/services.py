"""The services, and how one is asked: politely, and with what it answers told in its own words."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode, urlsplit

from fermata.domain.kind import Settings, UnitError, UnitRetry
from fermata.domain.scrub import Scrubber
from fermata.toolkit.fetch import http
from fermata.toolkit.fetch.limits import MIB, Limits
from fermata.toolkit.fetch.urls import show_url
from fermata.toolkit.papers import arxiv, crossref, europe_pmc, openalex, semantic_scholar
from fermata.toolkit.papers.paper import Paper
from fermata.toolkit.papers.terms import Ask

LIMITS = Limits(read=45.0, total=60.0, size=30 * MIB)
MAX_WORDS = 300
"""Characters of a service's words that are told."""


@dataclass(frozen=True)
class Found:
    """A page of a service's answer.

    Attributes:
        total: papers that the service has for the query, about.
        cursor: of the page after it; empty where pages are counted, or there is no more.
    """

    total: int
    papers: Sequence[Paper]
    cursor: str = ""


@dataclass(frozen=True)
class Service:
    """An open service.

    Attributes:
        page: papers of one request, at most.
        most: papers of one query that it gives out, at most.
        delay: seconds between two requests that it asks for; ``keyed`` with a key.
        parameters: of the request, for what is asked; ``headers`` likewise.
        read: the answer's total, papers and next cursor. Raises ValueError for what is no answer of the service, and UnitError
            for an error inside a success.
        said: the words of an error; empty without any.
        busy: statuses besides 429 by which it says "too many requests".
        cursors: a page after the first needs the cursor of the one before.
    """

    title: str
    base: str
    path: str
    page: int
    most: int
    delay: float
    parameters: Callable[[Ask], Mapping[str, str]]
    read: Callable[[bytes], tuple[int, list[Paper], str]]
    said: Callable[[bytes], str]
    headers: Callable[[Ask], Mapping[str, str]] = lambda ask: {}
    keyed: float | None = None
    busy: frozenset[int] = frozenset()
    cursors: bool = False

    def wait_of(self, ask: Ask) -> float:
        return self.keyed if ask.key and self.keyed is not None else self.delay


SERVICES: Mapping[str, Service] = {
    "openalex": Service(
        "OpenAlex",
        "https://api.openalex.org",
        "/works",
        page=100,
        most=10_000,
        delay=0.2,
        parameters=openalex.parameters,
        read=openalex.read,
        said=openalex.said,
        busy=frozenset({403}),
    ),
    "crossref": Service(
        "Crossref",
        "https://api.crossref.org",
        "/works",
        page=100,
        most=10_000,
        delay=1.0,
        parameters=crossref.parameters,
        headers=crossref.headers,
        read=crossref.read,
        said=crossref.said,
        keyed=0.1,
    ),
    "arxiv": Service(
        "arXiv",
        "https://export.arxiv.org",
        "/api/query",
        page=100,
        most=30_000,
        delay=3.0,
        parameters=arxiv.parameters,
        read=arxiv.read,
        said=arxiv.said,
    ),
    "semantic_scholar": Service(
        "Semantic Scholar",
        "https://api.semanticscholar.org",
        "/graph/v1/paper/search",
        page=100,
        most=1_000,
        delay=3.0,
        parameters=semantic_scholar.parameters,
        headers=semantic_scholar.headers,
        read=semantic_scholar.read,
        said=semantic_scholar.said,
        keyed=1.0,
    ),
    "europe_pmc": Service(
        "Europe PMC",
        "https://www.ebi.ac.uk",
        "/europepmc/webservices/rest/search",
        page=500,
        most=10_000,
        delay=0.5,
        parameters=europe_pmc.parameters,
        read=europe_pmc.read,
        said=europe_pmc.said,
        cursors=True,
    ),
}


def ask(
    service: Service,
    question: Ask,
    settings: Settings,
    turn: Callable[[str, float], None],
    deadline: float = float("inf"),
) -> Found:
    """One page of the service. ``turn`` waits until the host may be asked, so many seconds after the last time.

    Raises UnitError and UnitRetry in the service's words, never with a key in them.
    """
    url = f"{question.base}{service.path}?{urlencode(service.parameters(question))}"
    host = urlsplit(url).netloc

    def step(location: str) -> str:
        # What is asked, and with which key, is the service's business and nobody else's.
        if urlsplit(location).netloc != host:
            raise UnitError(f"{service.title} redirected to another host: {show_url(location)}")
        turn(host, service.wait_of(question))
        return location

    limits = replace(LIMITS, total=max(0.1, min(LIMITS.total, deadline - time.monotonic())))
    headers = {
        "User-Agent": agent(question.contact),
        "Accept": "application/json, application/atom+xml",
        **service.headers(question),
    }
    with http.follow(url, settings.allowed_hosts, limits, headers=headers, step=step) as response:
        body = b"".join(response.chunks)
    _check(service, response, body, question)
    return _found(service, body, question)


def agent(contact: str) -> str:
    """The User-Agent by which services know whom to write to."""
    return f"{http.AGENT} (mailto:{contact})" if contact else http.AGENT


def _check(service: Service, response: http.Response, body: bytes, question: Ask) -> None:
    status = response.status
    if 200 <= status < 300:
        return
    words = _words(service, body, question)
    message = f"{service.title} answered {status}{words}"
    if status == 429 or status in service.busy:
        raise UnitRetry(message, http.retry_after(response.headers), throttled=True)
    if status in (408, 425) or status >= 500:
        raise UnitRetry(message, http.retry_after(response.headers))
    raise UnitError(message)


def _found(service: Service, body: bytes, question: Ask) -> Found:
    try:
        total, papers, cursor = service.read(body)
    except (ValueError, TypeError, KeyError, AttributeError):
        start = " ".join(body[:100].decode("utf-8", "replace").split())
        raise UnitRetry(f"{service.title} answered what is none of its answers: {start or 'nothing'}") from None
    except UnitError as error:
        raise UnitError(f"{service.title} answered with an error: {error}") from None
    if not papers and total > question.offset:
        raise UnitRetry(f"{service.title} answered an empty page, though it has {total} papers")
    return Found(total, papers[: question.count], cursor)


def _words(service: Service, body: bytes, question: Ask) -> str:
    try:
        words = service.said(body)
    except (ValueError, TypeError, KeyError, AttributeError):
        words = ""
    words = Scrubber.of([question.key]).text(" ".join(words.split()), MAX_WORDS)
    return f": {words}" if words else ""

"""Requests as they go to the server: credentials, retries, errors, and answers read as models."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import httpx

from fermata_client._async.clock import sleep
from fermata_client.errors import ApiError, ConnectionFailed, FermataError, UnexpectedAnswer, error_of
from fermata_client.retries import Retry
from fermata_client.routes import Route, given
from fermata_client.version import USER_AGENT

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")

Credentials = Callable[[], Mapping[str, str]]
"""Headers that say who calls; asked for each request, so that tokens may be renewed."""

LOOPBACK = ("localhost", "127.0.0.1", "::1")
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


class AsyncTransport:
    """The server at a URL, as one caller sees it."""

    def __init__(
        self, url: str, credentials: Credentials, *, timeout: float = 30.0, retry: Retry | None = None
    ) -> None:
        """Raises ValueError for what is no URL."""
        self.url = url.rstrip("/")
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url}: a server's URL begins with http:// or https:// and names a host")
        self._credentials, self._timeout, self._retry = credentials, timeout, retry or Retry()
        try:
            self._http = httpx.AsyncClient(
                base_url=self.url,
                timeout=timeout,
                headers={"User-Agent": USER_AGENT},
                follow_redirects=False,
                trust_env=parts.hostname not in LOOPBACK,
                verify=parts.scheme == "https",  # loading the certificates takes longer than most requests
                limits=httpx.Limits(max_connections=50),
            )
        except (httpx.InvalidURL, ValueError) as error:
            raise ValueError(f"{url}: {error}") from None

    async def aclose(self) -> None:
        await self._http.aclose()

    async def call(
        self,
        route: Route[T],
        path: str | None = None,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool | None = None,
    ) -> T:
        """Ask a route, and read its answer. Raises ApiError, ConnectionFailed and UnexpectedAnswer."""
        response = await self.response(route, path, query=query, body=body, headers=headers, repeatable=repeatable)
        return read(route, response)

    async def response(
        self,
        route: Route[Any],
        path: str | None = None,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool | None = None,
    ) -> httpx.Response:
        """The answer of a route as it came. Raises ApiError for an error's status, and ConnectionFailed."""
        options: dict[str, Any] = {}
        if query is not None:
            options["params"] = _texts(given(route.query, query))
        if body is not None and (members := given(route.body, body)):
            options["json"] = members
        again = route.repeatable if repeatable is None else repeatable
        return await self.request(route.method, path or route.path, repeatable=again, headers=headers, **options)

    async def request(
        self,
        method: str,
        path: str,
        *,
        repeatable: bool = False,
        check: bool = True,
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> httpx.Response:
        """Send any request; ``options`` as httpx has them.

        Args:
            repeatable: sending it a second time does no more than the first.
            check: raise ApiError for an error's status, once all attempts have had one.
        """
        attempt = 0
        while True:
            response, error = await self._attempt(method, path, headers, options)
            if error is None:
                assert response is not None  # noqa: S101
                return response
            pause = self._retry.pause(error, attempt, repeatable=repeatable)
            if pause is None:
                if response is not None and not check:
                    return response
                raise error
            await sleep(pause)
            attempt += 1

    async def pages(self, method: str, path: str, query: Mapping[str, Any]) -> AsyncIterator[bytes]:
        """The bytes of a download: page for page, or from the place that the server sends us to."""
        response = await self.request(method, path, repeatable=True, params=_texts(query))
        while True:
            if response.is_redirect:  # open to whoever knows the address; our credentials are none of its business
                async for part in _elsewhere(response.headers["location"], self._timeout):
                    yield part
                return
            yield response.content
            following = response.links.get("next", {}).get("url")
            if following is None or not response.content:
                return
            url = response.url.join(following)
            if (url.scheme, url.host, url.port) != (response.url.scheme, response.url.host, response.url.port):
                raise UnexpectedAnswer(str(response.url), "its next page is on another server")
            response = await self.request(method, str(url), repeatable=True)

    @asynccontextmanager
    async def stream(
        self, path: str, headers: Mapping[str, str], query: Mapping[str, Any] | None = None
    ) -> AsyncIterator[httpx.Response]:
        """An open stream. Raises ApiError and ConnectionFailed, also while it is read."""
        try:
            params = _texts(query or {})
            async with self._http.stream("GET", path, params=params, headers=self._headers(headers)) as response:
                if response.is_error:
                    await response.aread()
                    raise error_of(response)
                yield response
        except httpx.TransportError as error:
            raise self._lost(error) from None

    async def _attempt(
        self, method: str, path: str, headers: Mapping[str, str] | None, options: Mapping[str, Any]
    ) -> tuple[httpx.Response | None, FermataError | None]:
        try:
            response = await self._http.request(method, path, headers=self._headers(headers), **options)
        except httpx.TransportError as error:
            return None, self._lost(error)
        return response, error_of(response) if response.is_error else None

    def _headers(self, headers: Mapping[str, str] | None) -> dict[str, str]:
        return {**self._credentials(), **(headers or {})}

    def _lost(self, error: httpx.TransportError) -> ConnectionFailed:
        reason = str(error) or type(error).__name__
        return ConnectionFailed(self.url, reason, sent=not isinstance(error, NOT_SENT))


def read(route: Route[T], response: httpx.Response) -> T:
    """The body of a route's answer. Raises UnexpectedAnswer."""
    return read_json(route, response.content, str(response.url))


def read_json(route: Route[T], text: str | bytes, url: str) -> T:
    """JSON as a route's answer. Raises UnexpectedAnswer, which names the URL."""
    value: T = read_as(route.answer, text, url)
    return value


def read_as(model: str, text: str | bytes, url: str) -> Any:
    """JSON as a model, by its name. Raises UnexpectedAnswer, which names the URL."""
    from pydantic import ValidationError

    try:
        value = _adapter(model).validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UnexpectedAnswer(url, f"{place}: {first['msg']}" if place else first["msg"]) from None
    return value


@cache
def _adapter(answer: str) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    from fermata_client import models

    if answer == "{}":
        return TypeAdapter(dict[str, Any])
    model: Any = getattr(models, answer.removesuffix("[]"))
    wanted: Any = list
    return TypeAdapter(wanted[model] if answer.endswith("[]") else model)


def _texts(query: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as the server reads them; those that are None are left out."""
    return {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in query.items()
        if value is not None
    }


async def _elsewhere(url: str, timeout: float) -> AsyncIterator[bytes]:
    try:
        async with httpx.AsyncClient(timeout=timeout) as http, http.stream("GET", url) as response:
            if response.is_error:
                raise ApiError(response.status_code, "the file can't be read", method="GET", path=response.url.path)
            async for part in response.aiter_bytes():
                yield part
    except httpx.TransportError as error:
        raise ConnectionFailed(url.partition("?")[0], str(error) or type(error).__name__, sent=True) from None

"""Answers of the API as they come: what is only shown need not be read as a model first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fermata_client import Client
    from fermata_client.routes import Route

PAGE = 100


def ask(
    client: Client,
    route: Route[Any],
    query: Mapping[str, Any] | None = None,
    **ids: str | int,
) -> Any:
    """The JSON of a route's answer. Raises what the client raises."""
    from fermata_client.errors import UnexpectedAnswer

    response = client.transport.response(route, route.at(**ids), query=query)
    try:
        return response.json()
    except ValueError:
        raise UnexpectedAnswer(str(response.url), "is it the right URL?") from None


def pages(
    client: Client,
    route: Route[Any],
    member: str,
    query: Mapping[str, Any] | None = None,
    *,
    most: int | None = None,
    size: int = PAGE,
    **ids: str | int,
) -> Iterator[dict[str, Any]]:
    """The items of a list, over as many pages as it takes; ``most`` of them."""
    cursor, left = None, most
    while left is None or left > 0:
        limit = size if left is None else min(size, left)
        page = ask(client, route, {**(query or {}), "cursor": cursor, "limit": limit}, **ids)
        yield from page[member]
        left = None if left is None else left - len(page[member])
        cursor = page["next_cursor"]
        if cursor is None:
            return

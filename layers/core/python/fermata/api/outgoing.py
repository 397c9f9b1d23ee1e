"""What the API itself asks of other servers, an identity provider's above all: by the guarded client, within limits."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from fermata.domain.errors import Unavailable
from fermata.domain.kind import UnitError, UnitRetry
from fermata.toolkit.fetch import Limits
from fermata.toolkit.fetch.http import request
from fermata.toolkit.fetch.urls import parse_url

LIMITS = Limits(connect=3.0, read=3.0, total=5.0, size=256 * 1024, redirects=0)


def host_of(url: str) -> frozenset[str]:
    """The host and port of an address that is the stack's own parameter: it is trusted, though it may be private.

    Empty for what is no address.
    """
    try:
        target = parse_url(url)
    except UnitError:
        return frozenset()
    host = f"[{target.host}]" if ":" in target.host else target.host
    return frozenset({f"{host}:{target.port}"})


def ask(
    url: str,
    trusted: frozenset[str],
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> tuple[int, bytes]:
    """Status and body of the answer to a GET, or to a POST of the form; redirects are not followed. Raises Unavailable.

    ``trusted``: private hosts that may be asked, as ``allowed_hosts`` of :class:`fermata.domain.kind.Settings`.
    """
    sent = {"Accept": "application/json", **(headers or {})}
    body = None
    if form is not None:
        body = urlencode(form).encode()
        sent |= {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(body))}
    try:
        with request("GET" if form is None else "POST", url, trusted, LIMITS, headers=sent, body=body) as answer:
            return answer.status, b"".join(answer.chunks)
    except (UnitError, UnitRetry) as error:
        raise Unavailable(str(error)) from error

"""Every error of the client, with its facts as attributes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

MESSAGES = ("detail", "error", "message")
"""Members of an error's body that may hold its text; which one it is depends on the route."""


class FermataError(Exception):
    """Root of all errors of this client."""


class NotRunning(FermataError):
    """No local stack was found, or it has no address yet."""


class NotInstalled(FermataError):
    """Something that only the package ``fermata`` can do was asked for, and it is not installed."""


class ConnectionFailed(FermataError):
    """The server can't be reached, or the connection broke off.

    Attributes:
        url: of the server.
        reason: what went wrong.
        sent: whether the request may have arrived.
    """

    def __init__(self, url: str, reason: str, *, sent: bool) -> None:
        super().__init__(f"{url} broke off: {reason}" if sent else f"nothing answers at {url}: {reason}")
        self.url, self.reason, self.sent = url, reason, sent


class UnexpectedAnswer(FermataError):
    """Something answers, but not as Fermata does.

    Attributes:
        url: that was asked.
    """

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"{url} does not answer as Fermata does: {reason}")
        self.url = url


class ApiError(FermataError):
    """The server refused the request, or failed.

    Attributes:
        status: of HTTP.
        message: in the server's words.
        facts: what else the body says.
        method, path: of the request.
        request_id: by which the server's logs know the request.
        retry_after: seconds after which the server asks to be tried again; None if it does not say.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        facts: Mapping[str, Any] | None = None,
        method: str = "",
        path: str = "",
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{message} (HTTP {status})")
        self.status, self.message, self.facts = status, message, dict(facts or {})
        self.method, self.path, self.request_id, self.retry_after = method, path, request_id, retry_after


class BadRequest(ApiError):
    """400: the request can't be fulfilled."""


class Unauthenticated(ApiError):
    """401: no credentials, or bad ones."""


class Forbidden(ApiError):
    """403: a known caller who may not do this."""


class NotFound(ApiError):
    """404: there is no such thing, or it belongs to another tenant."""


class Conflict(ApiError):
    """409: not allowed in this status, or the id is in use."""


class TooLarge(ApiError):
    """413: the body is larger than the server takes."""


class InvalidInput(ApiError):
    """422: a value is missing, malformed or over its limit; the message begins with its name."""


class RateLimited(ApiError):
    """429: too many requests, or too many jobs at a time."""


class ServerError(ApiError):
    """5xx: something went wrong there."""


class Unavailable(ServerError):
    """502, 503, 504: the server is busy or can't be reached behind its gateway."""


class Unfinished(FermataError):
    """What was waited for did not happen in time.

    Attributes:
        what: the handle (job, batch …), as it was read last.
    """

    def __init__(self, what: Any, seconds: float) -> None:
        super().__init__(f"{what} after {seconds:g} s")
        self.what = what


class Unsuccessful(FermataError):
    """What was waited for has ended, but not as completed.

    Attributes:
        what: the handle (job, batch …), as it was read last.
    """

    def __init__(self, what: Any) -> None:
        super().__init__(str(what))
        self.what = what


BY_STATUS: Mapping[int, type[ApiError]] = {
    400: BadRequest,
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    413: TooLarge,
    422: InvalidInput,
    429: RateLimited,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}


def error_of(response: httpx.Response) -> ApiError:
    """The error that a response with an error's status stands for; its body has been read."""
    status, body = response.status_code, _object(response)
    text = next((body[name] for name in MESSAGES if isinstance(body.get(name), str)), None)
    kind = BY_STATUS.get(status, ServerError if status >= 500 else ApiError)
    facts = {name: value for name, value in body.items() if name not in (*MESSAGES, "code") and value is not None}
    return kind(
        status,
        text or response.reason_phrase or "no reason given",
        facts=facts,
        method=response.request.method,
        path=response.request.url.path,
        request_id=response.headers.get("x-request-id"),
        retry_after=retry_after(response),
    )


def retry_after(response: httpx.Response) -> float | None:
    """Seconds, where the header says them."""
    asked = response.headers.get("retry-after", "")
    return float(asked) if asked.isascii() and asked.isdigit() else None


def _object(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}

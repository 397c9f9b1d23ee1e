"""Every error of the client, with its facts as attributes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    import httpx

    from fermata_client import models

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
        code: by which the server tells the error from every other; None where the route's document has no place for it.
        facts: what else the body says. Classes of a code have them as attributes, which are None where nothing is said.
        method, path: of the request.
        request_id: by which the server's logs know the request.
        retry_after: seconds after which the server asks to be tried again; None if it does not say.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        facts: Mapping[str, Any] | None = None,
        method: str = "",
        path: str = "",
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{message} (HTTP {status})")
        self.status, self.message, self.code, self.facts = status, message, code, dict(facts or {})
        self.method, self.path, self.request_id, self.retry_after = method, path, request_id, retry_after


T = TypeVar("T")


class Fact(Generic[T]):
    """A member of an error's body as an attribute; None where the body does not say it."""

    def __init__(self, doc: str, member: str | None = None) -> None:
        self.__doc__, self.member = doc, member

    def __set_name__(self, owner: type, name: str) -> None:
        self.member = self.member or name

    def __get__(self, error: ApiError | None, owner: type) -> T | None:
        return error.facts.get(self.member) if error is not None and self.member is not None else None


class BadRequest(ApiError):
    """400: the request can't be fulfilled."""


class Unauthenticated(ApiError):
    """401: no credentials, or bad ones."""


class Forbidden(ApiError):
    """403: a known caller who may not do this."""

    scope = Fact[str]("The scope that is needed.")


class CrossSite(Forbidden):
    """403: a request with a session's cookie that its own page has not surely made."""


class NotFound(ApiError):
    """404: there is no such thing, or it belongs to another tenant."""

    what = Fact[str]("The kind of thing, as ``job``.")
    name = Fact[str]("As it was asked for.")


class Conflict(ApiError):
    """409: not allowed in this status, or the id is in use."""


class WrongStatus(Conflict):
    """409: the command is not allowed in this status."""

    command = Fact[str]("What was asked for, as ``pause``.")
    current_status = Fact[str]("The status that it has.", member="status")


class HeldElsewhere(WrongStatus):
    """409: it has no hold of its own to remove: its source or the system holds it."""

    @property
    def holds(self) -> list[models.Hold]:
        """Those that stand."""
        from fermata_client import models

        return [models.Hold.model_validate(one) for one in self.facts.get("holds", ())]


class IdTaken(Conflict):
    """409: the id, or the idempotency key, is in use by another request."""

    job_id = Fact[str]("The id that is taken.")


class TooLarge(ApiError):
    """413: the body is larger than the server takes."""

    limit = Fact[int]("Bytes that it takes.")


class NotJson(ApiError):
    """415: the body is declared to be something else than JSON."""


class InvalidInput(ApiError):
    """422: a value is missing, malformed or over its limit; the message begins with its name."""

    field = Fact[str]("Name of the value.")


class RateLimited(ApiError):
    """429: too many requests, or too many jobs at a time."""


class TooMany(RateLimited):
    """429: more requests than the tenant may make in a minute."""

    after = Fact[int]("Seconds until it may again.")


class LimitExceeded(RateLimited):
    """429: a limit of the stack is reached. 422 where a single request goes beyond it."""

    limit = Fact[str]("Its name.")
    value = Fact[int]("How much it is.")


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
    415: NotJson,
    422: InvalidInput,
    429: RateLimited,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}


BY_CODE: Mapping[str, type[ApiError]] = {
    "invalid": InvalidInput,
    "not_found": NotFound,
    "wrong_status": WrongStatus,
    "held_elsewhere": HeldElsewhere,
    "id_taken": IdTaken,
    "limit_exceeded": LimitExceeded,
    "unauthenticated": Unauthenticated,
    "forbidden": Forbidden,
    "cross_site": CrossSite,
    "too_large": TooLarge,
    "not_json": NotJson,
    "too_many": TooMany,
}
"""Where the server says a code, it names the class more closely than the status does."""


def error_of(response: httpx.Response) -> ApiError:
    """The error that a response with an error's status stands for; its body has been read."""
    status, body = response.status_code, _object(response)
    text = next((body[name] for name in MESSAGES if isinstance(body.get(name), str)), None)
    code = body["code"] if isinstance(body.get("code"), str) else None
    kind = BY_CODE.get(code or "") or BY_STATUS.get(status, ServerError if status >= 500 else ApiError)
    facts = {name: value for name, value in body.items() if name not in (*MESSAGES, "code") and value is not None}
    return kind(
        status,
        text or response.reason_phrase or "no reason given",
        code=code,
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

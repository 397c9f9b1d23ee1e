"""Who is let in at the local stack's two ports.

Whatever runs on this computer can reach loopback, web pages in its browser included. The AWS endpoint can run code, so it
takes only what this stack's own secret has signed; the API authenticates its callers itself, and need only be sure that it
is called by its own name: a page whose host has been pointed at loopback (DNS rebinding) still sends the page's.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
CLOCKS = timedelta(minutes=15)
"""How far a signature's time may be off, as on AWS."""

MAX_BODY = 64 * 1024 * 1024
_STAMP = "%Y%m%dT%H%M%SZ"
_BROWSER = (b"origin", b"sec-fetch-site", b"sec-fetch-mode")
"""Headers that only browsers send; a page can neither set nor remove them."""


class NotAdmitted(Exception):
    """The request is not let through; the message says why."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass(frozen=True)
class Signature:
    """What a request claims: who signed which of its headers, when, for how long.

    Attributes:
        scope: access key, date, region, service.
        query: it stands in the query, as that of a link.
    """

    scope: tuple[str, str, str, str]
    headers: frozenset[str]
    at: str
    value: str
    lasts: timedelta
    query: bool


@dataclass(frozen=True)
class Gate:
    """Refuses what did not come from this stack's own tools and functions.

    Attributes:
        access_key, secret: what requests to AWS must be signed with.
        port: of the AWS endpoint.
    """

    access_key: str
    secret: str = field(repr=False)
    port: int = 0

    async def admit(self, scope: Message, receive: Receive) -> Receive:
        """What to read the request's body from. Raises NotAdmitted."""
        if scope["type"] != "http":
            raise NotAdmitted(403, "AccessDenied", "only HTTP is spoken here")
        known_host(scope, self.port)
        signature = _signature(scope)
        if any(name in _BROWSER for name, _ in scope["headers"]) and not _is_link(scope, signature):
            raise NotAdmitted(403, "AccessDenied", "web pages may not call this endpoint")
        if signature is None:
            raise NotAdmitted(403, "MissingAuthenticationToken", "the request is not signed")
        body = b"" if _is_object(signature) else await _read(receive, MAX_BODY)
        if not self._made(scope, signature, body):
            raise NotAdmitted(403, "InvalidClientTokenId", "the request is not signed with this stack's credentials")
        return receive if _is_object(signature) else _again(body, receive)

    def _made(self, scope: Message, claimed: Signature, body: bytes) -> bool:
        """Whether this stack's secret makes the same signature of the same request, in time."""
        try:
            at = datetime.strptime(claimed.at, _STAMP).replace(tzinfo=UTC)
        except ValueError:
            return False
        now = datetime.now(UTC)
        if not at - CLOCKS <= now <= at + claimed.lasts or "host" not in claimed.headers:
            return False
        value = _signed(scope, claimed, body, self.access_key, self.secret)
        return claimed.scope[0] == self.access_key and hmac.compare_digest(value, claimed.value)


def known_host(scope: Message, port: int) -> None:
    """Raises NotAdmitted unless the request names loopback and this port, and nothing else."""
    named = [value.decode("latin-1").lower() for name, value in scope["headers"] if name == b"host"]
    if len(named) != 1 or named[0] not in {f"{host}:{port}" for host in LOOPBACK}:
        raise NotAdmitted(421, "MisdirectedRequest", "this address is called by its own name only: localhost")


async def refuse(refused: NotAdmitted, scope: Message, send: Send) -> None:
    """Answer as AWS would, so that its clients can say what is wrong."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    if any(name == b"x-amz-target" for name, _ in scope["headers"]):
        kind, body = "application/x-amz-json-1.0", json.dumps({"__type": refused.code, "message": str(refused)})
    else:
        kind = "application/xml"
        body = f"<Error><Code>{refused.code}</Code><Message>{escape(str(refused))}</Message></Error>"
    headers = [(b"content-type", kind.encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body.encode()})


def _signature(scope: Message) -> Signature | None:
    """What the request claims in its Authorization header or, as a link, in its query; None without a claim."""
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    algorithm, _, claims = headers.get(b"authorization", "").partition(" ")
    if algorithm == "AWS4-HMAC-SHA256":
        parts = dict(part.strip().partition("=")[::2] for part in claims.split(","))
        at = headers.get(b"x-amz-date", "")
        return _claimed(parts, at, CLOCKS, query=False)
    asked = {name: values[0] for name, values in parse_qs(scope["query_string"].decode("latin-1")).items()}
    if asked.get("X-Amz-Algorithm") != "AWS4-HMAC-SHA256":
        return None
    parts = {name: asked.get(f"X-Amz-{name}", "") for name in ("Credential", "SignedHeaders", "Signature")}
    lasts = asked.get("X-Amz-Expires", "")
    seconds = int(lasts) if lasts.isascii() and lasts.isdigit() and len(lasts) < 7 else 0
    return _claimed(parts, asked.get("X-Amz-Date", ""), timedelta(seconds=seconds), query=True)


def _claimed(parts: dict[str, str], at: str, lasts: timedelta, *, query: bool) -> Signature | None:
    match parts.get("Credential", "").split("/"):
        case [key, date, region, service, "aws4_request"]:
            headers = frozenset(parts.get("SignedHeaders", "").split(";"))
            return Signature((key, date, region, service), headers, at, parts.get("Signature", ""), lasts, query)
        case _:
            return None


def _signed(scope: Message, claimed: Signature, body: bytes, access_key: str, secret: str) -> str:
    """The signature that botocore would have made of this request."""
    from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    _, _, region, service = claimed.scope
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    query = scope["query_string"].decode("latin-1")
    if claimed.query:
        query = "&".join(pair for pair in query.split("&") if not pair.startswith("X-Amz-Signature="))
    raw = (scope.get("raw_path") or scope["path"].encode()).partition(b"?")[0].decode("latin-1")
    url = f"http://{headers['host']}{raw}" + (f"?{query}" if query else "")
    signed = {name: headers[name] for name in claimed.headers & headers.keys()}
    request = AWSRequest(scope["method"], url, signed, body)
    request.context["timestamp"] = claimed.at
    made_by = S3SigV4QueryAuth if claimed.query else S3SigV4Auth if _is_object(claimed) else SigV4Auth
    signer = made_by(Credentials(access_key, secret), service, region)
    return str(signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request))


def _is_object(signature: Signature) -> bool:
    """Whether it is for S3, whose bodies are signed by a header and need not be read to be checked."""
    return signature.scope[3] == "s3"


def _is_link(scope: Message, signature: Signature | None) -> bool:
    """Whether somebody follows a link that the stack has signed: to one object, for reading, for a while."""
    return signature is not None and signature.query and _is_object(signature) and scope["method"] in ("GET", "HEAD")


async def bounded(scope: Message, receive: Receive, limit: int) -> Receive:
    """What to read a request's body from that has at most so many bytes. Raises NotAdmitted, of one that says so at once."""
    declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    if declared.isdigit() and int(declared) > limit:
        raise _too_large(limit)
    return _again(await _read(receive, limit), receive)


def _too_large(limit: int) -> NotAdmitted:
    return NotAdmitted(413, "RequestEntityTooLarge", f"the body has more than {limit} bytes")


async def _read(receive: Receive, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise NotAdmitted(400, "IncompleteBody", "the request broke off")
        part = message.get("body", b"")
        parts.append(part)
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        if not message.get("more_body"):
            return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    """The body that was read, then whatever comes after it."""
    left: Sequence[Message] = [{"type": "http.request", "body": body, "more_body": False}]
    messages = iter(left)

    async def receive_again() -> Message:
        return next(messages, None) or await receive()

    return receive_again

"""URLs as browsers read them (the WHATWG's standard, by Ada), as they are requested, and as they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from fermata.domain.kind import UnitError

_PORTS = {"http": 80, "https": 443}
_SHOWN = 200


@dataclass(frozen=True)
class Target:
    """Where a request goes.

    Attributes:
        host: ASCII name or address, without brackets and without a last dot.
        path: path and query, percent-encoded.
    """

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"


def parse_url(url: str) -> Target:
    """The URL's parts; raises UnitError with a reason that repeats no secret of it."""
    from ada_url import URL

    try:
        parts = URL(url)
    except (ValueError, UnicodeError):
        raise UnitError(_refusal(url)) from None
    scheme = parts.protocol.removesuffix(":")
    if scheme not in _PORTS:
        raise UnitError(f"the URL is not http or https: {show_url(url)}")
    if parts.username or parts.password:
        raise UnitError("the URL has a user name or password in it, which is not supported")
    host = parts.hostname.strip("[]").removesuffix(".")
    if not host:
        raise UnitError("the URL is not valid: it names no host")
    port = int(parts.port) if parts.port else _PORTS[scheme]
    return Target(scheme, host, port, parts.pathname + parts.search)


def join(base: str, link: str) -> str:
    """What a link on the page ``base`` leads to; the link itself where it leads nowhere."""
    from ada_url import join_url

    try:
        return join_url(base, link)
    except (ValueError, UnicodeError):
        return link


def show_url(url: str) -> str:
    """The URL without what may be secret in it (user name, password, query), for messages."""
    try:
        parts = urlsplit(url.strip())
        shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}" + ("?…" if parts.query else "")
    except ValueError:
        return "an invalid URL"
    return shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + "…"


def _refusal(url: str) -> str:
    head, colon, rest = url.strip().partition(":")
    if not colon or head.lower() not in _PORTS:
        return f"the URL is not http or https: {show_url(url)}"
    return "the URL is not valid" if rest.strip("/\\") else "the URL is not valid: it names no host"

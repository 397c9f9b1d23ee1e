"""URLs of documents, as they are requested and as they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from fermata.domain.kind import UnitError

_PORTS = {"http": 80, "https": 443}
_SAFE = "/%:@!$&'()*+,;=~-._[]|"
_SHOWN = 200


@dataclass(frozen=True)
class Target:
    """Where a request goes.

    Attributes:
        host: ASCII name or address, without brackets.
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


def parse_url(url: str) -> Target:
    """The URL's parts; raises UnitError with a reason that repeats no secret of it."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
        host = _ascii(parts.hostname or "")
    except ValueError:
        raise UnitError("the URL is not valid") from None
    if any(ord(letter) < 33 or ord(letter) == 127 for letter in url.strip()):
        raise UnitError("the URL is not valid: it contains blanks or control characters")
    if parts.scheme not in _PORTS:
        raise UnitError(f"the URL is not http or https: {show_url(url)}")
    if not host:
        raise UnitError("the URL is not valid: it names no host")
    if parts.username is not None or parts.password is not None:
        raise UnitError("the URL has a user name or password in it, which is not supported")
    path = quote(parts.path or "/", safe=_SAFE) + (f"?{quote(parts.query, safe=_SAFE + '?')}" if parts.query else "")
    return Target(parts.scheme, host, _PORTS[parts.scheme] if port is None else port, path)


def show_url(url: str) -> str:
    """The URL without what may be secret in it (user name, password, query), for messages."""
    try:
        parts = urlsplit(url.strip())
        shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}" + ("?…" if parts.query else "")
    except ValueError:
        return "an invalid URL"
    return shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + "…"


def _ascii(host: str) -> str:
    if "%" in host:
        raise ValueError("a zone is no part of a public address")
    host = host.removesuffix(".")
    return host if host.isascii() else host.encode("idna").decode("ascii")

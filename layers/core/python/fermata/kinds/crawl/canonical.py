"""One spelling for all the URLs that mean one page."""

from __future__ import annotations

import re

from fermata.domain.kind import UnitError
from fermata.toolkit.fetch.addresses import normal_host
from fermata.toolkit.fetch.urls import Target, parse_url

MAX_URL = 2_000
"""Characters; longer ones are as a rule made by a loop of links."""

_TRACKING = re.compile(
    r"(?:utm_\w+|gclid|gclsrc|dclid|fbclid|msclkid|yclid|twclid|igshid|mc_cid|mc_eid|_hsenc|_hsmi|mkt_tok|wt_mc)",
    re.IGNORECASE,
)
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def canonical(url: str, *, tracking: bool = False) -> str:
    """The URL without fragment, default port, dot segments, needless escapes and a host's last dot, its host in ASCII and
    lower case.

    Parameters that only say where a visitor came from (``utm_source``, ``gclid`` …) are dropped unless ``tracking``; the
    order of the others is kept, since to some servers it matters. Raises UnitError for what is no http or https URL.
    """
    target = parse_url(url)
    target = Target(target.scheme, normal_host(target.host), target.port, target.path)
    path, mark, query = target.path.partition("?")
    path = _resolved(_unescaped(path))
    query = _unescaped(query) if tracking else "&".join(filter(_meant, _unescaped(query).split("&")))
    made = f"{target.scheme}://{target.authority}{path}" + (f"?{query}" if mark and query else "")
    if len(made) > MAX_URL:
        raise UnitError(f"the URL is longer than {MAX_URL} characters")
    return made


def _resolved(path: str) -> str:
    """The path without ``.`` and ``..``."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments and segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)


def _meant(parameter: str) -> bool:
    return not _TRACKING.fullmatch(parameter.partition("=")[0])


def _unescaped(text: str) -> str:
    """Letters and digits as themselves, all other escapes in capitals."""

    def plain(match: re.Match[str]) -> str:
        code = int(match[1], 16)
        return chr(code) if code in _UNRESERVED else match[0].upper()

    return _ESCAPE.sub(plain, text)

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
_SESSION = re.compile(
    r"(?:jsessionid|phpsessid|aspsessionid\w+|cfid|cftoken|oscsid|zenid|xtcsid)=.*"
    # Names that mean other things, too: only a value that is as long as a session's counts.
    r"|(?:sid|s_?id|session|sess|session_?id|sessid)=[\w,.-]{16,}",
    re.IGNORECASE,
)
_ASP_NET_SESSION = re.compile(r"/\((?:[A-Z]\([\w-]+\))+\)(?=/|$)")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def canonical(url: str, *, tracking: bool = False, session_ids: bool = False) -> str:
    """The URL as browsers read it, without fragment, needless escapes and a host's last dot.

    Parameters that only say where a visitor came from (``utm_source``, ``gclid`` …) are dropped unless ``tracking``, and ids of
    a visit (``PHPSESSID``, ``;jsessionid`` …) unless ``session_ids``; the order of the others is kept, since to some servers it
    matters. Raises UnitError for what is no http or https URL.
    """
    target = parse_url(url)
    path, mark, query = target.path.partition("?")
    path, parameters = _unescaped(path), _unescaped(query).split("&")
    if not tracking:
        parameters = [one for one in parameters if not _TRACKING.fullmatch(one.partition("=")[0])]
    if not session_ids:
        parameters = [one for one in parameters if not _SESSION.fullmatch(one)]
        path = _ASP_NET_SESSION.sub("", "/".join(map(_without_session, path.split("/")))) or "/"
    query = "&".join(parameters)
    made = Target(
        target.scheme, normal_host(target.host), target.port, path + (f"?{query}" if mark and query else "")
    ).url
    if len(made) > MAX_URL:
        raise UnitError(f"the URL is longer than {MAX_URL} characters")
    return made


def _without_session(segment: str) -> str:
    name, *parameters = segment.split(";")
    return ";".join([name, *(one for one in parameters if not _SESSION.fullmatch(one))])


def _unescaped(text: str) -> str:
    """Letters and digits as themselves, all other escapes in capitals."""

    def plain(match: re.Match[str]) -> str:
        code = int(match[1], 16)
        return chr(code) if code in _UNRESERVED else match[0].upper()

    return _ESCAPE.sub(plain, text)

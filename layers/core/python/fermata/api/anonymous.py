"""What is demanded of callers without credentials, where a stack lets them in.

They bring nothing that tells a person's program from a page in the person's browser. A page sends its own origin, or a host
name that has been pointed here; and it cannot send JSON elsewhere without being asked first. So the three have to fit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from fermata.domain.errors import Unauthenticated

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class Doorman:
    """Who is let in without credentials.

    Attributes:
        hosts: names by which the API is reached beside those of loopback; ``.name`` stands for all names below it.
        origins: of pages that may call it, as ``https://app.example``; ``*`` counts for nothing here.
    """

    hosts: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()

    def check(self, header: Callable[[str], str | None], gateway: str | None = None) -> None:
        """Raises Unauthenticated. ``gateway``: the name by which the gateway itself was reached."""
        host = header("host") or ""
        if not self._is_known(_name(host), gateway):
            raise Unauthenticated("callers without credentials use the API by its own name")
        origin = header("origin")
        if origin is not None and origin not in self.origins - {"*"} and urlsplit(origin).netloc != host:
            raise Unauthenticated("pages of this origin need credentials")

    def _is_known(self, name: str, gateway: str | None) -> bool:
        if name in LOOPBACK or name in self.hosts or (gateway is not None and name == gateway.lower()):
            return True
        return any(known.startswith(".") and name.endswith(known) for known in self.hosts)


def _name(host: str) -> str:
    """The host without its port; empty for what is none."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""

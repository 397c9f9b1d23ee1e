"""An engine in this process's memory, for tests: needs the package ``fermata``, which a plain client does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from fermata_client.errors import NotInstalled


class Server(Protocol):
    """What ``fermata.embedded`` starts.

    Attributes:
        url: where it answers.
        api_key: one that may do everything in the tenant ``default``.
    """

    url: str
    api_key: str

    def stop(self) -> None:
        """End it, with all that it remembers."""


def start(kinds: Mapping[str, Any] | None = None) -> Server:
    """Start one, with these kinds beside its own. Raises NotInstalled."""
    try:
        from fermata import embedded
    except ImportError as error:
        raise NotInstalled(
            f"an embedded engine needs the package fermata with its local extra ({error.name} is missing): "
            "pip install 'fermata[local]'"
        ) from None
    server: Server = embedded.start(kinds)
    return server

"""An audience that tells when somebody has left it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from fermata.api.audience import Audience


@dataclass
class Watched(Audience):
    """Attributes:
    left: somebody has.
    """

    left: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def seat(self, tenant: str) -> Iterator[None]:
        try:
            with super().seat(tenant):
                yield
        finally:
            self.left.set()


def watched(service: Any) -> Watched:
    """The audience of a service from now on."""
    audience = Watched()
    service.app.state.services = replace(service.app.state.services, audience=audience)
    return audience

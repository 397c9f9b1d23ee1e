"""When a request is sent again."""

from __future__ import annotations

import random
from dataclasses import dataclass

from fermata_client.errors import ApiError, ConnectionFailed, FermataError, RateLimited, Unavailable


@dataclass(frozen=True)
class Retry:
    """How often, and after which pause.

    A request that did not arrive (no connection, 429) may always be sent again; one that may have arrived (the connection
    broke off, 502, 503, 504) only where a second time does no more than the first: reads, what is idempotent, and what
    carries an idempotency key.

    Attributes:
        attempts: in all.
        base: seconds before the second; doubled before each further one, and up to half of it added at random.
        longest: seconds of one pause, also where the server asks for more.
    """

    attempts: int = 4
    base: float = 0.2
    longest: float = 10.0

    def pause(self, error: FermataError, attempt: int, *, repeatable: bool) -> float | None:
        """Seconds to wait after this attempt (from 0) failed; None: give up."""
        if attempt + 1 >= self.attempts or not (_not_arrived(error) or (repeatable and _passing(error))):
            return None
        asked = error.retry_after if isinstance(error, ApiError) else None
        grown = self.base * 2**attempt * random.uniform(1.0, 1.5)  # noqa: S311 - it only spreads callers
        return min(grown if asked is None else asked, self.longest)


def _not_arrived(error: FermataError) -> bool:
    return isinstance(error, RateLimited) or (isinstance(error, ConnectionFailed) and not error.sent)


def _passing(error: FermataError) -> bool:
    return isinstance(error, ConnectionFailed | Unavailable)

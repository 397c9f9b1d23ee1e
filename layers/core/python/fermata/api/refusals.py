"""How many refusals of one caller are recorded one by one.

Each is a write, and a caller with a key that may do nothing can be refused a thousand times a second. Who is refused that
often has told the audit trail all that there is to know.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

MINUTE = 60
PER_MINUTE = 120
LAST = "; what else this caller is refused within the minute is not recorded"


@dataclass
class RefusalLog:
    """Counts each caller's refusals of the minute; for one instance, so that a stack records a few times as many."""

    limit: int = PER_MINUTE
    _minute: int = -1
    _counts: dict[tuple[str, str], int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wording(self, tenant: str, user: str, why: str, now: float) -> str | None:
        """What to record of a refusal; None: nothing."""
        minute = int(now // MINUTE)
        with self._lock:
            if minute != self._minute:
                self._minute, self._counts = minute, {}
            count = self._counts[tenant, user] = self._counts.get((tenant, user), 0) + 1
        if count > self.limit:
            return None
        return why + LAST if count == self.limit else why

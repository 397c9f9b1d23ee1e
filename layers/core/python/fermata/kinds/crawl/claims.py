"""Which unit fetches a page that several lead to: the first that says so among the job's files, and no other."""

from __future__ import annotations

import hashlib
import threading

from fermata.domain.errors import NotFound
from fermata.domain.kind import Files

_LOCKS = tuple(threading.Lock() for _ in range(64))


def claim(files: Files, page: str, unit: str) -> str:
    """The unit that fetches the page, both by their URLs: this one, unless another was first.

    A unit that runs again keeps what it had. Two processes at once may both be first; a crawl's chunks run one at a time.
    """
    digest = hashlib.sha256(page.encode()).hexdigest()[:32]
    name = f"claims/{digest}"
    with _LOCKS[int(digest[:2], 16) % len(_LOCKS)]:
        try:
            return files.get(name).decode()
        except (NotFound, KeyError):
            files.put(name, unit.encode())
            return unit

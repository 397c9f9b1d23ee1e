"""Looking at the documents of a batch before it is started."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

from fermata.api.batch.schemas import CheckedPath, CheckedPaths, PathToCheck
from fermata.domain.kind import Settings, UnitError, UnitRetry
from fermata.toolkit.fetch.locations import source_type_of

AT_ONCE = 16
SECONDS = 20.0
"""Within which all that can be said has to be: a gateway ends a request at 30 s."""

LATE = "there was no time to look at it; ask for fewer at once"


def check_paths(settings: Settings, paths: Sequence[PathToCheck]) -> CheckedPaths:
    """Whether the stack can read each of them, in their order; the same one is looked at once."""
    pool = ThreadPoolExecutor(AT_ONCE)
    deadline = time.monotonic() + SECONDS
    try:
        asked = {(path.type, path.path): path for path in paths}
        futures = {key: pool.submit(_checked, settings, path, deadline) for key, path in asked.items()}
        wait(futures.values(), timeout=max(0.0, deadline - time.monotonic()))
        results = [_result(path, futures[path.type, path.path]) for path in paths]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    valid = sum(result.valid for result in results)
    return CheckedPaths(results=results, total=len(results), valid_count=valid, invalid_count=len(results) - valid)


def _result(path: PathToCheck, future: Future[CheckedPath]) -> CheckedPath:
    return future.result() if future.done() and not future.cancelled() else _invalid(path, LATE)


def _checked(settings: Settings, path: PathToCheck, deadline: float) -> CheckedPath:
    from fermata.toolkit.fetch.reachable import check  # loads an HTTP client, which other requests need not wait for

    location = path.path.strip()
    if not location:
        return _invalid(path, "file_path is missing")
    if time.monotonic() >= deadline:
        return _invalid(path, LATE)
    try:
        found = check((path.type or source_type_of(location)).strip().lower(), location, settings)
    except (UnitError, UnitRetry) as error:
        return _invalid(path, str(error))
    return CheckedPath(path=path.path, valid=True, error=None, content_type=found.content_type, size=found.size)


def _invalid(path: PathToCheck, error: str) -> CheckedPath:
    return CheckedPath(path=path.path, valid=False, error=error, content_type=None, size=None)

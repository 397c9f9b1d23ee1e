"""A source copied among the job's files, once, so that whatever becomes of it the job goes on from the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from fermata.domain.kind import JobError, Planning, UnitError
from fermata.toolkit.fetch.fetch import Source, open_source
from fermata.toolkit.fetch.limits import Limits
from fermata.toolkit.fetch.locations import source_type_of

Change = Callable[[Source], Iterator[bytes]]


def copy_source(
    job: Planning,
    location: str,
    name: str,
    limits: Limits,
    change: Change = lambda source: source.chunks,
) -> str:
    """Store what lies at a URL, in S3, or in a local file where that is allowed; its content type, empty if nobody says.

    ``change`` makes what is stored from what is fetched. Raises JobError, and UnitRetry where another time may be better.
    """
    try:
        with open_source(source_type_of(location), location, job.settings, limits) as source:
            job.files.write(name, change(source))
            return source.content_type
    except UnitError as error:
        raise JobError(str(error)) from None

"""Bytes from outside, safely: bounded in time and size, and never from an address that is not public.

``open_source`` streams, ``fetch`` keeps a copy on disk for as long as it is read. Both raise
:class:`~fermata.domain.kind.UnitError` or :class:`~fermata.domain.kind.UnitRetry` with a reason for the user.
"""

from fermata.toolkit.fetch.fetch import Fetched, Source, fetch, open_source
from fermata.toolkit.fetch.limits import Limits

__all__ = ["Fetched", "Limits", "Source", "fetch", "open_source"]

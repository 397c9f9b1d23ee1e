"""Files of several formats as text, told apart by what is in them and read in a process of their own.

``read`` is what kinds call. It raises :class:`~fermata.domain.kind.UnitError` with a reason for the user.
"""

from fermata.kinds.reading.apart import close, read
from fermata.kinds.reading.content import Content

__all__ = ["Content", "close", "read"]

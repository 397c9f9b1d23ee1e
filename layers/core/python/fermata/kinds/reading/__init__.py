"""Files of several formats as text, told apart by what is in them and read in a process of their own.

``read`` is what kinds call. It raises :class:`~fermata.domain.kind.UnitError` with a reason for the user.
"""

from fermata.kinds.reading.apart import close, outline, page, read
from fermata.kinds.reading.content import Content, Outline, Section

__all__ = ["Content", "Outline", "Section", "close", "outline", "page", "read"]

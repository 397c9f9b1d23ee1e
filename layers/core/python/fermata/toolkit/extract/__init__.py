"""Files of several formats as text, told apart by what is in them and read in a process of their own.

``read`` is what kinds call. It raises :class:`~fermata.domain.kind.UnitError` with a reason for the user.
"""

from fermata.toolkit.extract.content import Content, Links, Outline, Section
from fermata.toolkit.extract.sandbox import close, outline, page, read

__all__ = ["Content", "Links", "Outline", "Section", "close", "outline", "page", "read"]

"""Text on images and on pages of PDF that have none, read in a process of its own.

The engine and its models lie in a layer of the workers of the class ``ocr``; nothing here loads them but that process.
"""

from fermata.toolkit.ocr.content import Line, Recognised
from fermata.toolkit.ocr.sandbox import PDF, Pages, close, drawn, pages, recognise

__all__ = ["PDF", "Line", "Pages", "Recognised", "close", "drawn", "pages", "recognise"]

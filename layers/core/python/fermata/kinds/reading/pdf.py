"""PDF, page by page."""

from __future__ import annotations

import re
from typing import IO

from fermata.domain.kind import UnitError
from fermata.kinds.reading.content import Content, tidy

_HYPHENATED = re.compile(r"(?<=[a-zà-ÿ])-\n(?=[a-zà-ÿ])")


def read_pdf(stream: IO[bytes], pages: int) -> Content:
    """The first ``pages`` pages. Raises UnitError for a PDF that is damaged, locked, empty or grows too large."""
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, FileNotDecryptedError, LimitReachedError

    try:
        reader = PdfReader(stream)
        if reader.is_encrypted and not reader.decrypt(""):
            raise UnitError("the PDF is encrypted with a password")
        count = len(reader.pages)
        if not count:
            raise UnitError("the PDF has no pages")
        texts = tuple(_text(reader.pages[number].extract_text()) for number in range(min(count, pages)))
        return Content("pdf", _title(reader), texts)
    except (UnitError, MemoryError):
        raise
    except LimitReachedError:
        raise UnitError("the PDF unpacks to more data than is allowed") from None
    except (FileNotDecryptedError, DependencyError):
        raise UnitError("the PDF is encrypted in a way that can't be read") from None
    except Exception:
        # The library lets any exception out when a file breaks its expectations; whichever it is, the file is at fault.
        raise UnitError("the PDF is damaged or incomplete and can't be read") from None


def _text(extracted: str) -> str:
    return _HYPHENATED.sub("", tidy(extracted))


def _title(reader: object) -> str:
    try:
        return tidy(str(reader.metadata.title or ""))  # type: ignore[attr-defined]
    except Exception:
        return ""

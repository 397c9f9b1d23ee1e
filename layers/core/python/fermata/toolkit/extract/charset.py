"""Bytes as text: byte order mark, declared charset, UTF-8, then a guess."""

from __future__ import annotations

import codecs
import re

from fermata.domain.kind import UnitError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([\w:.-]{2,40})""", re.IGNORECASE)
_WIDE = ("utf-16", "utf-32")


def declared_charset(content_type: str) -> str:
    """The charset in a Content-Type header; empty when it has none."""
    found = _DECLARED.search(content_type.encode("latin-1", "ignore"))
    return found[1].decode("ascii", "ignore") if found else ""


def decode(data: bytes, declared: str = "") -> str:
    """The text; ``data`` may end within a character. Raises UnitError when no charset fits."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return _decoded(data[len(mark) :], name, "replace") or ""
    in_file = _DECLARED.search(data[:2048]) if data.lstrip().startswith(b"<") else None
    for name in (declared, in_file[1].decode("ascii", "ignore") if in_file else "", "utf-8"):
        # Without a mark, bytes that were searched as ASCII can't be of a wide charset, whatever they say.
        if name and not name.lower().startswith(_WIDE) and (text := _decoded(data, _browsers(name))) is not None:
            return text
    return _guessed(data)


def _decoded(data: bytes, name: str, errors: str = "strict") -> str | None:
    try:
        decoder = codecs.getincrementaldecoder(name)(errors)
        return decoder.decode(data)
    except (LookupError, UnicodeError, ValueError, TypeError):
        return None


def _browsers(name: str) -> str:
    """Pages that say Latin-1 or ASCII mean its superset, as browsers take it."""
    return (
        "cp1252" if name.lower().replace("_", "-") in ("iso-8859-1", "latin-1", "latin1", "us-ascii", "ascii") else name
    )


def _guessed(data: bytes) -> str:
    sample = data[:65_536]
    # Western text has few letters beyond ASCII, and statistics of so few go wrong; other scripts have little else.
    if sum(byte > 127 for byte in sample) * 4 < len(sample) and (western := _decoded(data, "cp1252")) is not None:
        return western
    from charset_normalizer import from_bytes

    best = from_bytes(sample).best()
    if best is None:
        raise UnitError("the file is no text in any known character set")
    return _decoded(data, best.encoding, "replace") or str(best)

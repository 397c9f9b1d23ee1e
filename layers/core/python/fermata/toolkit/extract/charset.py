"""Which charset bytes are text in: byte order mark, what was declared, UTF-8, and a guess where nothing was."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from email.message import Message

from fermata.domain.kind import UnitError

SAMPLE = 65_536
"""Bytes that a guess is made on."""

_STEP = 1024 * 1024
_FEW = 10
"""Whole characters beyond ASCII for each damaged one, at least, in a text that counts as being of a charset."""

_HEAD = 4_096
"""Bytes of a file that its own declaration is looked for in."""

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ESCAPES = (b"\x1b$B", b"\x1b$@", b"\x1b(J")
_WIDE = ("utf-16", "utf-32", "utf_16", "utf_32")
"""Charsets that no text without a zero byte is in: some blank, digit or line's end is in every one."""

_WESTERN = "cp1252"
_MAC, _MAC_SIGNS = "mac_roman", frozenset("’‘“”«»‹›–—…•·©®™°§†‡€£¥¿¡\u00a0")
_LATIN = frozenset({"windows-1250", "windows-1252", "windows-1254", "windows-1257", "iso-8859-2", "iso-8859-15"})
_CHINESE = frozenset({"big5", "gbk", "gb18030"})
_ALSO = frozenset({"uhc", "johab", "ibm855", "maccyrillic", "mac-cyrillic"})
"""What a guess may come to besides the charsets of the web. The others of DOS and Mac fit any few umlauts."""


def decode(data: bytes, declared: Sequence[str] = ()) -> tuple[str, str]:
    """The text, and Python's name of the charset that it was in.

    ``declared``: charsets as a server or the file itself names them, the most trusted first; those that are unknown or
    don't fit are passed over. ``data`` may end within a character. Raises UnitError when no charset fits.
    """
    name = charset_of(data, declared)
    return "".join(decoded((data,), name)), name


def charset_of(data: bytes, declared: Iterable[str] = ()) -> str:
    """Python's name of the charset; parameters and errors as for :func:`decode`."""
    for mark, name in MARKS:
        if data.startswith(mark):
            return name
    if name := wide(data[:SAMPLE]):
        return name
    if fits(data, "utf-8"):
        return "iso2022_jp" if any(escape in data for escape in _ESCAPES) and fits(data, "iso2022_jp") else "utf-8"
    known = [name for label in declared if (name := codec_of(label)) and (b"\0" in data or not name.startswith(_WIDE))]
    for name in known:
        if fits(data, name):
            return name
    for name in (*known, "utf-8"):
        if _mostly_fits(data, name):
            return name
    return guessed(data)


def decoded(pieces: Iterable[bytes], name: str) -> Iterator[str]:
    """The text of each piece in turn, without a byte order mark; what is damaged becomes U+FFFD."""
    decoder = codecs.getincrementaldecoder(name)("replace")
    first = True
    for piece in pieces:
        if text := decoder.decode(piece):
            yield text.removeprefix("\ufeff") if first else text
            first = False


def declared_charset(content_type: str) -> str:
    """The charset in a Content-Type header; empty when it has none."""
    message = Message()
    message["content-type"] = content_type
    return message.get_content_charset("")


def declarations(data: bytes) -> Iterator[str]:
    """The charsets that a file of HTML or XML names for itself; the word in a script, a comment or a text names none."""
    head = data[:_HEAD].lstrip()
    if not head.startswith(b"<"):
        return
    if head.startswith(b"<?xml"):
        yield from _in_xml(head)
    from selectolax.lexbor import LexborHTMLParser

    for node in LexborHTMLParser(head.decode("latin-1")).css(
        "meta[charset], meta[http-equiv='content-type' i][content]"
    ):
        yield node.attributes.get("charset") or declared_charset(node.attributes.get("content") or "")


def codec_of(label: str) -> str:
    """The codec that browsers take for this label, else the one that Python knows by it; empty when there is none."""
    import webencodings  # type: ignore[import-untyped, unused-ignore]

    known = webencodings.lookup(label)
    if known is not None:
        return str(known.codec_info.name) if known.name not in ("replacement", "x-user-defined") else ""
    from charset_normalizer.constant import IANA_SUPPORTED
    from charset_normalizer.utils import iana_name

    name = iana_name(label.strip(), strict=False)
    return name if name in IANA_SUPPORTED else ""


def _in_xml(head: bytes) -> Iterator[str]:
    from xml.parsers import expat

    found: list[str | None] = []
    parser = expat.ParserCreate("latin-1")
    parser.XmlDeclHandler = lambda version, encoding, standalone: found.append(encoding)
    with suppress(expat.ExpatError):
        parser.Parse(head[: head.find(b"?>") + 2])
    yield from filter(None, found)


def wide(head: bytes) -> str:
    """Python's name of the charset of bytes without a mark that are text in two or four bytes a character; empty for others."""
    return _in_four_bytes(head) or _in_two_bytes(head)


def _in_four_bytes(head: bytes) -> str:
    """UTF-32 without a mark shows by its numbers, which are all below 0x110000, most below 0x10000, and mean what is printed."""
    head = head[: len(head) // 4 * 4]
    for name, top, plane in (("utf-32-le", head[3::4], head[2::4]), ("utf-32-be", head[::4], head[1::4])):
        if head and not any(top) and max(plane) <= 0x10 and plane.count(0) * 2 > len(plane) and fits(head, name):
            text = head.decode(name)
            shown = sum(letter.isprintable() or letter.isspace() for letter in text)
            return name if shown * 20 >= len(text) * 19 else ""
    return ""


def _in_two_bytes(head: bytes) -> str:
    """UTF-16 without a mark shows by the zeros of what is ASCII in it, be it only blanks and ends of lines."""
    halves = {"utf-16-be": head[::2], "utf-16-le": head[1::2]}
    name, high = max(halves.items(), key=lambda half: half[1].count(0))
    most, fewest = sorted((half.count(0) for half in halves.values()), reverse=True)
    if most * 50 < len(head) or fewest * 10 > most:
        return ""
    # The rest of a text in few scripts is on few pages of Unicode, whose numbers no text in ASCII has for bytes.
    low_pages = len(high) - len(high.translate(None, bytes(range(0x20))))
    beyond_ascii = len(head) - len(head.translate(None, bytes(range(128, 256))))
    if low_pages * 2 < len(high) and (beyond_ascii * 20 < len(head) or fits(head, "utf-8")):
        return ""
    text = head[: len(head) // 2 * 2].decode(name, "replace")
    controls = sum(letter in text for letter in "\x00\x01\x02\x03\x04\x05\x06")
    return name if not controls and fits(head, name) else ""


def fits(data: bytes, name: str) -> bool:
    """Whether the bytes are characters of a charset, but for one that is cut off at the end."""
    decoder = codecs.getincrementaldecoder(name)("strict")
    try:
        for start in range(0, len(data), _STEP):
            decoder.decode(data[start : start + _STEP])
    except (UnicodeError, ValueError):
        return False
    return True


def _mostly_fits(data: bytes, name: str) -> bool:
    text = codecs.getincrementaldecoder(name)("replace").decode(data[: 4 * _STEP])
    damaged = text.count("\ufffd")
    return len(text) - len(text.encode("ascii", "ignore")) > damaged * (_FEW + 1)


def guessed(data: bytes) -> str:
    """The likeliest charset of bytes that are not UTF-8, as a codec's name. Raises UnitError when they look like no text."""
    import cchardet  # type: ignore[import-not-found, unused-ignore]
    import webencodings  # type: ignore[import-untyped, unused-ignore]

    beyond_ascii = b"\n".join(line for line in data[: 4 * _STEP].split(b"\n") if not line.isascii())
    found = str(cchardet.detect(beyond_ascii[:SAMPLE])["encoding"] or "").lower()
    known = webencodings.lookup(found)
    if known is not None and known.name in _CHINESE and _is_korean(beyond_ascii[:SAMPLE]):
        return "cp949"
    if known is not None and known.name in _LATIN and b"\r" in data and b"\n" not in data and _is_mac(beyond_ascii):
        return _MAC
    if known is not None and known.name not in ("utf-8", "macintosh"):
        return str(known.codec_info.name)
    if found in _ALSO:
        return found
    if b"\0" not in data and fits(data, _WESTERN):
        return _WESTERN
    if b"\0" not in data and _is_mac(beyond_ascii):
        return _MAC
    raise UnitError("the file is no text in any known character set")


def _is_korean(data: bytes) -> bool:
    """Whether the characters are Hangul, if they are Korean: a few words of it are taken for Chinese."""
    try:
        letters = [letter for letter in data.decode("euc_kr") if not letter.isascii()]
    except UnicodeDecodeError:
        return False
    return sum("\uac00" <= letter <= "\ud7a3" for letter in letters) >= 0.9 * len(letters)


def _is_mac(data: bytes) -> bool:
    """Whether what is beyond ASCII are letters and signs of texts in the charset of old Macs, most of them from 0x80 to 0x9F."""
    letters = [letter for letter in data[:SAMPLE].decode(_MAC) if not letter.isascii()]
    low = sum(0x80 <= byte < 0xA0 for byte in data[:SAMPLE])
    return low * 2 > len(letters) and all(letter.isalpha() or letter in _MAC_SIGNS for letter in letters)

"""What a file is, by its content as a whole; what its server says decides where the content could be either."""

from __future__ import annotations

import zipfile
from contextlib import suppress
from typing import IO

from fermata.domain.kind import UnitError
from fermata.toolkit.extract import charset
from fermata.toolkit.extract.package import main_part

HEAD = 65_536
"""Bytes from the start that detection looks at."""

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\x1b"))
_FEW = 100
"""Bytes of a text for each that is a control character, at least."""

_SURE = 0.2
"""Confidence from which on a name for a file's type is told: two bytes that are known."""

_KINDS = {"image": "an image", "audio": "a sound", "video": "a film", "font": "a font"}


def binary_format(head: bytes, stream: IO[bytes], content_type: str = "") -> str | None:
    """``pdf`` or ``docx``, None for text of some sort; raises UnitError for what can't be read."""
    if not head.strip(b"\0 \t\r\n\f"):
        raise UnitError("the file is empty")
    if _is_pdf(head, content_type):
        return "pdf"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_format(head, stream)
    if head.startswith(_OLE):
        raise UnitError(_ole_reason(head, stream))
    if is_text(head) and not _is_marked_up(head):
        return None
    raise UnitError(f"the file is {_name(head)}, not a document that can be read")


def is_text(head: bytes) -> bool:
    """Whether a file that begins so is text in some charset; a few zeros are forgiven, as browsers do."""
    if head.startswith(_MARKS) or charset.wide(head[: charset.SAMPLE]):
        return True
    controls = len(head) - len(head.translate(None, _CONTROLS))
    return controls * _FEW <= len(head)


def _is_marked_up(head: bytes) -> bool:
    """Whether it is RTF or PostScript, which are written in characters but are no text to read; a text may speak of them."""
    if head.startswith(b"{\\rtf"):
        return head.count(b"\\", 0, 256) > 1 or head.rstrip(b"\0\r\n ").endswith(b"}")
    return head.startswith(b"%!PS") and all(
        word.startswith((b"%!PS", b"EPSF")) for word in head.splitlines()[0].split()
    )


def _is_pdf(head: bytes, content_type: str) -> bool:
    """PDFs may have something else before their header, and texts may speak of it."""
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"%PDF-"):
        return True
    if b"%PDF-" not in head[:1024]:
        return False
    said = content_type.lower().startswith("application/pdf")
    return said or not is_text(head) or (b" obj" in head and not charset.fits(head, "utf-8"))


def _zip_format(head: bytes, stream: IO[bytes]) -> str:
    try:
        with zipfile.ZipFile(stream) as archive:
            if main_part(archive):
                return "docx"
            name = _office_name(archive)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        raise UnitError("the file is a damaged DOCX document or ZIP archive") from None
    raise UnitError(f"the file is {name or _name(head)}, not a document that can be read")


def _office_name(archive: zipfile.ZipFile) -> str:
    """What a package calls itself: OpenDocument and EPUB in their first file, the others by their folders."""
    names = set(archive.namelist())
    if "mimetype" in names:
        kind = archive.read("mimetype")[:100].decode("ascii", "ignore").strip()
        return "an EPUB book" if "epub" in kind else "an OpenDocument file"
    known = {"xl": "an Excel workbook", "ppt": "a PowerPoint presentation", "visio": "a Visio drawing"}
    folders = {name.partition("/")[0] for name in names}
    return next((what for folder, what in known.items() if folder in folders), "a ZIP archive")


def _name(head: bytes) -> str:
    import puremagic

    try:
        found = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        found = []
    best = found[0] if found else None
    if best is None or best.confidence < _SURE:
        return "binary data of an unknown format"
    kind = _KINDS.get(best.mime_type.partition("/")[0])
    return f"{kind} ({best.name})" if kind else f"of another format ({best.name})"


def _ole_reason(head: bytes, stream: IO[bytes]) -> str:
    stream.seek(0)
    name = "EncryptedPackage".encode("utf-16-le")
    if name in head or name in stream.read(4 * 1024 * 1024):
        return "the file is encrypted with a password"
    return "the file is a document of an old Office format, which is not read; save it as DOCX or PDF"


def text_format(text: str, content_type: str = "") -> str:
    """``html``, ``xml``, ``markdown`` or ``text``, by the beginning of a text; raises UnitError for an image in XML.

    A server's word counts where the text could be either: a page of source code that shows HTML is served as plain text.
    """
    served = content_type.partition(";")[0].strip().lower()
    root = _xml_root(text)
    if root == "svg":
        raise UnitError("the file is an image (SVG), not a document that can be read")
    if served in ("text/html", "application/xhtml+xml") or root == "html" or _begins_page(text):
        return "html"
    if root and served not in ("text/plain", "text/markdown"):
        return "xml"
    if served in ("text/markdown", "text/x-markdown"):
        return "markdown"
    from fermata.toolkit.extract.markdown import has_structure

    if has_structure(text, sure=True):
        return "markdown"
    if served != "text/plain" and _is_html(text):
        return "html"
    return "markdown" if has_structure(text) else "text"


def _begins_page(text: str) -> bool:
    start = text.lstrip("\ufeff \t\r\n\f")
    while start.startswith("<!--"):
        start = start.partition("-->")[2].lstrip()
    return start[:14].lower().startswith(("<!doctype html", "<html", "<head", "<body"))


def _is_html(text: str) -> bool:
    """Whether the text has elements of HTML that are closed, or begins with one."""
    from fermata.toolkit.extract.blocks import ELEMENTS, VOID

    start = text.lstrip("\ufeff \t\r\n\f")
    first = _tag(start[1:]) if start.startswith("<") else ""
    closed = sum(_tag(piece) in ELEMENTS for piece in text[:HEAD].split("</")[1:])
    return first in VOID or first == "p" or closed >= (1 if first in ELEMENTS else 2)


def _tag(text: str) -> str:
    name = text[:12].lower()
    return name[: next((at for at, letter in enumerate(name) if not letter.isalnum()), len(name))]


def _xml_root(text: str) -> str:
    """The name of the outermost element of a document that says it is XML; empty for others."""
    from xml.parsers import expat

    found: list[str] = []

    def seen(name: str, attributes: dict[str, str]) -> None:
        if not found:
            says_so = start.startswith("<?xml") or name == "rss" or any(key.startswith("xmlns") for key in attributes)
            found.append(name.rpartition(":")[2].lower() if says_so else "")

    start = text.lstrip("\ufeff \t\r\n\f")
    if start.startswith("<"):
        parser = expat.ParserCreate()
        parser.StartElementHandler = seen
        with suppress(expat.ExpatError):
            parser.Parse(start[:HEAD].encode("utf-8", "ignore"))
    return found[0] if found else ""

"""What a file is, by its content; its name and the server's word for it are not asked."""

from __future__ import annotations

import re
import zipfile
from typing import IO

from fermata.domain.kind import UnitError

HEAD = 65_536
"""Bytes from the start that detection looks at."""

_REFUSED = (
    (b"MZ", "a Windows program"),
    (b"\x7fELF", "a program"),
    (b"\xcf\xfa\xed\xfe", "a program"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"\x00asm", "a program"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"RIFF", "an image, sound or film"),
    (b"II*\x00", "an image"),
    (b"MM\x00*", "an image"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a rar archive"),
    (b"ID3", "a sound"),
    (b"OggS", "a sound or film"),
    (b"SQLite format 3", "a database"),
    (b"{\\rtf", "an RTF document"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_UNICODE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_BINARY = bytes(set(range(32)) - set(b"\t\n\r\f\x1b"))
_HTML = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*+"
    r"<(?:!doctype\s+html|(?:html|head|body|title|meta|main|article|section|div|p|h[1-6]|table|ul|ol|span|a)\b)",
    re.IGNORECASE | re.DOTALL,
)
_MARKDOWN = (
    re.compile(r"^#{1,6} \S", re.MULTILINE),
    re.compile(r"^\S.*\n(?:={3,}|-{3,})\s*$", re.MULTILINE),
    re.compile(r"\[[^\[\]\n]{1,300}\]\([^()\n]{1,2000}\)"),
    re.compile(r"^(?:```|~~~)", re.MULTILINE),
    re.compile(r"^ {0,3}(?:[-*+]|\d+\.) \S", re.MULTILINE),
    re.compile(r"(?:\*\*|__)\S.{0,200}?\S(?:\*\*|__)"),
)


def binary_format(head: bytes, stream: IO[bytes]) -> str | None:
    """``pdf`` or ``docx``, None for text of some sort; raises UnitError for what can't be read."""
    if not head.strip():
        raise UnitError("the file is empty")
    if b"%PDF-" in head[:1024] and not head.lstrip().startswith(b"<"):
        return "pdf"
    if head.startswith(b"PK\x03\x04") or head.startswith(b"PK\x05\x06"):
        return _zip_format(stream)
    if head.startswith(_OLE):
        raise UnitError(_ole_reason(head, stream))
    for signature, what in _REFUSED:
        if head.startswith(signature) and (what != "a Windows program" or not _is_text(head)):
            raise UnitError(f"the file is {what}, not a document that can be read")
    if not _is_text(head):
        raise UnitError("the file is binary data of an unknown format")
    return None


def text_format(text: str) -> str:
    """``html``, ``markdown`` or ``text``."""
    if _HTML.match(text):
        return "html"
    sample = text[:20_000]
    signs = [bool(pattern.search(sample)) for pattern in _MARKDOWN]
    return "markdown" if signs[0] or sum(signs) > 1 else "text"


def _is_text(head: bytes) -> bool:
    if head.startswith(_UNICODE_MARKS):
        return True
    controls = len(head) - len(head.translate(None, _BINARY))
    return b"\0" not in head and controls * 100 <= len(head)


def _zip_format(stream: IO[bytes]) -> str:
    try:
        with zipfile.ZipFile(stream) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        raise UnitError("the file is a damaged DOCX document or ZIP archive") from None
    if "word/document.xml" in names:
        return "docx"
    other = next((what for name, what in _OTHER_ZIPS.items() if name in names), "a ZIP archive")
    raise UnitError(f"the file is {other}, not a document that can be read")


_OTHER_ZIPS = {
    "xl/workbook.xml": "an Excel workbook",
    "ppt/presentation.xml": "a PowerPoint presentation",
    "META-INF/container.xml": "an EPUB book",
    "content.xml": "an OpenDocument file",
    "META-INF/MANIFEST.MF": "a program",
}


def _ole_reason(head: bytes, stream: IO[bytes]) -> str:
    stream.seek(0)
    name = "EncryptedPackage".encode("utf-16-le")
    if name in head or name in stream.read(4 * 1024 * 1024):
        return "the file is encrypted with a password"
    return "the file is a document of an old Office format, which is not read; save it as DOCX or PDF"

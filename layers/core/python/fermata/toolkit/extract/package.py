"""Packages of Office Open XML: a ZIP archive whose parts are found by relationships, within bounds on what they unpack to."""

from __future__ import annotations

import posixpath
import zipfile
from typing import IO

from defusedxml.ElementTree import iterparse  # type: ignore[import-untyped]

from fermata.domain.kind import UnitError

MAX_ENTRIES = 10_000
MAX_PART = 64 * 1024 * 1024
MAX_RATIO = 300
_SMALL = 1024 * 1024

_MAIN = "/officeDocument"
_WORD = ("wordprocessingml.document", "wordprocessingml.template", "ms-word.document.macroEnabled", "ms-word.template")


def main_part(archive: zipfile.ZipFile) -> str:
    """The part that is the document of a Word file, whatever it is called; empty for another package."""
    names = frozenset(archive.namelist())
    if len(names) > MAX_ENTRIES:
        raise UnitError("the DOCX has too many parts")
    for name in (*related(archive, "", _MAIN), "word/document.xml"):
        if name in names and _is_word(archive, name):
            return name
    return ""


def related(archive: zipfile.ZipFile, part: str, kind: str) -> list[str]:
    """The parts that ``part`` is related to as ``kind``, the end of the relationship's name; the package itself for no part."""
    folder, _, name = part.rpartition("/")
    relationships = f"{folder}/_rels/{name}.rels".lstrip("/")
    if relationships not in archive.namelist():
        return []
    with opened(archive, relationships) as stream:
        found = [dict(element.attrib) for _, element in iterparse(stream, forbid_dtd=True)]
    return [
        posixpath.normpath(posixpath.join("/" + folder, entry["Target"])).lstrip("/")
        for entry in found
        if entry.get("Type", "").endswith(kind) and entry.get("TargetMode") != "External" and "Target" in entry
    ]


def opened(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    """A part, unless it is encrypted or unpacks to too much. Raises UnitError."""
    entry = archive.getinfo(name)
    if entry.flag_bits & 1:
        raise UnitError("the DOCX is encrypted with a password")
    # zipfile gives no more bytes than the size that the entry declares, so the declared size is a bound that holds.
    if entry.file_size > MAX_PART or entry.file_size > max(_SMALL, entry.compress_size * MAX_RATIO):
        raise UnitError("the DOCX unpacks to more data than is allowed")
    return archive.open(entry)


def _is_word(archive: zipfile.ZipFile, name: str) -> bool:
    """By the type of the part; where types are missing, the usual name says enough."""
    if "[Content_Types].xml" not in archive.namelist():
        return name == "word/document.xml"
    with opened(archive, "[Content_Types].xml") as stream:
        types = {
            element.get("PartName", "").lstrip("/"): element.get("ContentType", "")
            for _, element in iterparse(stream, forbid_dtd=True)
        }
    kind = types.get(name, "")
    return any(word in kind for word in _WORD) or (not kind and name.startswith("word/"))

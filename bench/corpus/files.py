"""Which files are read: test data that installed packages bring along, and those of a folder that one names."""

from __future__ import annotations

import codecs
import hashlib
import json
import site
import sysconfig
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SUFFIXES: Mapping[str, tuple[str, ...]] = {
    "pdf": (".pdf",),
    "docx": (".docx", ".docm", ".dotx"),
    "markdown": (".md", ".markdown"),
}
"""Formats whose readers are compared by what they agree on."""

MOST = 1_200
"""Files of a format: with all readers of all formats that is some ten minutes on two cores."""

SIGNS: Mapping[str, str] = {
    **{"comma": ",", "semicolon": ";", "tab": "\t", "vbar": "|", "colon": ":", "space": " ", "doublequote": '"'},
    **{"singlequote": "'", "quotemark": "'", "backslash": "\\", "slash": "/", "": ""},
}
"""What annotations of dialects call the characters."""

LARGEST = 20 * 1024 * 1024
CHARSETS = ("txt", "html", "xml", "srt")
"""Suffixes of the texts in a folder that is named after their charset."""


@dataclass(frozen=True)
class GoldPage:
    """A page of which people have said what has to be in its text, and what must not."""

    path: Path
    url: str
    wanted: tuple[str, ...]
    unwanted: tuple[str, ...]


def roots(folder: Path | None) -> list[Path]:
    """Where files are looked for."""
    installed = [Path(path) for path in site.getsitepackages()] + [Path(sysconfig.get_path("stdlib"))]
    return [*([folder] if folder else []), *installed]


def by_format(places: Iterable[Path]) -> dict[str, list[Path]]:
    """The files of each format, each content once."""
    found: dict[str, list[Path]] = {name: [] for name in SUFFIXES}
    seen: set[str] = set()
    for path in _walked(places):
        name = next((name for name, suffixes in SUFFIXES.items() if path.suffix.lower() in suffixes), None)
        if name and len(found[name]) < MOST and _is_new(path, seen):
            found[name].append(path)
    return found


def of_charsets(places: Iterable[Path]) -> list[tuple[Path, str]]:
    """Texts that lie in a folder with the name of their charset, and Python's name of it."""
    found = []
    for path in _walked(places):
        name = _codec(path.parent.name) if path.suffix[1:].lower() in CHARSETS else ""
        if name and name not in ("ascii", "utf-8"):
            found.append((path, name))
    return found[:MOST]


def gold_pages(places: Iterable[Path]) -> list[GoldPage]:
    """Those of trafilatura's evaluation set, where one of the places has it: ``evaldata.json``, and beside it the pages."""
    for index in (path for place in places for path in sorted(place.rglob("evaldata.json"))):
        entries = json.loads(index.read_text(encoding="utf-8"))
        pages = [_gold_page(index.parent, url, entry) for url, entry in sorted(entries.items())]
        return [page for page in pages if page is not None]
    return []


@dataclass(frozen=True)
class AnnotatedTable:
    """A table of which somebody has said how its cells are set apart; empty: by nothing, or nothing stands around them."""

    path: Path
    delimiter: str
    quote: str
    escape: str


def annotated_tables(places: Iterable[Path]) -> list[AnnotatedTable]:
    """Those of lists ``*annotation*.txt`` with ``file_name|encoding|fields_delimiter|quotechar|escapechar|…``, as CSVsniffer has
    them. The files lie in whichever folder beside the list's has most of them; each content once."""
    found: dict[str, AnnotatedTable] = {}
    for index in (path for place in places for path in sorted(place.rglob("*[aA]nnotation*.txt"))):
        rows = [line.split("|") for line in index.read_text(encoding="utf-8", errors="replace").splitlines()]
        rows = [row for row in rows if len(row) >= 5 and row[0] != "file_name"]
        folders = [folder for folder in sorted(index.parent.parent.iterdir()) if folder.is_dir()]
        folder = max(folders, key=lambda folder: sum((folder / row[0]).is_file() for row in rows), default=index.parent)
        for name, _, *signs in rows:
            path = folder / name
            if path.is_file() and 0 < path.stat().st_size <= LARGEST and all(sign in SIGNS for sign in signs[:3]):
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
                found.setdefault(digest, AnnotatedTable(path, *(SIGNS[sign] for sign in signs[:3])))
    return list(found.values())


def _gold_page(folder: Path, url: str, entry: Mapping[str, Sequence[str]]) -> GoldPage | None:
    paths = (folder / name / str(entry["file"]) for name in ("cache", "eval"))
    path = next((path for path in paths if path.is_file()), None)
    return GoldPage(path, url, tuple(entry["with"]), tuple(entry["without"])) if path else None


def _walked(places: Iterable[Path]) -> Iterator[Path]:
    for place in places:
        for path in sorted(place.rglob("*")):
            if path.suffix and path.is_file() and 0 < path.stat().st_size <= LARGEST:
                yield path


def _is_new(path: Path, seen: set[str]) -> bool:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    new = digest not in seen
    seen.add(digest)
    return new


def _codec(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        return ""

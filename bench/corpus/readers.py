"""Fermata's readers and their peers: each takes a file's path and gives its text. What one needs is imported when it reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import unescape
from pathlib import Path

from bench.corpus import csv_readers

Reader = Callable[[Path], str]
PAGES = 3
"""Pages of a PDF that are read."""

OWN = "fermata"


def own_html(path: Path) -> str:
    from fermata.toolkit.extract.texts import read_text_file

    return "\n".join(text for _, text in read_text_file(path.read_bytes(), "text/html").blocks)


def trafilatura(path: Path) -> str:
    from trafilatura import extract

    return extract(path.read_bytes(), include_comments=False) or ""


def resiliparse(path: Path) -> str:
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.encoding import bytes_to_str, detect_encoding

    data = path.read_bytes()
    return extract_plain_text(bytes_to_str(data, detect_encoding(data)), main_content=True)


def readability(path: Path) -> str:
    from lxml.html import document_fromstring
    from readability import Document

    return str(document_fromstring(Document(path.read_bytes().decode("utf-8", "replace")).summary()).text_content())


def whole_page(path: Path) -> str:
    from lxml.etree import strip_elements
    from lxml.html import HTMLParser, document_fromstring

    tree = document_fromstring(path.read_bytes(), parser=HTMLParser(encoding="utf-8", remove_comments=True))
    strip_elements(tree, "script", "style", "noscript", "svg", with_tail=False)
    return "\n".join(tree.itertext())


def own_pdf(path: Path) -> str:
    from fermata.toolkit.extract.reader import read_here

    return read_here(path, PAGES).text


def pypdf(path: Path) -> str:
    from pypdf import PdfReader

    return "\n".join(page.extract_text() for page in PdfReader(path).pages[:PAGES])


def pdfminer(path: Path) -> str:
    from pdfminer.high_level import extract_text

    return extract_text(path, maxpages=PAGES)


def own_whole(path: Path) -> str:
    from fermata.toolkit.extract.sections import outline_here

    sections = outline_here(path).sections
    return "\n".join("\n".join((*section.path[-1:], section.text)) for section in sections)


def own_markdown(path: Path) -> str:
    from fermata.toolkit.extract.texts import read_text_file

    return "\n".join(text for _, text in read_text_file(path.read_bytes(), "text/markdown").blocks)


def python_docx(path: Path) -> str:
    from docx import Document

    document = Document(str(path))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def docx2python(path: Path) -> str:
    from docx2python import docx2python as opened

    with opened(path) as document:
        return str(document.text)


def mistune(path: Path) -> str:
    import mistune as library

    return _of_html(str(library.create_markdown(plugins=["table", "strikethrough"])(_text(path))))


def cmarkgfm(path: Path) -> str:
    from cmarkgfm import github_flavored_markdown_to_html

    return _of_html(github_flavored_markdown_to_html(_text(path)))


def own_charset(path: Path) -> str:
    from fermata.toolkit.extract.charset import declarations, decode

    data = path.read_bytes()
    return decode(data, tuple(declarations(data)))[0]


def charset_normalizer(path: Path) -> str:
    from charset_normalizer import from_bytes

    return str(from_bytes(path.read_bytes()).best() or "")


def resiliparse_charset(path: Path) -> str:
    from resiliparse.parse.encoding import bytes_to_str, detect_encoding

    data = path.read_bytes()
    return bytes_to_str(data, detect_encoding(data))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _of_html(html: str) -> str:
    from lxml.html import fragment_fromstring

    return unescape(str(fragment_fromstring(html, create_parent="div").text_content())) if html.strip() else ""


READERS: Mapping[str, Mapping[str, Reader]] = {
    "html": {
        OWN: own_html,
        "trafilatura": trafilatura,
        "resiliparse": resiliparse,
        "readability-lxml": readability,
        "the whole page": whole_page,
    },
    "pdf": {OWN: own_pdf, "pypdf": pypdf, "pdfminer.six": pdfminer},
    "docx": {OWN: own_whole, "python-docx": python_docx, "docx2python": docx2python},
    "markdown": {OWN: own_markdown, "mistune": mistune, "cmarkgfm": cmarkgfm},
    "dialect": {OWN: csv_readers.own_dialect, **csv_readers.DIALECTS},
    "types": {OWN: csv_readers.own_types, "DuckDB": csv_readers.duckdb_types},
    "charset": {OWN: own_charset, "charset-normalizer": charset_normalizer, "resiliparse": resiliparse_charset},
}
"""Format → reader's name → reader."""

"""Files made for one test each: PDFs byte by byte, DOCX part by part."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from document_fixtures import pdf_bytes


@pytest.fixture
def make_pdf(tmp_path: Path) -> Callable[..., Path]:
    """A PDF whose pages have these texts, or these packed content streams."""

    def make(*texts: str, packed: tuple[bytes, ...] = ()) -> Path:
        streams = packed or tuple(f"BT /F 12 Tf 20 200 Td ({text}) Tj ET".encode() for text in texts)
        path = tmp_path / "made.pdf"
        path.write_bytes(pdf_bytes(*streams, packed=bool(packed)))
        return path

    return make


@pytest.fixture
def make_docx(tmp_path: Path) -> Callable[..., Path]:
    """A DOCX with this XML in its body, and other parts by name."""

    def make(body: str, prolog: str = "", **parts: bytes) -> Path:
        space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
        path = tmp_path / "made.docx"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(
                "word/document.xml", f'{prolog}<w:document xmlns:w="{space}"><w:body>{body}</w:body></w:document>'
            )
            for name, data in parts.items():
                archive.writestr(name, data)
        return path

    return make


SPACES = {
    False: (
        "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    ),
    True: (
        "http://purl.oclc.org/ooxml/wordprocessingml/main",
        "http://purl.oclc.org/ooxml/officeDocument/relationships",
    ),
}
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
MAIN_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"


@pytest.fixture
def make_package(tmp_path: Path) -> Callable[..., Path]:
    """A DOCX with all that the standard asks for; ``related``: other parts by the kind of their relationship, its id too."""

    def make(
        body: str,
        related: dict[str, tuple[str, str]] | None = None,
        *,
        strict: bool = False,
        main: str = "word/document.xml",
    ) -> Path:
        words, relations = SPACES[strict]
        folder, _, name = main.rpartition("/")

        def relationships(entries: dict[str, str]) -> str:
            listed = "".join(
                f"<Relationship Id='{kind}' Type='{relations}/{kind}' Target='{to}'/>" for kind, to in entries.items()
            )
            return f"<Relationships xmlns='{PACKAGE}/relationships'>{listed}</Relationships>"

        path = tmp_path / "package.docx"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(
                "[Content_Types].xml",
                f"<Types xmlns='{PACKAGE}/content-types'><Override PartName='/{main}' ContentType='{MAIN_TYPE}'/></Types>",
            )
            archive.writestr("_rels/.rels", relationships({"officeDocument": main}))
            archive.writestr(
                f"{folder}/_rels/{name}.rels",
                relationships({kind: part for kind, (part, _) in (related or {}).items()}),
            )
            archive.writestr(
                main, f"<w:document xmlns:w='{words}' xmlns:r='{relations}'><w:body>{body}</w:body></w:document>"
            )
            for part, xml in (related or {}).values():
                archive.writestr(f"{folder}/{part}", xml.replace("'NS'", f"'{words}'"))
        return path

    return make


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Small files with what has to be read in them."""
    return Path(__file__).parents[2] / "corpus"

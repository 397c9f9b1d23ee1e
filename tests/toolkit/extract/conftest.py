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


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Small files with what has to be read in them."""
    return Path(__file__).parents[2] / "corpus"

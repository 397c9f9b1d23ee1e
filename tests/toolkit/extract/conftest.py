"""Files made for one test each: PDFs byte by byte, DOCX part by part."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest


def pdf_bytes(*streams: bytes, packed: bool = False) -> bytes:
    """A PDF of one page per content stream; ``packed``: the streams are compressed already."""
    count = len(streams)
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(count))
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, stream in enumerate(streams):
        data = stream if packed else zlib.compress(stream)
        parts.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Resources << /Font << /F 3 0 R >> >>"
            + f" /Contents {5 + 2 * number} 0 R >>".encode()
        )
        parts.append(f"<< /Length {len(data)} /Filter /FlateDecode >>\nstream\n".encode() + data + b"\nendstream")
    out, offsets = io.BytesIO(b"%PDF-1.4\n"), []
    out.seek(0, io.SEEK_END)
    for number, part in enumerate(parts, 1):
        offsets.append(out.tell())
        out.write(f"{number} 0 obj\n".encode() + part + b"\nendobj\n")
    start = out.tell()
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    out.write(f"xref\n0 {len(parts) + 1}\n0000000000 65535 f \n{table}".encode())
    out.write(f"trailer << /Size {len(parts) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode())
    return out.getvalue()


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

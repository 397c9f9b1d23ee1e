"""PDFs made byte by byte."""

from __future__ import annotations

import io
import zlib

HELVETICA = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
NAMELESS = (
    b"<< /Type /Font /Subtype /Type0 /BaseFont /Made /Encoding /Identity-H /DescendantFonts [<< /Type /Font /BaseFont /Made"
    b" /Subtype /CIDFontType2 /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>] >>"
)
"""A font whose signs have numbers and no characters."""


def pdf_bytes(*streams: bytes, packed: bool = False, font: bytes = HELVETICA, extra: bytes = b"") -> bytes:
    """A PDF of one page per content stream; ``packed``: the streams are compressed already; ``extra``: of each page's
    resources."""
    count = len(streams)
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(count))
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>".encode(),
        font,
    ]
    for number, stream in enumerate(streams):
        data = stream if packed else zlib.compress(stream)
        parts.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Resources << /Font << /F 3 0 R >> "
            + extra
            + f" >> /Contents {5 + 2 * number} 0 R >>".encode()
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

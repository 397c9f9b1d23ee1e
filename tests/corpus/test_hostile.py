"""Files that are made to harm their reader: each is read within bounds, or refused with a reason."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from document_fixtures import pdf_bytes
from fermata.domain.kind import UnitError
from fermata.toolkit import extract
from kind_fixtures import jobs, settings  # noqa: F401


@pytest.fixture(autouse=True, scope="module")
def ended() -> Iterator[None]:
    yield
    extract.close()


def packed(data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", data)
    return file.getvalue()


WORD = "<w:document xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'><w:body>{}</w:body></w:document>"
LAUGHS = "".join(f"<!ENTITY a{number} '{f'&a{number - 1};' * 10}'>" for number in range(1, 12))
YAML = "".join(
    f"{chr(name)}: &{chr(name)} [{','.join(f'*{chr(name - 1)}' for _ in range(9))}]\n" for name in range(98, 110)
)
PAGES = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[2 0 R 2 0 R]/Count 100000>>endobj\n"
END = b"trailer<</Root 1 0 R>>\n%%EOF"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (packed(bytes(80_000_000)), "unpacks to more data than is allowed"),
        (packed(WORD.format("<w:p><w:smartTag>" * 20_000).encode()), "the DOCX is damaged"),
        (packed(b"<!DOCTYPE d [<!ENTITY a 'text'>]>" + WORD.format("<w:p>&a;</w:p>").encode()), "the DOCX is damaged"),
        (PAGES + END, "the PDF is damaged"),
        (b"text " * 100 + bytes(100_000), "binary data"),
    ],
    ids=["zip bomb", "nesting", "entities", "pages in a circle", "zeros"],
)
def test_a_file_that_bloats_or_loops_is_refused_with_a_reason(tmp_path: Path, data: bytes, reason: str) -> None:
    (tmp_path / "file").write_bytes(data)
    with pytest.raises(UnitError, match=reason):
        extract.read(tmp_path / "file", 3)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (f"<?xml version='1.0'?><!DOCTYPE l [<!ENTITY a0 'lol'>{LAUGHS}]><l>text &a11;</l>", "text"),
        ("<?xml version='1.0'?><!DOCTYPE l [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><l>text &x; end</l>", "text end"),
        ("<?xml version='1.0'?>" + "<a>" * 50_000 + "text" + "</a>" * 50_000, "text"),
        ("<html><body>" + "<b><i>" * 5_000 + "text of the page", "text of the page"),
        (f"---\na: &a [x]\n{YAML}title: *m\n---\n\n# text", "text"),
        ("x" * 3_000_000, "xxx"),
    ],
    ids=["entities in entities", "a file as entity", "deep XML", "deep HTML", "aliases in aliases", "one line"],
)
def test_a_text_that_unfolds_is_read_within_bounds(tmp_path: Path, text: str, read: str) -> None:
    (tmp_path / "file").write_text(text)
    content = extract.read(tmp_path / "file", 3)
    assert content.text.startswith(read) and "root:" not in content.text and len(content.text) < 20_000


def test_a_page_that_draws_the_same_without_end_takes_no_more_than_is_allowed(tmp_path: Path) -> None:
    packer = zlib.compressobj(9)
    drawn = (
        b"".join(packer.compress(b"BT /F 12 Tf 20 200 Td (text) Tj ET " * 100_000) for _ in range(40)) + packer.flush()
    )
    (tmp_path / "file").write_bytes(pdf_bytes(drawn, packed=True))
    with pytest.raises(UnitError, match=r"crashes its reader|more memory|longer than"):
        extract.read(tmp_path / "file", 1)


def test_a_table_of_twenty_thousand_columns_is_refused_by_their_number(jobs: Any) -> None:  # noqa: F811
    names = ",".join(f"c{number}" for number in range(20_000))
    job = jobs.job(jobs.run("csv_import", {"input.csv": f"{names}\n{names}\n".encode()}))
    assert job.status == "failed" and "columns" in job.error

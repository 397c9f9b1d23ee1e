from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fermata.domain.kind import UnitError
from fermata.toolkit.extract.reader import read_here

MakeDocx = Callable[..., Path]
BREAK = '<w:p><w:r><w:br w:type="page"/></w:r></w:p>'


def paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def refusal(path: Path) -> str:
    with pytest.raises(UnitError) as error:
        read_here(path, 3)
    return str(error.value)


def test_pages_end_at_page_breaks(make_docx: MakeDocx) -> None:
    body = paragraph("one") + BREAK + paragraph("two") + BREAK + paragraph("three")
    assert read_here(make_docx(body), 2).pages == ("one", "two")


def test_without_breaks_a_page_is_so_many_characters(make_docx: MakeDocx) -> None:
    content = read_here(make_docx(paragraph("word " * 200) * 20), 3)
    assert len(content.pages) == 3
    assert all(len(page) > 3_000 for page in content.pages)


def test_text_written_twice_for_older_programs_is_read_once(make_docx: MakeDocx) -> None:
    box = (
        '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        f"<mc:Choice>{paragraph('box')}</mc:Choice><mc:Fallback>{paragraph('box')}</mc:Fallback></mc:AlternateContent>"
    )
    content = read_here(make_docx(f"<w:p><w:r>{box}<w:t>beside</w:t></w:r></w:p>"), 1)
    assert content.text.split() == ["box", "beside"]


def test_a_real_docx_gives_its_title_and_text(samples: Path) -> None:
    content = read_here(samples / "town-archive.docx", 2)
    assert content.title == "Digitising a Town Archive: Project Plan"
    assert len(content.pages) == 2
    assert "barcode" in content.pages[1]


def test_a_zip_bomb_is_refused(make_docx: MakeDocx) -> None:
    assert "more data than is allowed" in refusal(make_docx(paragraph("x" * 30_000_000)))


def test_entities_are_refused(make_docx: MakeDocx) -> None:
    prolog = '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>'
    assert "damaged" in refusal(make_docx(paragraph("&b;"), prolog))


def test_a_truncated_docx_is_refused(samples: Path, tmp_path: Path) -> None:
    whole = (samples / "beekeeping.docx").read_bytes()
    (tmp_path / "cut.docx").write_bytes(whole[: len(whole) // 2])
    assert refusal(tmp_path / "cut.docx") == "the file is a damaged DOCX document or ZIP archive"


def test_a_docx_whose_bytes_were_changed_is_refused(samples: Path, tmp_path: Path) -> None:
    whole = bytearray((samples / "beekeeping.docx").read_bytes())
    at = whole.index(b"word/document.xml") + 200
    whole[at : at + 50] = bytes(50)
    (tmp_path / "changed.docx").write_bytes(whole)
    assert "damaged" in refusal(tmp_path / "changed.docx")


def test_an_empty_docx_says_so(make_docx: MakeDocx) -> None:
    assert refusal(make_docx("")) == "the DOCX has no text in it"

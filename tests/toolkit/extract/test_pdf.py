from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from document_fixtures import NAMELESS, pdf_bytes
from fermata.domain.kind import UnitError
from fermata.toolkit.extract.pdf import KeptPdf, pages_without_text
from fermata.toolkit.extract.reader import read_here
from fermata.toolkit.extract.sections import page_here

MakePdf = Callable[..., Path]


def refusal(path: Path, pages: int = 3) -> str:
    with pytest.raises(UnitError) as error:
        read_here(path, pages)
    return str(error.value)


def test_only_the_first_pages_are_read(make_pdf: MakePdf) -> None:
    content = read_here(make_pdf("one", "two", "three"), 2)
    assert (content.format, content.pages) == ("pdf", ("one", "two"))


def test_a_real_pdf_gives_its_title_and_text(samples: Path) -> None:
    content = read_here(samples / "lighthouses.pdf", 3)
    assert content.title.startswith("Keeping the Light")
    assert "Fresnel lens" in content.pages[0]
    assert len(content.pages) == 3


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_pdf_is_refused_or_read_as_far_as_it_is_whole(samples: Path, tmp_path: Path, share: float) -> None:
    whole = (samples / "lighthouses.pdf").read_bytes()
    path = tmp_path / "cut.pdf"
    path.write_bytes(whole[: int(len(whole) * share)])
    assert "PDF" in refusal(path)


def test_an_encrypted_pdf_is_refused(corpus: Path) -> None:
    assert refusal(corpus / "pdf" / "password.pdf") == "the PDF is encrypted with a password"


def test_a_pdf_that_anyone_may_open_is_read_though_encrypted(corpus: Path) -> None:
    assert read_here(corpus / "pdf" / "owner-password.pdf", 1).pages == ("open",)


def test_a_pdf_without_pages_is_refused(make_pdf: MakePdf) -> None:
    assert refusal(make_pdf()) == "the PDF is damaged or incomplete and can't be read"


def test_pages_without_anything_on_them_are_no_scan(make_pdf: MakePdf) -> None:
    assert refusal(make_pdf("", "")) == "the PDF has no text on its first 3 pages"


SCAN = pdf_bytes(
    b"q 300 0 0 300 0 0 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \x80 EI Q",
    b"BT /F 12 Tf 20 200 Td (text) Tj ET",
)


def test_a_scan_says_that_it_needs_ocr(tmp_path: Path) -> None:
    (tmp_path / "scan.pdf").write_bytes(SCAN)
    assert refusal(tmp_path / "scan.pdf", 1) == (
        "the PDF has no text on its first page, only images: it is a scan, and it takes OCR to read it"
    )
    assert read_here(tmp_path / "scan.pdf", 2).pages == ("", "text")
    assert [page_here(tmp_path / "scan.pdf", number).takes_ocr for number in (1, 2)] == [True, False]
    with (tmp_path / "scan.pdf").open("rb") as stream:
        assert pages_without_text(stream) == (2, [1])


def test_a_pdf_that_is_kept_open_is_another_once_its_file_is(tmp_path: Path) -> None:
    path, kept = tmp_path / "made.pdf", KeptPdf()
    for word in ("first", "second, longer"):
        path.write_bytes(pdf_bytes(*(b"BT /F 12 Tf 20 200 Td (%b) Tj ET" % text.encode() for text in (word, "end"))))
        assert [kept.page(path, number).text for number in (1, 2, 1)] == [word, "end", word]
    path.write_bytes(b"%PDF-1.7 and no more")
    with pytest.raises(UnitError, match="damaged"):
        kept.page(path, 1)
    kept.close()


GIBBERISH = (
    b"BT /F 12 Tf 20 200 Td <002B0048004F004F00520003005A00520055004F004700030044005100470003005000520055> Tj ET"
)


def test_fonts_that_name_no_characters_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "made.pdf").write_bytes(pdf_bytes(GIBBERISH, font=NAMELESS))
    assert "its fonts don't say which characters they show" in refusal(tmp_path / "made.pdf")
    page = page_here(tmp_path / "made.pdf", 1)
    assert (page.text, page.takes_ocr) == ("", True)


def test_the_same_fonts_with_a_map_of_characters_are_read(tmp_path: Path) -> None:
    text = b"BT /F 12 Tf 20 200 Td (A page in Helvetica, which names its characters.) Tj ET"
    (tmp_path / "made.pdf").write_bytes(pdf_bytes(text))
    assert read_here(tmp_path / "made.pdf", 1).text == "A page in Helvetica, which names its characters."


def test_letters_of_mathematics_are_letters(tmp_path: Path) -> None:
    cmap = (
        b"/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <0000> <FFFF> endcodespacerange 2 beginbfchar "
        b"<0001> <D835DC5D> <0002> <D835DC34> endbfchar endcmap end"
    )
    font = NAMELESS.removesuffix(b">>") + b" /ToUnicode 7 0 R >>"
    (tmp_path / "made.pdf").write_bytes(pdf_bytes(b"BT /F 12 Tf 20 200 Td <000100020001> Tj ET", cmap, font=font))
    assert read_here(tmp_path / "made.pdf", 1).text == "𝑝𝐴𝑝"


def lines(*texts: str) -> bytes:
    return b"BT /F 12 Tf 20 280 Td " + b" 0 -14 Td ".join(f"({text}) Tj".encode("latin-1") for text in texts) + b" ET"


@pytest.mark.parametrize(
    ("texts", "read"),
    [
        (("an exam-", "ple of it"), "an example of it"),
        (("ein Zuh\xf6-", "rer war da"), "ein Zuhörer war da"),
        (("a well-", "known well-known text"), "a well-known well-known text"),
        (("the Anglo-", "Saxon word"), "the Anglo-Saxon word"),
        (("pages 3-", "5 of it"), "pages 3-\n5 of it"),
    ],
)
def test_a_word_that_a_line_divides_is_whole_and_keeps_hyphens_of_its_own(
    tmp_path: Path, texts: tuple[str, ...], read: str
) -> None:
    (tmp_path / "made.pdf").write_bytes(pdf_bytes(lines(*texts)))
    assert read_here(tmp_path / "made.pdf", 1).text == read


def test_text_is_read_that_is_turned_or_stands_beyond_the_edge_of_the_page(tmp_path: Path) -> None:
    turned = b"BT /F 12 Tf 0 1 -1 0 150 20 Tm (turned upwards) Tj ET"
    beyond = b"BT /F 12 Tf -30 200 Td (a line that begins left of the page) Tj ET"
    (tmp_path / "made.pdf").write_bytes(pdf_bytes(turned, beyond))
    assert read_here(tmp_path / "made.pdf", 2).pages == ("turned upwards", "a line that begins left of the page")


def test_a_pdf_that_does_not_say_where_its_table_is_is_read_all_the_same(make_pdf: MakePdf) -> None:
    path = make_pdf("text")
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.index(b"startxref")])
    assert read_here(path, 1).text == "text"


def test_a_pdf_that_unpacks_to_much_harms_nothing(make_pdf: MakePdf) -> None:
    packer = zlib.compressobj(9)
    bomb = b"".join(packer.compress(bytes(10_000_000)) for _ in range(20)) + packer.flush()
    assert "the PDF" in refusal(make_pdf(packed=(bomb,)))


def test_a_pdf_of_nonsense_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "nonsense.pdf"
    path.write_bytes(b"%PDF-1.7\n" + bytes(range(256)) * 50)
    assert "damaged" in refusal(path)

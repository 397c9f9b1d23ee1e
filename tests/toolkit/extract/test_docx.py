from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fermata.domain.kind import UnitError
from fermata.toolkit.extract.reader import read_here
from fermata.toolkit.extract.sections import outline_here

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


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def text_of(path: Path) -> str:
    return read_here(path, 3).text


@pytest.mark.parametrize(
    ("body", "read"),
    [
        (
            f"<w:p>{run('A ')}<w:ins>{run('new ')}</w:ins><w:del><w:r><w:delText>old</w:delText></w:r></w:del></w:p>",
            "A new",
        ),
        (
            f"<w:p><w:moveFrom>{run('moved ')}</w:moveFrom>{run('B ')}<w:moveTo>{run('moved')}</w:moveTo></w:p>",
            "B moved",
        ),
        (f"<w:p>{run('seen')}{run(' unseen', '<w:vanish/>')}</w:p>", "seen"),
        (
            f"<w:p>{run('seen')}{run(' too', '<w:vanish w:val=&quot;0&quot;/>'.replace('&quot;', chr(34)))}</w:p>",
            "seen too",
        ),
        ("<w:p><w:r><w:t>well</w:t><w:noBreakHyphen/><w:t>known</w:t></w:r></w:p>", "well\u2011known"),
        ("<w:p><w:r><w:t>hy</w:t><w:softHyphen/><w:t>phen</w:t></w:r></w:p>", "hyphen"),
        (f"<w:sdt><w:sdtContent>{paragraph('in a control')}</w:sdtContent></w:sdt>", "in a control"),
        (f"<w:tbl><w:tr><w:tc>{paragraph('a')}</w:tc><w:tc>{paragraph('b')}</w:tc></w:tr></w:tbl>", "a b"),
        (
            f"<w:p><w:r><w:ruby><w:rt>{run('とうきょう')}</w:rt><w:rubyBase>{run('東京')}</w:rubyBase></w:ruby></w:r></w:p>",
            "東京",
        ),
    ],
)
def test_a_text_is_read_as_its_reader_sees_it(make_docx: MakeDocx, body: str, read: str) -> None:
    assert text_of(make_docx(body)) == read


NOTES = {
    "footnotes": "<w:footnotes xmlns:w='NS'><w:footnote w:id='2'>{}</w:footnote></w:footnotes>",
    "endnotes": "<w:endnotes xmlns:w='NS'><w:endnote w:id='2'>{}</w:endnote></w:endnotes>",
    "comments": "<w:comments xmlns:w='NS'><w:comment w:id='2' w:author='Ada'>{}</w:comment></w:comments>",
}


@pytest.mark.parametrize("kind", NOTES)
def test_notes_and_comments_stand_after_the_paragraph_that_refers_to_them(make_package: MakeDocx, kind: str) -> None:
    reference = f"<w:r><w:{kind.removesuffix('s')}Reference w:id='2'/></w:r>"
    path = make_package(
        f"<w:p>{run('before ')}{reference}{run('after')}</w:p>" + paragraph("next"),
        related={kind: (f"{kind}.xml", NOTES[kind].format(paragraph("the note")))},
    )
    assert text_of(path) == "before after\nthe note\nnext"


def test_headers_and_footers_are_read_once(make_package: MakeDocx) -> None:
    header = f"<w:hdr xmlns:w='NS'>{paragraph('head')}</w:hdr>"
    footer = f"<w:ftr xmlns:w='NS'>{paragraph('foot')}</w:ftr>"
    related = {"header": ("h.xml", header), "footer": ("f.xml", footer)}
    assert text_of(make_package(paragraph("body"), related=related)) == "head\nbody\nfoot"


def test_a_part_in_another_format_is_read_at_its_place(make_package: MakeDocx) -> None:
    path = make_package(
        paragraph("before") + "<w:altChunk r:id='aFChunk'/>" + paragraph("after"),
        related={"aFChunk": ("chunk.htm", "<html><body><p>from <b>HTML</b></p></body></html>")},
    )
    assert text_of(path) == "before\nfrom HTML\nafter"


SAVED = (
    "MIME-Version: 1.0\nContent-Type: text/html; charset='utf-8'\n\n<html><body><p>from a saved page</p></body></html>"
)


@pytest.mark.parametrize(
    ("name", "data", "read"),
    [
        ("page.mht", SAVED.replace("'", '"'), "\nfrom a saved page"),
        ("text.txt", "as it is", "\nas it is"),
        ("old.rtf", r"{\rtf1\ansi\deff0 no text}", ""),
    ],
)
def test_a_part_is_read_where_there_is_a_reader_for_it(make_package: MakeDocx, name: str, data: str, read: str) -> None:
    body = paragraph("before") + "<w:altChunk r:id='aFChunk'/>"
    assert text_of(make_package(body, related={"aFChunk": (name, data)})) == f"before{read}"


def test_what_a_style_hides_is_not_read_unless_it_shows_itself(make_package: MakeDocx) -> None:
    style = "<w:style w:type='character' w:styleId='{}'><w:name w:val='{}'/>{}</w:style>"
    hidden = style.format("Hidden", "Hidden", "<w:rPr><w:vanish/></w:rPr>")
    child = style.format("Child", "Child", "<w:basedOn w:val='Hidden'/>")
    runs = (
        run("seen")
        + run(" not", "<w:rStyle w:val='Child'/>")
        + run(" too", "<w:rStyle w:val='Child'/><w:vanish w:val='0'/>")
    )
    styles = f"<w:styles xmlns:w='NS'>{hidden}{child}</w:styles>"
    assert text_of(make_package(f"<w:p>{runs}</w:p>", related={"styles": ("styles.xml", styles)})) == "seen too"


def test_a_formula_is_read_at_its_place(make_docx: MakeDocx) -> None:
    space = "http://schemas.openxmlformats.org/officeDocument/2006/math"
    formula = f"<m:oMathPara xmlns:m='{space}'><m:oMath><m:r><m:t>E=mc²</m:t></m:r></m:oMath></m:oMathPara>"
    assert text_of(make_docx(f"<w:p>{run('so ')}{formula}{run(' it is')}</w:p>")) == "so E=mc² it is"


def test_a_note_that_is_not_there_does_not_spoil_the_rest(make_package: MakeDocx) -> None:
    notes = NOTES["footnotes"].format(paragraph("another"))
    path = make_package(
        f"<w:p>{run('text')}<w:r><w:footnoteReference w:id='7'/></w:r></w:p>", related={"footnotes": ("f.xml", notes)}
    )
    assert text_of(path) == "text"


def test_a_strict_document_is_read(make_package: MakeDocx) -> None:
    assert text_of(make_package(paragraph("strict"), strict=True)) == "strict"


def test_the_document_is_found_by_relationship_whatever_it_is_called(make_package: MakeDocx) -> None:
    assert text_of(make_package(paragraph("here"), main="content/main2.xml")) == "here"


def test_a_heading_is_known_by_its_outline_level_and_by_its_style(make_package: MakeDocx) -> None:
    heading = "<w:style w:type='paragraph' w:styleId='berschrift1'><w:name w:val='heading 1'/></w:style>"
    own = (
        "<w:style w:type='paragraph' w:styleId='Kapitel'><w:name w:val='Kapitel'/>"
        "<w:pPr><w:outlineLvl w:val='1'/></w:pPr></w:style>"
    )
    styles = f"<w:styles xmlns:w='NS'>{heading}{own}</w:styles>"

    def styled(text: str, properties: str) -> str:
        return f"<w:p><w:pPr>{properties}</w:pPr>{run(text)}</w:p>"

    path = make_package(
        styled("One", "<w:pStyle w:val='berschrift1'/>")
        + styled("Two", "<w:pStyle w:val='Kapitel'/>")
        + styled("Three", "<w:outlineLvl w:val='2'/>")
        + paragraph("text"),
        related={"styles": ("styles.xml", styles)},
    )
    assert [section.path for section in outline_here(path).sections] == [("One", "Two", "Three")]


def test_a_long_document_is_read_to_its_end(make_docx: MakeDocx) -> None:
    found = outline_here(
        make_docx("".join(paragraph(f"Paragraph {number} " + "word " * 20) for number in range(12_000)))
    )
    assert "Paragraph 11999" in found.sections[-1].text

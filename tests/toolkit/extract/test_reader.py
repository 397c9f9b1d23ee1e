from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest
from fermata.domain.kind import UnitError
from fermata.toolkit.extract.content import MAX_CHARACTERS, PAGE
from fermata.toolkit.extract.reader import read_here


def written(tmp_path: Path, data: bytes, name: str = "file") -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("data", [b"", b"   \n\t  "])
def test_an_empty_file_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(UnitError, match="the file is empty"):
        read_here(written(tmp_path, data), 3)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\x7fELF\x02\x01\x01" + bytes(100), "another format .ELF"),
        (b"MZ\x90\x00" + bytes(100), "another format"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "an image"),
        (b"\x1f\x8b\x08" + bytes(100), "GZIP"),
        (b"{\\rtf1 text}", "RTF file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "an old Office format"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "encrypted with a password"),
        (bytes(range(256)) * 20, "binary data"),
        (b"text and then\x00\x01\x02", "binary data"),
    ],
)
def test_what_is_no_document_is_refused_by_what_it_is(tmp_path: Path, data: bytes, what: str) -> None:
    with pytest.raises(UnitError, match=what):
        read_here(written(tmp_path, data, "innocent.txt"), 3)


@pytest.mark.parametrize(("part", "what"), [("xl/workbook.xml", "an Excel workbook"), ("a.txt", "a ZIP archive")])
def test_other_archives_are_refused_by_name(tmp_path: Path, part: str, what: str) -> None:
    with zipfile.ZipFile(tmp_path / "made.docx", "w") as archive:
        archive.writestr(part, "x")
    with pytest.raises(UnitError, match=what):
        read_here(tmp_path / "made.docx", 3)


@pytest.mark.parametrize(
    ("sample", "lie", "format"),
    [
        ("coffee-roasting.html", "a.pdf", "html"),
        ("lighthouses.pdf", "a.txt", "pdf"),
        ("beekeeping.docx", "a.html", "docx"),
    ],
)
def test_a_file_that_lies_about_its_type_is_read_as_what_it_is(
    samples: Path, tmp_path: Path, sample: str, lie: str, format: str
) -> None:
    shutil.copy(samples / sample, tmp_path / lie)
    assert read_here(tmp_path / lie, 1).format == format


def test_words_that_begin_like_a_program_are_text(tmp_path: Path) -> None:
    assert read_here(written(tmp_path, b"MZ is an abbreviation."), 1).format == "text"


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_text_is_read_in_any_usual_charset(tmp_path: Path, charset: str) -> None:
    text = "Zürich und Genf liegen an Seen; für Gäste führen Züge über die Brücken. " * 5
    assert read_here(written(tmp_path, text.encode(charset)), 1).text == text.strip()


def test_a_long_text_is_cut_into_pages_at_words(tmp_path: Path) -> None:
    content = read_here(written(tmp_path, b"word " * 5_000), 3)
    assert len(content.pages) == 3
    assert all(len(page) <= PAGE and page.startswith("word") and page.endswith("word") for page in content.pages)


def test_a_text_that_is_one_endless_word_is_cut_too(tmp_path: Path) -> None:
    assert list(map(len, read_here(written(tmp_path, b"x" * 20_000), 2).pages)) == [PAGE, PAGE]


def test_markdown_loses_its_marks(samples: Path) -> None:
    content = read_here(samples / "observability.md", 1)
    assert (content.format, content.title) == ("markdown", "Observability for Small Teams")
    assert not any(mark in content.text for mark in ("**", "##", "```", "](", "*95th"))
    assert "service level objective such as" in content.text


def test_half_characters_never_come_out(tmp_path: Path) -> None:
    text = read_here(written(tmp_path, "a\ud800b\x07c ".encode("utf-8", "surrogatepass") + b"word " * 50), 1).text
    text.encode()
    assert "\x07" not in text


def test_a_huge_page_is_shortened(make_docx: object) -> None:
    path = make_docx(f"<w:p><w:r><w:t>{'abc ' * 100_000}</w:t></w:r></w:p>")  # type: ignore[operator]
    assert len(read_here(path, 1).text) <= MAX_CHARACTERS


@pytest.mark.parametrize("data", [b"<!-- -->" * 5_000 + b"x", b"# a\n" + b"[" * 200_000, b"# a\n" + b"![a" * 100_000])
def test_a_text_made_to_keep_its_reader_busy_is_read_all_the_same(tmp_path: Path, data: bytes) -> None:
    assert read_here(written(tmp_path, data), 1).pages

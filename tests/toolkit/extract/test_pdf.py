from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from fermata.domain.kind import UnitError
from fermata.toolkit.extract.reader import read_here
from pypdf import PdfReader, PdfWriter

MakePdf = Callable[..., Path]


def refusal(path: Path) -> str:
    with pytest.raises(UnitError) as error:
        read_here(path, 3)
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


def test_an_encrypted_pdf_is_refused(make_pdf: MakePdf) -> None:
    path = make_pdf("secret")
    writer = PdfWriter(clone_from=PdfReader(path))
    writer.encrypt("password", algorithm="AES-256")
    writer.write(path)
    assert refusal(path) == "the PDF is encrypted with a password"


def test_a_pdf_that_anyone_may_open_is_read_though_encrypted(make_pdf: MakePdf) -> None:
    path = make_pdf("open")
    writer = PdfWriter(clone_from=PdfReader(path))
    writer.encrypt("", owner_password="owner", algorithm="AES-128")
    writer.write(path)
    assert read_here(path, 1).pages == ("open",)


def test_a_pdf_without_pages_is_refused(make_pdf: MakePdf) -> None:
    assert refusal(make_pdf()) == "the PDF has no pages"


def test_a_scan_without_text_says_so(make_pdf: MakePdf) -> None:
    assert refusal(make_pdf("", "")) == "the PDF has no text on its first 3 pages; it may be a scan"


def test_a_pdf_that_unpacks_to_too_much_is_refused(make_pdf: MakePdf) -> None:
    packer = zlib.compressobj(9)
    bomb = b"".join(packer.compress(bytes(10_000_000)) for _ in range(20)) + packer.flush()
    assert "more data than is allowed" in refusal(make_pdf(packed=(bomb,)))


def test_a_pdf_of_nonsense_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "nonsense.pdf"
    path.write_bytes(b"%PDF-1.7\n" + bytes(range(256)) * 50)
    assert "damaged" in refusal(path)

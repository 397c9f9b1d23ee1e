from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from fermata.domain.kind import UnitError
from fermata.toolkit import ocr
from image_fixtures import drawn, encoded, scanned_pdf
from PIL import Image

TEXT = "The keeper lights\nthe lamp at dusk."


@pytest.fixture
def file(tmp_path: Path) -> Any:
    def write(data: bytes) -> Path:
        (tmp_path / "file").write_bytes(data)
        return tmp_path / "file"

    return write


def read(path: Path, number: int = 1, languages: tuple[str, ...] = ("eng",)) -> ocr.Recognised:
    return ocr.recognise(path, ocr.pages(path).format, number, languages)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF", "PPM"])
def test_images_of_all_formats_are_read(file: Any, format: str) -> None:
    path = file(encoded(drawn(TEXT).convert("RGB"), format))
    assert ocr.pages(path) == ocr.Pages(format.lower(), 1, (1,))
    assert read(path).text == TEXT


def test_lines_have_boxes_and_a_confidence(file: Any) -> None:
    found = read(file(encoded(drawn(TEXT))))
    assert [line.text for line in found.lines] == TEXT.split("\n")
    left, top, width, height = found.lines[0].box or (0, 0, 0, 0)
    assert (70 < left < 100, 70 < top < 110, 200 < width < 500, 15 < height < 60) == (True,) * 4
    assert 0.7 < (found.confidence or 0) <= 1 and (found.width, found.height) == (1240, 700)


def test_each_page_of_a_tiff_and_of_a_pdf_is_read(file: Any) -> None:
    pages = [drawn(text).convert("RGB") for text in ("First page.", "Second page.")]
    for data in (
        encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:]),
        scanned_pdf("First page.", "Second page."),
    ):
        path = file(data)
        assert ocr.pages(path).without_text == (1, 2)
        assert read(path, 2).text == "Second page."


@pytest.mark.parametrize("turned", [90, 180, 270])
def test_a_page_is_read_whichever_way_it_is_turned(file: Any, turned: int) -> None:
    text = (TEXT + "\n") * 3 + "Ships at sea see it from afar."
    image = drawn(text)
    found = read(file(encoded(image.rotate(turned, expand=True))))
    assert found.text == text
    assert found.turned in (0, turned)  # lines that run up or down the engine may read as they are


def test_a_page_that_lies_on_its_side_by_its_own_words_is_read_upright(file: Any) -> None:
    image = drawn(TEXT)
    facts = Image.Exif()
    facts[0x0112] = 6
    turned = image.transpose(Image.Transpose.ROTATE_90)
    assert read(file(encoded(turned, "JPEG", exif=facts, quality=95))).text == TEXT


@pytest.mark.parametrize("mode", ["1", "P", "RGBA", "LA", "CMYK", "I;16"])
def test_colours_and_transparency_are_no_matter(file: Any, mode: str) -> None:
    image = drawn(TEXT)
    if mode in ("RGBA", "LA"):
        image = Image.merge("LA", (image.point(lambda _: 0), image.point(lambda value: 255 - value))).convert(mode)
    elif mode == "I;16":
        image = image.convert("I").point(lambda value: value * 256).convert("I;16")
    else:
        image = image.convert(mode)
    assert read(file(encoded(image, "TIFF" if mode == "CMYK" else "PNG"))).text == TEXT


def test_a_page_without_a_letter_is_empty(file: Any) -> None:
    found = read(file(encoded(Image.new("L", (800, 800), 255))))
    assert (found.text, found.lines, found.confidence) == ("", (), None)


def png_header(width: int, height: int) -> bytes:
    """A PNG that says to be so large and has nothing more to it."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = b"IDAT" + zlib.compress(b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part))
        for part in (header, data, b"IEND")
    )


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the file is empty"),
        (b"hello, I am text", "no image that can be read"),
        (b"\x89PNG\r\n\x1a\n" + b"junk" * 50, "no image that can be read"),
        (png_header(20_000, 20_000), "the image has 20000 × 20000 pixels; 50 million are read at most"),
        (png_header(900, 900), "damaged or incomplete"),
        (b"%PDF-1.7 and nothing more", "the PDF is damaged or incomplete"),
    ],
)
def test_what_is_no_image_has_a_reason(file: Any, data: bytes, reason: str) -> None:
    with pytest.raises(UnitError, match=reason):
        read(file(data))


def test_a_real_image_of_400_million_pixels_is_refused_before_it_is_unpacked(file: Any) -> None:
    path = file(encoded(Image.new("1", (20_000, 20_000), 1)))
    with pytest.raises(UnitError, match="20000 × 20000"):
        read(path)


def test_half_an_image_has_a_reason(file: Any) -> None:
    data = encoded(drawn(TEXT))
    with pytest.raises(UnitError, match="damaged or incomplete"):
        read(file(data[: len(data) // 2]))


def test_a_language_without_a_model_is_named(file: Any) -> None:
    with pytest.raises(UnitError, match="no model here for the language 'xyz'; there are: deu, eng, jpn"):
        read(file(encoded(drawn(TEXT))), languages=("eng", "xyz"))


def test_several_languages_are_read_together(file: Any) -> None:
    assert read(file(encoded(drawn("Die Biene and the bee"))), languages=("deu", "eng")).text == "Die Biene and the bee"


def test_a_page_is_drawn_for_a_model_no_larger_than_it_takes(file: Any) -> None:
    path = file(encoded(drawn(TEXT).resize((3_000, 1_000))))
    jpeg = ocr.drawn(path, "png", 1)
    path.write_bytes(jpeg)
    with Image.open(path) as image:
        assert (image.format, max(image.size)) == ("JPEG", 2_000)

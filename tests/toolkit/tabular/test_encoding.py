from __future__ import annotations

import pytest
from fermata.domain.kind import JobError
from fermata.toolkit.tabular.encoding import Census, Encoding, codec_of, encoding_of

POLISH = "Imię;Miasto\nŁukasz;Łódź\nMałgorzata;Częstochowa\nŻaneta;Gdańsk\n"
RUSSIAN = "Имя;Город\nИван;Москва\nОльга;Санкт-Петербург\n"
JAPANESE = "名前,都市\n田中太郎,東京\n鈴木花子,大阪\n"
GERMAN = "Name;Straße;Größe\nMüller;Hauptstraße 5;groß\nJäger;Königsweg;klein\n"


def read(data: bytes, asked: str = "auto", content_type: str = "") -> tuple[str, str]:
    """The encoding and the text, however the bytes come."""
    found: set[tuple[str, str]] = set()
    for size in (1, 7, 100_000):
        pieces = [data[at : at + size] for at in range(0, len(data), size)]
        census = Census()
        assert b"".join(census.watched(pieces)) == data
        encoding = encoding_of(census, asked, content_type)
        text = data if encoding.plain else b"".join(encoding.recoded(pieces))
        found.add((encoding.name, text.decode("utf-8", "replace")))
    return found.pop() if len(found) == 1 else pytest.fail(f"the pieces matter: {found}")


@pytest.mark.parametrize(
    ("data", "asked", "content_type", "expected"),
    [
        ("é,東\n".encode(), "auto", "", "é,東\n"),
        ("é,東\n".encode("utf-8-sig"), "auto", "", "é,東\n"),
        ("é,東\n".encode("utf-16"), "auto", "", "é,東\n"),
        ("é,東\n".encode("utf-32"), "auto", "", "é,東\n"),
        ("name,age\nAnn,4\n".encode("utf-16-le"), "auto", "", "name,age\nAnn,4\n"),
        ("name,age\nAnn,4\n".encode("utf-16-be"), "auto", "", "name,age\nAnn,4\n"),
        ("name,age\nAnn,4\n".encode("utf-32-be"), "auto", "", "name,age\nAnn,4\n"),
        ("name,age\nЯна,4\n".encode("utf-32-le"), "auto", "", "name,age\nЯна,4\n"),
        ("é,東\n".encode("utf-16"), "utf-16", "", "é,東\n"),
        ("é,東\n".encode("utf-16-le"), "utf-16", "", "é,東\n"),
        ("é,東\n".encode("gb18030"), "gb18030", "", "é,東\n"),
        (GERMAN.encode("cp1252"), "auto", "", GERMAN),
        (POLISH.encode("cp1250"), "auto", "", POLISH),
        (POLISH.encode("iso-8859-2"), "auto", "", POLISH),
        (RUSSIAN.encode("cp1251"), "auto", "", RUSSIAN),
        (RUSSIAN.encode("koi8-r"), "auto", "", RUSSIAN),
        (JAPANESE.encode("shift_jis"), "auto", "", JAPANESE),
        ("Ąžuolas;1\n".encode("cp1257"), "auto", "text/csv; charset=windows-1257", "Ąžuolas;1\n"),
        ("“a”\n".encode("cp1252"), "auto", "text/csv; charset=ISO-8859-1", "“a”\n"),
        ("é\n".encode(), "auto", "text/csv; charset=iso-8859-1", "é\n"),
        ("é\n".encode("cp1252"), "auto", "text/csv; charset=utf-8", "é\n"),
        (b"a,b\r1,2\r", "auto", "", "a,b\n1,2\n"),
    ],
)  # fmt: skip
def test_characters_are_read_as_they_were_meant(data: bytes, asked: str, content_type: str, expected: str) -> None:
    assert read(data, asked, content_type)[1] == expected


def test_a_damaged_line_among_utf_8_does_not_change_the_rest() -> None:
    data = "é\n".encode() * 9 + "ü\n".encode("cp1252")
    assert read(data) == ("utf-8", "é\n" * 9 + "\ufffd\n")


def test_a_letter_that_is_cut_by_the_end_is_no_reason_for_another_encoding() -> None:
    census = Census()
    list(census.watched(["é".encode() * 10_000 + b"\n", "é".encode()]))
    assert encoding_of(census) == Encoding("utf-8")


@pytest.mark.parametrize("data", [b"\x00\x01\x02\x00", b"PK\x03\x04" + bytes(100)])
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(JobError, match="no text"):
        read(data)


def test_a_file_in_another_encoding_than_said_is_refused() -> None:
    with pytest.raises(JobError, match="not in utf-16"):
        read(b"\x00\xd8a", "utf-16")


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("cp1250", "cp1250"),
        ("windows-1251", "cp1251"),
        ("ISO-8859-2", "iso8859-2"),
        ("latin1", "iso8859-1"),
        ("Big5", "big5"),
    ],
)
def test_any_character_set_can_be_named(name: str, codec: str) -> None:
    assert codec_of(name) == codec


@pytest.mark.parametrize("name", ["ebcdic", "base64", "rot13", "unicode_escape", "idna", "utf-7", "zlib", "", "../x"])
def test_what_is_no_character_set_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="character set"):
        codec_of(name)

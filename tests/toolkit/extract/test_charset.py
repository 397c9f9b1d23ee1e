from __future__ import annotations

import pytest
from fermata.domain.kind import UnitError
from fermata.toolkit.extract.charset import codec_of, declarations, declared_charset, decode

GERMAN = "Zürich und Genf liegen an Seen; für Gäste führen Züge über die Brücken. " * 5
RUSSIAN = "Маяк стоит на скале уже сто лет и указывает кораблям путь между рифами. " * 3
POLISH = "Latarnia morska stoi na skale od stu lat i wskazuje statkom drogę między rafami, a załoga jej ufa. " * 3
JAPANESE = "灯台は百年前から岩の上に立ち、船に暗礁の間の道を示している。" * 3
KOREAN = "등대는 백 년 전부터 바위 위에 서서 배들에게 암초 사이의 길을 알려 준다. " * 3
CHINESE = "灯塔在岩石上矗立了一百年，为船只指明礁石之间的航道。" * 3


def page(text: str, charset: str, head: str = "") -> bytes:
    menu = "".join(f'<li><a href="/section/{number}">Section number {number}</a>' for number in range(80))
    script = "<script>var page = {charset: 'utf-8'};</script>"
    return f"<html><head>{script}{head}</head><body><ul>{menu}</ul><p>{text}</body></html>".encode(charset)


def read(data: bytes, *declared: str) -> str:
    return decode(data, [*declared, *declarations(data)])[0]


@pytest.mark.parametrize(
    ("text", "charset"),
    [
        (GERMAN, "cp1252"),
        (POLISH, "cp1250"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        (JAPANESE, "cp932"),
        (JAPANESE, "euc_jp"),
        (JAPANESE, "iso2022_jp"),
        (CHINESE, "gb18030"),
        (CHINESE, "big5"),
        (KOREAN, "euc-kr"),
        ("서울의 도서관은 매일 문을 엽니다.", "cp949"),
        ("Le café où j’ai déjeuné était fermé — « à bientôt ».", "mac_roman"),
        (
            "Ein Satz, in dem nur ein Wort Umlaute hat: Zürich. Der Rest ist, was jeder Zeichensatz gleich schreibt.",
            "cp1252",
        ),
    ],
)
def test_without_a_declaration_the_text_is_guessed_from(text: str, charset: str) -> None:
    known = text.encode(charset, "ignore").decode(charset)
    assert decode(known.encode(charset))[0] == known


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be"])
def test_unicode_is_known_by_its_mark_or_its_zeros(charset: str) -> None:
    assert decode(GERMAN.encode(charset))[0] == GERMAN


@pytest.mark.parametrize("charset", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize(
    "text", ["Съешь ещё этих мягких булок", "שלום עולם, מה שלומך", "नमस्ते दुनिया, आप कैसे हैं", "Γειά σου κόσμε"]
)
def test_a_few_words_of_any_script_are_enough_to_know_utf16_by(text: str, charset: str) -> None:
    assert decode(text.encode(charset))[0] == text


def test_a_zero_byte_in_utf8_makes_it_no_other_charset() -> None:
    assert decode("Съешь ещё этих\0 мягких".encode())[0] == "Съешь ещё этих\0 мягких"


def test_a_declared_wide_charset_counts_where_there_are_zeros() -> None:
    chinese = (CHINESE + "\n") * 3
    assert decode(chinese.encode("utf-16-le"), ["utf-16"])[0] == chinese
    assert decode("Gäste".encode(), ["utf-16"])[0] == "Gäste"


@pytest.mark.parametrize(("text", "charset"), [(RUSSIAN, "cp1251"), (JAPANESE, "cp932"), (POLISH, "cp1250")])
def test_menus_and_markup_in_ascii_do_not_mislead_the_guess(text: str, charset: str) -> None:
    assert text in decode(page(text, charset))[0]


@pytest.mark.parametrize(
    "head",
    [
        "<meta charset=koi8-r>",
        "<meta http-equiv='Content-Type' content='text/html; charset=\"KOI8-R\"'>",
        "<META CONTENT='text/html;charset=koi8-r' HTTP-EQUIV=content-type>",
        "<!-- <meta charset=utf-16> --><meta charset=nonsense><meta charset=koi8-r>",
    ],
)
def test_a_page_declares_its_charset(head: str) -> None:
    assert "Яша" in read(page("Яша", "koi8-r", head))


@pytest.mark.parametrize(
    "head",
    [
        "<script>var link = '?charset=koi8-r'</script>",
        "<meta name=description content='a page about charset=koi8-r'>",
        "<!-- <meta charset=koi8-r> -->",
        "<title>charset=koi8-r</title>",
    ],
)
def test_what_only_speaks_of_a_charset_declares_none(head: str) -> None:
    assert GERMAN in read(page(GERMAN, "cp1252", head))


def test_an_xml_declaration_counts() -> None:
    assert "Łódź" in read("<?xml version='1.0' encoding='ISO-8859-2'?><html><p>Łódź</html>".encode("iso-8859-2"))


def test_a_declaration_that_does_not_fit_leaves_the_next_its_turn() -> None:
    assert read("привет".encode("koi8-r"), "utf-8", "nonsense", "koi8-r") == "привет"


def test_utf8_is_read_as_such_whatever_a_server_says() -> None:
    assert read(GERMAN.encode(), "iso-8859-1") == GERMAN


def test_a_single_damaged_character_changes_no_other() -> None:
    damaged = GERMAN.encode() + b"\xff" + RUSSIAN.encode()
    assert read(damaged, "utf-8") == read(damaged) == f"{GERMAN}\ufffd{RUSSIAN}"


def test_a_text_cut_within_a_character_is_whole_up_to_there() -> None:
    assert decode("Gäste".encode()[:2]) == ("G", "utf-8")


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("ISO-8859-1", "cp1252"),
        ("gb2312", "gbk"),
        ("x-sjis", "cp932"),
        ("ks_c_5601-1987", "cp949"),
        ("cp437", "cp437"),
        ("rot13", ""),
        ("unicode_escape", ""),
        ("", ""),
    ],
)
def test_labels_mean_what_browsers_take_them_for(label: str, codec: str) -> None:
    assert codec_of(label) == codec


@pytest.mark.parametrize(
    ("header", "charset"),
    [
        ('text/html; charset="UTF-8"', "utf-8"),
        ("text/html;charset=koi8-r; x=y", "koi8-r"),
        ("text/html", ""),
        ("text/html; xcharset=utf-8", ""),
        ("", ""),
    ],
)
def test_a_servers_charset_is_the_parameter_of_that_name(header: str, charset: str) -> None:
    assert declared_charset(header) == charset


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(UnitError, match="no text in any known character set"):
        decode(bytes(range(256)) * 20)

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fermata.domain.kind import UnitError
from fermata.toolkit.extract import outline, sections
from fermata.toolkit.extract.sections import outline_here, page_here


@pytest.fixture
def outlined(tmp_path: Path) -> Any:
    def make(text: str) -> list[tuple[tuple[str, ...], str]]:
        path = tmp_path / "file"
        path.write_text(text)
        return [(section.path, section.text) for section in outline_here(path).sections]

    return make


def test_a_whole_paragraph_that_is_marked_as_a_heading_is_text(outlined: Any) -> None:
    paragraph = "Words of a paragraph " * 50
    assert outlined(f"# Heading\n\n## {paragraph}\n\ntext") == [(("Heading",), f"{paragraph.strip()}\n\ntext")]


def test_markdown_is_cut_at_its_headings(outlined: Any) -> None:
    text = (
        "---\ntitle: x\n---\nIntro\n\n# One\n\ntext **one**\n\n### Deep\n\ndeep\n\nTwo\n===\n\ntwo\n\nSub\n---\nsub\n"
    )
    assert outlined(text) == [
        ((), "Intro"),
        (("One",), "text one"),
        (("One", "Deep"), "deep"),
        (("Two",), "two"),
        (("Two", "Sub"), "sub"),
    ]


def test_what_looks_like_a_heading_in_code_is_none(outlined: Any) -> None:
    assert [path for path, _ in outlined("# One\n\n```\n# comment\n```\n\n~~~~\n~~~\n# no\n~~~~\n\n# Two\n\nx\n")] == [
        ("One",),
        ("Two",),
    ]


def test_html_is_cut_at_its_headings(outlined: Any) -> None:
    text = (
        "<html><title>T</title><nav><h2>Menu</h2></nav><main><h1>A <b>big</b><br> title</h1><p>first</p><div><h2>B</h2>"
        f"<p>{'second ' * 40}</p></div><h2></h2><h1>C</h1><p>third</p></main></html>"
    )
    assert outlined(text) == [
        (("A big title",), "first"),
        (("A big title", "B"), ("second " * 40).strip()),
        (("C",), "third"),
    ]


def test_plain_text_is_cut_into_blocks_at_paragraphs(outlined: Any) -> None:
    text = "\n\n".join(f"Paragraph {number} " + "word " * 100 for number in range(30))
    found = outlined(text)
    assert len(found) > 3 and all(len(text) <= sections.BLOCK for _, text in found)
    assert all(text.startswith("Paragraph") for _, text in found)


def test_a_long_section_is_cut_and_a_long_document_ends(outlined: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sections, "MAX_CHARACTERS", 30_000)
    found = outlined("# One\n\n" + "word " * 10_000)
    assert {path for path, _ in found} == {("One",)}
    assert all(len(text) <= sections.SECTION for _, text in found)
    assert sum(len(text) for _, text in found) <= 30_000


@pytest.mark.parametrize("name", ["long.txt", "long.md", "long.html", "long.xml"])
def test_a_document_that_was_not_read_whole_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    begin = {"long.md": "# One\n\n", "long.html": "<html><body>", "long.xml": "<?xml version='1.0'?><a>"}.get(name, "")
    tag = "p" if name.endswith("ml") else ""
    text = "\n\n".join(f"<{tag}>A paragraph, number {n}.</{tag}>" if tag else f"Paragraph {n}." for n in range(500))
    (tmp_path / name).write_text(begin + text)
    assert not sections.outline_here(tmp_path / name).truncated
    monkeypatch.setattr(sections, "MAX_CHARACTERS", 3_000)
    assert sections.outline_here(tmp_path / name).truncated
    monkeypatch.setattr(sections, "MAX_READ", 6_000)
    assert sections.outline_here(tmp_path / name).truncated


def test_a_document_has_its_facts(samples: Path) -> None:
    found = outline(samples / "beekeeping.docx")
    assert (found.format, found.title, found.author) == ("docx", "Urban Beekeeping Handbook", "Fermata samples")
    assert ("Choosing a place for the hive",) in [section.path for section in found.sections]


def test_a_page_is_read_by_its_number(samples: Path) -> None:
    path = samples / "lighthouses.pdf"
    count = outline_here(path).pages
    texts = {page_here(path, number).text for number in range(1, count + 1)}
    assert len(texts) == count and all(texts)


def test_a_page_stands_under_the_bookmarks_that_lead_to_it(corpus: Path) -> None:
    found = outline_here(corpus / "pdf" / "bookmarks.pdf").sections
    assert [section.path for section in found] == [(), ("Chapter",), ("Chapter", "Section"), ("Chapter", "Section")]


@pytest.mark.parametrize(("text", "reason"), [("", "empty"), ("<html><body></body></html>", "HTML has no text")])
def test_a_file_without_text_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "file").write_text(text)
    with pytest.raises(UnitError, match=reason):
        outline_here(tmp_path / "file")


def test_a_heading_without_text_and_without_one_below_is_a_section(outlined: Any) -> None:
    assert outlined("# A\n\n## B\n\n## C\n\ntext\n\n## D\n\n# E\n") == [
        (("A", "B"), ""),
        (("A", "C"), "text"),
        (("A", "D"), ""),
        (("E",), ""),
    ]

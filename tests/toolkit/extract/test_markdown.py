from __future__ import annotations

import pytest
from fermata.toolkit.extract.markdown import front_matter, markdown_blocks
from fermata.toolkit.extract.texts import read_text_file


def text(markdown: str) -> str:
    return "\n".join(block for _, block in markdown_blocks(markdown))


@pytest.mark.parametrize(
    ("markdown", "read"),
    [
        ("See <https://example.org/a?b=c>.", "See https://example.org/a?b=c."),
        ("A `Map<String, Integer>` and a Map<String> too", "A Map<String, Integer> and a Map<String> too"),
        ("```java\nList<String> x = a < b;\n```", "List<String> x = a < b;"),
        ("    vector<int> v;", "vector<int> v;"),
        ("if a < b and c > d", "if a < b and c > d"),
        ("a <b>bold</b> word<br>and a line", "a  bold  word and a line"),
        ("<div align=center>\n<h1>Name</h1>\n</div>", "Name"),
        ("<Config>\nx\n</Config>", "<Config> x </Config>"),
        ("a [link](http://x.y) and ![a picture](p.png)", "a link and a picture"),
        ("[one][1] of two\n\n[1]: http://x.y", "one of two"),
        ("| a | b |\n|---|---|\n| c | d |", "a b\nc d"),
        ("- one\n- two\n  > said", "one\ntwo\nsaid"),
        ("&copy; 2 * 3 * 4 and snake_case_name", "© 2 * 3 * 4 and snake_case_name"),
        ("- [x] done\n- [ ] `todo`", "done\ntodo"),
        ("A note[^1].\n\n[^1]: Said below.", "A note.\nSaid below."),
        ("> [!WARNING]\n> Take care.", "Take care."),
        ("Term\n: Its meaning", "Term\nIts meaning"),
        ("<!-- hidden -->\n\nshown <!-- hidden -->", "shown"),
    ],
)
def test_markdown_is_read_without_its_marks_and_with_all_else(markdown: str, read: str) -> None:
    assert text(markdown) == read


def test_front_matter_is_what_has_facts_in_it() -> None:
    assert front_matter("---\ntitle: A title\ntags: [x]\n---\ntext") == ({"title": "A title", "tags": ["x"]}, "text")
    assert front_matter('+++\r\ntitle = "A title"\r\n+++\r\ntext') == ({"title": "A title"}, "text")
    for plain in (
        "+++\nno facts\n+++\n",
        "---\nA text that begins with a rule.\n\n---\n\nAnd goes on.",
        "---\ntitle: never closed",
        "--- a",
    ):
        assert front_matter(plain) == ({}, plain)


def test_a_leading_rule_eats_no_text() -> None:
    found = read_text_file(b"---\nA first part.\n\n---\n\n# Heading\n\nA second part.", "text/markdown")
    assert [block for _, block in found.blocks] == ["A first part.", "Heading", "A second part."]


def test_the_title_is_the_front_matters_or_the_first_heading() -> None:
    assert read_text_file(b"---\ntitle: Given\nauthor: Ada\n---\n\n# Heading\n\ntext", "").title == "Given"
    assert read_text_file(b"# Heading\n\ntext", "").title == "Heading"
    assert read_text_file(b"# " + b"a paragraph " * 50 + b"\n\n## Heading\n\ntext", "").title == "Heading"
    assert read_text_file(b"---\ntitle: [a, list]\n---\n\n# Heading\n\ntext", "").title == "Heading"


def test_a_long_text_is_read_in_pieces_as_if_it_were_one() -> None:
    part = "## Part\n\nA paragraph of `code` and words.\n\n```\n\n# no heading\n\n```\n\n"
    blocks = list(markdown_blocks(part * 10_000))
    assert [level for level, _ in blocks].count(2) == 10_000
    assert {text for level, text in blocks if not level} == {"A paragraph of code and words.", "# no heading"}

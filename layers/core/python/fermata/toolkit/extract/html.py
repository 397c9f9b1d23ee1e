"""HTML: the main text without navigation and decoration, the title and the links."""

from __future__ import annotations

from typing import Any

from fermata.toolkit.extract.content import Content, paged, tidy
from fermata.toolkit.extract.links import links_of

_NOISE = ["script", "style", "noscript", "template", "svg", "iframe", "object", "form", "button", "select"]
_FRAME = (
    "nav, header, footer, aside, dialog, [hidden], [aria-hidden=true], [role=navigation], [role=banner], "
    "[role=contentinfo], [role=search], [role=dialog]"
)
_MAIN = ("main:not(main main)", "[role=main]", "article:not(article article)")
_BLOCKS = (
    "p, div, section, article, main, li, ul, ol, dl, dt, dd, h1, h2, h3, h4, h5, h6, table, tr, blockquote, pre, br, "
    "hr, figure, figcaption, header, footer, address, details, summary"
)
HEADING = "\ue000"
"""A character that no text has a use for."""

_ENOUGH = 200
"""Characters below which a page's marked main part is taken for a mistake."""


def read_html(text: str, pages: int) -> Content:
    """The first ``pages`` pages' worth of the main text."""
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(text)
    title = tree.css_first("title") or tree.css_first("h1")
    links = links_of(tree)
    _lay_out(tree)
    return Content(
        "html",
        tidy(title.text()) if title else "",
        paged(_main_text(tree), pages),
        links,
    )


def headed_html(text: str) -> tuple[str, str, str]:
    """Title, author and main text, in which a line that begins with :data:`HEADING` is a heading; its level comes next."""
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(text.replace(HEADING, ""))
    title = tree.css_first("title") or tree.css_first("h1")
    author = tree.css_first("meta[name=author][content]")
    _lay_out(tree)
    for level in range(1, 7):
        for node in tree.css(f"h{level}"):
            inner = " ".join(node.text().split())
            node.insert_before(f"{HEADING}{level}{inner}\n")
            node.decompose()
    return (
        tidy(title.text()) if title else "",
        tidy(author.attributes.get("content") or "") if author else "",
        _main_text(tree),
    )


def _lay_out(tree: Any) -> None:
    """Keep words of different blocks apart, and drop what is no text."""
    tree.strip_tags(_NOISE)
    for block in tree.css(_BLOCKS):
        block.insert_before("\n")
        block.insert_after("\n")
    for cell in tree.css("td, th"):
        cell.insert_after(" ")


def _main_text(tree: Any) -> str:
    """What the page marks as its main part, else all but the frame; what is left when that is next to nothing."""
    if tree.body is None:
        return ""
    whole = _text(tree.body)
    for selector in _MAIN:
        text = "\n\n".join(map(_text, tree.css(selector)))
        if len(text) >= _ENOUGH:
            return text
    while (node := tree.body.css_first(_FRAME)) is not None:
        node.decompose()
    text = _text(tree.body)
    return text if len(text) >= _ENOUGH else whole


def _text(node: Any) -> str:
    return tidy(node.text())

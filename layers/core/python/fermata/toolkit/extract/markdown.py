"""Markdown: its text without the marks."""

from __future__ import annotations

import re

from fermata.toolkit.extract.content import PAGE, Content, paged

_FRONT_MATTER = re.compile(r"\A---\n.*?\n(?:---|\.\.\.)\n", re.DOTALL)
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*\s*$|^(\S.*)\n={3,}\s*$", re.MULTILINE)
# Every pattern is bounded, or stops where it would begin again, so that no text takes more than linear time.
_MARKS = (
    (re.compile(r"^(?:```|~~~).*$", re.MULTILINE), ""),
    (re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL), ""),
    (re.compile(r"</?[a-zA-Z][^<>\n]{0,500}>"), ""),
    (re.compile(r"!\[([^\[\]\n]{0,300})\]\([^()\n]{0,2000}\)"), r"\1"),
    (re.compile(r"\[([^\[\]\n]{1,300})\](?:\([^()\n]{0,2000}\)|\[[^\[\]\n]{0,300}\])"), r"\1"),
    (re.compile(r"^\[[^\[\]\n]{1,300}\]:[ \t]+\S.*$", re.MULTILINE), ""),
    (re.compile(r"^#{1,6}\s+(.+?)\s*#*\s*$", re.MULTILINE), r"\1\n"),
    (re.compile(r"^[ \t]*(?:=|-|\*|_){3,}[ \t]*$", re.MULTILINE), ""),
    (re.compile(r"^[ \t]*\|?(?:[ \t]*:?-{2,}:?[ \t]*\|)+[ \t]*:?-*:?[ \t]*$", re.MULTILINE), ""),
    (re.compile(r"^[ \t]*(?:>[ \t]?)+", re.MULTILINE), ""),
    (re.compile(r"^[ \t]*(?:[-*+]|\d{1,3}\.)[ \t]+", re.MULTILINE), ""),
    (re.compile(r"(\*\*|__)(?=\S)(.{1,200}?)(?<=\S)\1"), r"\2"),
    (re.compile(r"(?<!\w)([*_])(?=\S)(.{1,200}?)(?<=\S)\1(?!\w)"), r"\2"),
    (re.compile(r"`([^`\n]*)`"), r"\1"),
)


def without_front_matter(text: str) -> str:
    """The text proper."""
    return _FRONT_MATTER.sub("", text.replace("\r\n", "\n"))


def read_markdown(text: str, pages: int) -> Content:
    """The first ``pages`` pages' worth of text; the title is the first heading."""
    text = without_front_matter(text)
    # Marks take room too, but never most of it; the rest would not be kept anyway.
    text = text[: pages * PAGE * 8]
    heading = _HEADING.search(text)
    for pattern, plain in _MARKS:
        text = pattern.sub(plain, text)
    return Content("markdown", (heading[1] or heading[2]).strip() if heading else "", paged(text, pages))

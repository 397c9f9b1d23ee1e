"""Markdown: its text without the marks."""

from __future__ import annotations

import re

from fermata.kinds.reading.content import Content, paged

_FRONT_MATTER = re.compile(r"\A---\n.*?\n(?:---|\.\.\.)\n", re.DOTALL)
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*\s*$|^(\S.*)\n={3,}\s*$", re.MULTILINE)
_MARKS = (
    (re.compile(r"^(?:```|~~~).*$", re.MULTILINE), ""),
    (re.compile(r"<!--.*?-->", re.DOTALL), ""),
    (re.compile(r"</?[a-zA-Z][^<>\n]{0,500}>"), ""),
    (re.compile(r"!\[([^\]\n]*)\]\([^)\n]*\)"), r"\1"),
    (re.compile(r"\[([^\]\n]+)\](?:\([^)\n]*\)|\[[^\]\n]*\])"), r"\1"),
    (re.compile(r"^\[[^\]\n]+\]:\s+\S.*$", re.MULTILINE), ""),
    (re.compile(r"^#{1,6}\s+(.+?)\s*#*\s*$", re.MULTILINE), r"\1\n"),
    (re.compile(r"^\s*(?:=|-|\*|_){3,}\s*$", re.MULTILINE), ""),
    (re.compile(r"^\s*\|?(?:\s*:?-{2,}:?\s*\|)+\s*:?-*:?\s*$", re.MULTILINE), ""),
    (re.compile(r"^[ \t]*(?:>[ \t]?)+", re.MULTILINE), ""),
    (re.compile(r"^[ \t]*(?:[-*+]|\d{1,3}\.)[ \t]+", re.MULTILINE), ""),
    (re.compile(r"(\*\*|__)(?=\S)(.{1,500}?)(?<=\S)\1"), r"\2"),
    (re.compile(r"(?<!\w)([*_])(?=\S)(.{1,500}?)(?<=\S)\1(?!\w)"), r"\2"),
    (re.compile(r"`([^`\n]*)`"), r"\1"),
)


def read_markdown(text: str, pages: int) -> Content:
    """The first ``pages`` pages' worth of text; the title is the first heading."""
    text = _FRONT_MATTER.sub("", text.replace("\r\n", "\n"))
    heading = _HEADING.search(text)
    for pattern, plain in _MARKS:
        text = pattern.sub(plain, text)
    return Content("markdown", (heading[1] or heading[2]).strip() if heading else "", paged(text, pages))

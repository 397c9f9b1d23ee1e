"""The tags that a person would read in a model's answer, whatever form it has."""

from __future__ import annotations

import json
import re
from typing import Any

from fermata.toolkit.llm.json_answers import json_values, repaired_values, sound_values
from fermata.toolkit.llm.wrapping import unwrapped

_NAMES = ("tags", "keywords", "topics", "labels", "categories", "terms")
_ONE = ("tag", "keyword", "topic", "label", "name", "term", "category", "value", "text", "title", "word", "phrase")
_ARGUMENTS = ("arguments", "parameters", "input", "args")
"""Where a call of a function has what it is called with."""

_ELEMENT = re.compile(rf"<({'|'.join(_ONE)}|item|li)>([^<>]{{1,100}})</\1>", re.IGNORECASE)
_BULLET = re.compile(
    r"^\s*(?:[-*•‣◦–—+→➔➜▪▫●○■□✓✔✅☑]\ufe0f?|\d\ufe0f?\u20e3|#?\d{1,2}\s*[.):]|\(\d{1,2}\)|[a-z][.)])\s+|^\s*•",
    re.IGNORECASE,
)
_BOLD = re.compile(r"^(\*\*|__|`)(?P<inner>.+?)\1")
_HASHTAG = re.compile(r"(?<![\w&#])#(\w[\w-]*)")
_REMARK = re.compile(r"\s+[–—-]\s+.*|\s*[:：].*|\s*\(.*\)\s*$")
_SEPARATOR = re.compile(r"\s*(?:[,;|·、，；]|\s/\s)\s*")
_QUOTES = " \t\"'`“”‘’«»„*_"
_NUMBERED, _NUMBER = re.compile(r"\W*1[.)]\s.*\b2[.)]\s"), re.compile(r"[\s,;]+(?=\d{1,2}[.)]\s)")
"""A numbered list in one line, and what stands between its items."""

_BOXED = re.compile(r"\$?\\boxed\{(?P<inner>[^{}]*)\}\$?")
_REFERENCE = re.compile(r"(?<=\w)\s?(?:\[\d{1,3}\]|【[^】]{0,40}】)+")
"""Where providers that search the web say what they have a word from."""

_RULE = re.compile(r"[\s|:-]*")
_SENTENCE_END = (".", "!", "?", "。", "！", "？")

_LINE = 2_000
"""Characters; a longer line is no list of tags."""

_WORDS = 5
"""A piece with more words is part of a sentence, and no tag."""

_UNSPACED = 7
"""Characters that make a sentence in scripts without blanks, if it ends like one."""


def tags_in(answer: str) -> list[str]:
    """The tags as they are written; none in an answer that is prose, such as a refusal."""
    text = _REFERENCE.sub("", _BOXED.sub(r"\g<inner>", unwrapped(answer)))
    return [bare for tag in _tags_in(text) if (bare := tag.strip().rstrip(".").strip(_QUOTES))]


def _tags_in(text: str) -> list[str]:
    if sound := list(sound_values(text)):
        return _of_values(sound)
    if text.startswith('"') and (string := _string(text)) is not None:
        return _tags_in(string)
    return _of_values(repaired_values(text)) or [element for _, element in _ELEMENT.findall(text)] or _of_lines(text)


def _string(text: str) -> str | None:
    """JSON that was written as a string of JSON."""
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, str) else None


def _of_values(values: list[Any]) -> list[str]:
    """Of several values the last that is a list of its own; single ones (JSON Lines) belong together."""
    found = [[tag for tag in _strings(value) if not _is_sentence(tag)] for value in values]
    several = [tags for tags in found if len(tags) > 1]
    return several[-1] if several else [tag for tags in found for tag in tags]


def _strings(value: Any) -> list[str]:
    match value:
        case str():
            return _of_text(value)
        case dict():
            return _of_object(value)
        case [str() as only]:
            return [] if _is_sentence(only) else _of_text(only)
        case list() if calls := [
            call for item in value if isinstance(item, dict) and (call := _call(item)) is not None
        ]:
            return [tag for call in calls for tag in _strings(call)]
        case list():
            return [tag for item in value if (tag := _named(item)) is not None]
    return []


def _of_text(text: str) -> list[str]:
    """JSON once more, or a list between commas."""
    return _of_values(json_values(text)) or _pieces(text)


def _of_object(value: dict[str, Any]) -> list[str]:
    named = {key.strip().lower(): item for key, item in value.items()}
    for name in _NAMES:
        if name in named:
            return _grouped(named[name])
    if (call := _call(named)) is not None:
        return _strings(call)
    if (tag := _named(value)) is not None:
        return [tag]
    for item in value.values():
        if isinstance(item, list | dict) and (found := _strings(item)):
            return found
    if value and all(isinstance(item, bool) for item in value.values()):
        return [tag for tag, holds in value.items() if holds]
    if value and all(isinstance(item, int | float) for item in value.values()):
        return list(value)  # tags and their scores
    return [item for item in value.values() if isinstance(item, str)] if all(map(_is_number, value)) else []


def _call(value: dict[str, Any]) -> Any:
    """What a function is called with, where a model calls one; None for another object."""
    return next((value[name] for name in _ARGUMENTS if name in value), None) if "name" in value else None


def _grouped(value: Any) -> list[str]:
    """A list, or several by group."""
    groups = list(value.values()) if isinstance(value, dict) else []
    return [tag for group in groups for tag in _strings(group)] or _strings(value)


def _named(item: Any) -> str | None:
    """The tag that one item of a list is: a string, an object that names it among other facts, or a pair with its score."""
    if isinstance(item, str):
        return item
    if isinstance(item, list):
        return next((part for part in item if isinstance(part, str)), None)
    if isinstance(item, dict):
        named = {key.strip().lower(): part for key, part in item.items()}
        found = next((named[name] for name in _ONE if isinstance(named.get(name), str)), None)
        if found is None and len(item) == 1:
            key, part = next(iter(item.items()))
            found = part if isinstance(part, str) else key if isinstance(part, int | float) else None
        return found
    return None


def _of_lines(text: str) -> list[str]:
    """A list by lines, of which only those with a bullet or number count if any has one; else all that is no prose."""
    if _NUMBERED.match(text[:_LINE]):
        text = _NUMBER.sub("\n", text[:_LINE])
    lines = [line for line in text.replace("```", "\n").splitlines() if line.strip() and len(line) <= _LINE]
    if tags := _HASHTAG.findall(text):
        return tags if len(tags) > 1 or len(lines) == 1 else []
    if listed := [line for line in lines if _BULLET.match(line)]:
        return [tag for line in listed if not _is_sentence(tag := _item(line))]
    if rows := [line for line in lines if line.lstrip().startswith("|") and not _RULE.fullmatch(line)]:
        return [tag for row in rows[1:] if (tag := _cell(row))]
    found: list[str] = []
    for line in lines:
        pieces = _pieces(line)
        if not line.rstrip().endswith((":", "：")) and not any(map(_is_prose, pieces)):
            found += pieces
    return found


def _item(line: str) -> str:
    """A list's item without its bullet and what is remarked about it."""
    text = _BULLET.sub("", line, count=1).strip()
    bold = _BOLD.match(text)
    return bold["inner"].strip(" :") if bold else _REMARK.sub("", text)


def _cell(row: str) -> str:
    """A table's first cell that is more than a number."""
    cells = (cell.strip(" *`") for cell in row.strip().strip("|").split("|"))
    return next((cell for cell in cells if any(map(str.isalpha, cell))), "")


def _pieces(line: str) -> list[str]:
    """A line between its separators, without a label before the list and the full stop after it."""
    label, colon, rest = line.replace("：", ":").partition(":")
    if colon and rest.strip() and len(label.split()) <= _WORDS + 1:
        line = rest
    line = line.strip().strip("*_[]")
    return [piece for piece in _SEPARATOR.split(line) if piece.strip("\"' .")]


def _is_prose(piece: str) -> bool:
    return len(piece.split()) > _WORDS or _is_sentence(piece)


def _is_sentence(text: str) -> bool:
    text = text.strip()
    if not text.endswith(_SENTENCE_END):
        return False
    return len(text.split()) > 2 or (not text.isascii() and len(text) > _UNSPACED)


def _is_number(key: str) -> bool:
    return any(letter.isdigit() for letter in key)

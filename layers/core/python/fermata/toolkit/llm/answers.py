"""What language models answer when they are asked for a JSON array, read with patience."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

_THOUGHTS = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_BULLET = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s*")
_NAMES = ("tags", "keywords", "topics", "labels")


def tags_in(answer: str) -> list[str]:
    """The tags of an answer that is a JSON array, an object that has one, or a list by commas or lines."""
    text = _THOUGHTS.sub("", answer)
    for value in _json_values(text):
        if found := _strings(value):
            return found
    rows = [row for row in text.replace("```", "\n").splitlines() if row.strip() and not row.rstrip().endswith(":")]
    pieces = rows if len(rows) > 1 else re.split("[,;]", rows[0]) if rows else []
    return [_BULLET.sub("", piece).strip() for piece in pieces]


def _json_values(text: str) -> Iterator[Any]:
    decoder = json.JSONDecoder()
    for start in re.finditer(r"[\[{]", text):
        try:
            yield decoder.raw_decode(text, start.start())[0]
        except (ValueError, RecursionError):
            continue


def _strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        lists = [value[name] for name in _NAMES if isinstance(value.get(name), list)]
        lists += [item for item in value.values() if isinstance(item, list)]
        value = lists[0] if lists else []
    found = []
    for item in value if isinstance(value, list) else []:
        if isinstance(item, dict):
            item = next((part for part in item.values() if isinstance(part, str)), None)
        if isinstance(item, str):
            found.append(item)
    return found

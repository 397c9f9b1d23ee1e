"""JSON in a model's answer, however it is surrounded or slightly broken."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from fermata.domain import strict_json

MAX_REPAIRED = 20_000
"""Characters of an answer that is no sound JSON which are looked at; repairing takes a while."""

_BEGIN = re.compile(r"[\[{]")


def json_values(text: str) -> list[Any]:
    """The outermost arrays and objects, in order; of a text without a sound one, what the broken ones must have meant."""
    return list(sound_values(text)) or repaired_values(text)


def sound_values(text: str) -> Iterator[Any]:
    decoder, at = json.JSONDecoder(), 0
    while begin := _BEGIN.search(text, at):
        try:
            value, at = decoder.raw_decode(text, begin.start())
            strict_json.check(value)
        except strict_json.NotJson:
            continue
        except ValueError:
            at = begin.end()
        except RecursionError:
            return
        else:
            yield value


def repaired_values(text: str) -> list[Any]:
    begin = _BEGIN.search(text)
    if begin is None or len(text) > MAX_REPAIRED:
        return []
    import json_repair

    try:
        value = json_repair.loads(text[begin.start() :])
        strict_json.check(value)
    except (ValueError, RecursionError):
        return []
    return [value] if isinstance(value, list | dict) else []

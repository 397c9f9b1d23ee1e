"""JSON as it is read from strangers and shown to them: what comes in can go out again.

Python's own reader takes more than JSON has: ``NaN``, ``1e400`` as infinity, halves of surrogate pairs. Each of them would
be stored, and then break every answer that it stands in.
"""

from __future__ import annotations

import json
import math
from typing import Any

MAX_DEPTH = 100
"""Levels of lists and objects in one another; deeper ones exhaust whoever writes them out again."""

MAX_DIGITS = 309
"""Of a whole number: a double holds no more, and other languages read numbers as doubles."""


class NotJson(ValueError):
    """The text is not JSON that everybody can read; the message says why, and repeats nothing of it."""


def loads(text: str | bytes | bytearray) -> Any:
    """The value of a JSON text. Raises NotJson."""
    try:
        value = json.loads(text, parse_constant=_no_constant, parse_float=_finite, parse_int=_whole)
    except NotJson:
        raise
    except json.JSONDecodeError as error:
        raise NotJson(f"{error.msg}, at character {error.pos}") from None
    except UnicodeDecodeError:
        raise NotJson("it is not UTF-8") from None
    except (ValueError, RecursionError):
        raise NotJson("it has lists or objects nested too deeply") from None
    check(value)
    return value


def check(value: Any) -> None:
    """Raises NotJson for what JSON does not have, or not everybody can read."""
    left = [(value, 0)]
    while left:
        part, depth = left.pop()
        if isinstance(part, str):
            if not part.isascii():
                _check_text(part)
        elif isinstance(part, float):
            if not math.isfinite(part):
                raise NotJson("a number is not finite")
        elif isinstance(part, int):
            if part.bit_length() > 1024:
                raise NotJson("a number is too large")
        elif isinstance(part, dict | list | tuple):
            if depth == MAX_DEPTH:
                raise NotJson("it has lists or objects nested too deeply")
            if isinstance(part, dict):
                if not all(isinstance(name, str) for name in part):
                    raise NotJson("the name of a member is not a string")
                left += [(name, depth) for name in part]
                left += [(inner, depth + 1) for inner in part.values()]
            else:
                left += [(inner, depth + 1) for inner in part]
        elif part is not None:
            raise NotJson(f"a value is of the type {type(part).__name__}")


def dumps(value: Any) -> bytes:
    """The value as compact JSON in UTF-8, whatever it holds: what is no JSON is written as a text that says what it is."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError):
        return json.dumps(_readable(value), separators=(",", ":")).encode()


def escaped_size(text: bytes) -> int:
    """Bytes that a text takes once it stands as a string in JSON, as an answer does on its way out of a function."""
    return len(text) + text.count(b'"') + text.count(b"\\") + text.count(b"\n") + text.count(b"\r") + text.count(b"\t")


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise NotJson("a text has half of a surrogate pair in it") from None


def _readable(value: Any, depth: int = 0) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, int | None):
        return value if not isinstance(value, int) or value.bit_length() <= 1024 else "a number that is too large"
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if depth > MAX_DEPTH:
        return "…"
    if isinstance(value, dict):
        return {_readable(str(name)): _readable(inner, depth + 1) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_readable(inner, depth + 1) for inner in value]
    return str(value)


def _no_constant(name: str) -> Any:
    raise NotJson(f"{name} is no JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise NotJson("a number is too large")
    return number


def _whole(digits: str) -> int:
    if len(digits) > MAX_DIGITS + 1:
        raise NotJson("a number is too large")
    if len(digits) >= MAX_DIGITS:
        _finite(digits)
    return int(digits)

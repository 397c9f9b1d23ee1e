"""A text in passages: what is found, shown and ranked as one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from fermata.domain import interruption

PASSAGE = 200
"""Words that a passage has, about."""

LONG = 8
"""Characters of a long word, with its blank."""

SNIPPET = 300
"""Characters."""

_SENTENCE = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+|(?<=[。！？])|\n{2,}")


def passages_of(text: str) -> list[str]:
    """The text in pieces of about :data:`PASSAGE` words that end with a sentence, each beginning with the last one's end."""
    found: list[str] = []
    piece: list[str] = []
    size = 0
    interruption.check()
    for sentence in _sentences(text):
        length = _length(sentence)
        if piece and size + length > PASSAGE:
            found.append(" ".join(piece))
            last = piece[-1]
            # A sentence that is nearly a passage by itself is not worth being found twice.
            piece = [last] if len(piece) > 1 and _length(last) + length <= PASSAGE else []
            size = sum(map(_length, piece))
        piece.append(sentence)
        size += length
    return [*found, " ".join(piece)] if piece else found


def _length(text: str) -> int:
    """In words; of a text without blanks, as many as it would be about."""
    return max(len(text.split()), len(text) // LONG)


def _sentences(text: str) -> Iterator[str]:
    for sentence in _SENTENCE.split(text):
        parts = sentence.split()
        for start in range(0, len(parts), PASSAGE):
            piece = " ".join(parts[start : start + PASSAGE])
            yield from (piece[at : at + PASSAGE * LONG] for at in range(0, len(piece), PASSAGE * LONG))


def snippet(text: str, wanted: Callable[[str], bool]) -> str:
    """The stretch of a passage where most of what is wanted is, at most :data:`SNIPPET` characters and two ellipses.

    ``wanted``: whether a piece between two blanks has it.
    """
    text = " ".join(text.split())
    if len(text) <= SNIPPET:
        return text
    places = [match.start() for match in re.finditer(r"\S+", text) if wanted(match[0])]
    best = max(places, key=lambda at: (sum(at <= other < at + SNIPPET for other in places), -at), default=0)
    start = max(0, min(best - SNIPPET // 5, len(text) - SNIPPET))
    if start:
        start = text.find(" ", start, start + SNIPPET // 5) + 1 or start
    end = (
        len(text)
        if len(text) <= start + SNIPPET
        else (text.rfind(" ", start + 1, start + SNIPPET) + 1 or start + SNIPPET)
    )
    return ("…" if start else "") + text[start:end].strip() + ("…" if end < len(text) else "")

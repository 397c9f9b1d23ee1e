"""Whether characters that were read are a text: a PDF's fonts need not say which characters their signs stand for."""

from __future__ import annotations

import unicodedata
from collections import Counter

_UNMAPPED = 0.3
"""Share of signs that a font assigns no character to, above which what was read is doubted."""

_ODD, _VERY_ODD = 0.03, 0.2
"""Share of characters that are in no text, above which one that is doubted is none, and above which any is."""

_SCRIPTS, _MOST = 2, 0.75
"""That many scripts have that share of a text's letters at least."""

_LETTERS = 20
_HYPHENS = "\x02\ufffe"
"""What PDFium has for one at a line's end."""

_NOT_IN_TEXT = frozenset({"Cc", "Cn", "Co", "Cs"})


def implausible(text: str, unmapped: float) -> bool:
    """Whether the text is gibberish; ``unmapped``: share of its signs that a font assigns no character to."""
    visible = [character for character in text if not character.isspace() and character not in _HYPHENS]
    if not visible:
        return False
    odd = sum(unicodedata.category(character) in _NOT_IN_TEXT or character == "\ufffd" for character in visible)
    if odd > len(visible) * _VERY_ODD:
        return True
    return unmapped > _UNMAPPED and (odd > len(visible) * _ODD or _is_mixed(visible))


_TOGETHER = dict.fromkeys(("CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HANGUL", "BOPOMOFO"), "CJK")
"""Scripts that one language writes side by side."""


def _is_mixed(characters: list[str]) -> bool:
    names = (unicodedata.name(character, "?").partition(" ")[0] for character in characters if character.isalpha())
    scripts = Counter(_TOGETHER.get(name, name) for name in names)
    letters = scripts.total()
    return letters >= _LETTERS and sum(count for _, count in scripts.most_common(_SCRIPTS)) < letters * _MOST

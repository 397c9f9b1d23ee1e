"""Letters as people type them who lack a language's keyboard: without case, accents and other ways to write the same letter."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

MARKS = r"\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u065f\u0670"
"""Accents, and the vowel points that Hebrew and Arabic leave out as they please."""

HIDDEN = dict.fromkeys((0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))
"""What may stand inside a word and can't be seen: soft hyphens, joiners, spaces of no width."""

_MARK = re.compile(f"[{MARKS}]")
_BARRED = re.compile(r"LATIN SMALL (?:LETTER (?:DOTLESS )?|LIGATURE )(AE|OE|ETH|THORN|[A-Z])(?: WITH .+)?")
_AS_TYPED = {"ETH": "d", "THORN": "th"}


def folded(text: str) -> str:
    """Without case, accents and other ways to write the same letter, as people type who lack it on their keyboard."""
    if text.isascii():
        return text.lower()
    split = unicodedata.normalize("NFKD", text.translate(HIDDEN)).casefold()
    plain = unicodedata.normalize("NFC", _MARK.sub("", split))
    return plain if plain.isascii() else "".join(map(_typed, plain))


@cache
def _typed(letter: str) -> str:
    """The letter or letters of the keyboard that a Latin letter is typed as, by its name in Unicode."""
    found = _BARRED.fullmatch(unicodedata.name(letter, ""))
    return _AS_TYPED.get(found[1], found[1].lower()) if found else letter

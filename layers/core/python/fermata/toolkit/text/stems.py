"""Stems of words, by Snowball's rules for their language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import local

STEMMERS: Mapping[str, str] = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "es": "spanish", "et": "estonian", "eu": "basque", "fa": "persian", "fi": "finnish", "fr": "french", "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian", "ne": "nepali", "nl": "dutch",
    "no": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "sv": "swedish",
    "ta": "tamil", "tr": "turkish",
}  # fmt: skip
"""Languages whose words have stems, by their codes, and what Snowball calls them."""

_OF_THREAD = local()


def stemmer(language: str) -> Callable[[str], str] | None:
    """What gives the stem of a word, for this thread alone; None for a language without rules."""
    name = STEMMERS.get(language)
    if name is None:
        return None
    known: dict[str, Callable[[str], str]] = _OF_THREAD.__dict__
    if name not in known:
        from Stemmer import Stemmer

        known[name] = Stemmer(name).stemWord
    return known[name]

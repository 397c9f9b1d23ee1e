"""Synonyms of English words, by WordNet, which comes inside the package ``oyemi``: no download, no network."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from threading import local

NAME = "WordNet"
MAX_SENSES = 6
"""Meanings of a word whose synonyms are told, the most usual first."""

_ENDINGS = (("ies", "y"), ("es", ""), ("s", ""))
_OF_THREAD = local()


@dataclass(frozen=True)
class Synonym:
    """Attributes:
    sense: which of the word's meanings it shares, from 1, the most usual one.
    """

    term: str
    sense: int


@lru_cache(maxsize=10_000)
def synonyms(term: str) -> tuple[Synonym, ...] | None:
    """Those of a word or fixed phrase, the most usual meaning's first; None when the lexicon does not have it.

    A plural that it does not have is looked for as its singular.
    """
    written = " ".join(term.casefold().split())
    for form in (written, *(written.removesuffix(end) + to for end, to in _ENDINGS if written.endswith(end))):
        senses = _senses(form)
        if senses:
            return tuple(_of_senses(senses, {form, written}))
    return None


def _of_senses(senses: list[str], known: set[str]) -> list[Synonym]:
    found = []
    for number, sense in enumerate(senses[:MAX_SENSES], start=1):
        for (word,) in _query("SELECT word FROM lexicon WHERE code = ? ORDER BY priority DESC, word", sense):
            if word not in known:
                known.add(word)
                found.append(Synonym(word, number))
    return found


def _senses(word: str) -> list[str]:
    return [code for (code,) in _query("SELECT code FROM lexicon WHERE word = ? ORDER BY priority DESC, code", word)]


def _query(statement: str, value: str) -> list[tuple[str]]:
    if not hasattr(_OF_THREAD, "connection"):
        _OF_THREAD.connection = sqlite3.connect(f"file:{_database()}?mode=ro&immutable=1", uri=True)
    rows: list[tuple[str]] = _OF_THREAD.connection.execute(statement, (value,)).fetchall()
    return rows


@cache
def _database() -> Path:
    """Where the package's data lies; the package itself, which would map it into memory, is not loaded."""
    found = find_spec("Oyemi")
    if found is None or found.origin is None:
        raise LookupError("the lexicon is not installed here")
    return Path(found.origin).parent.parent / "data" / "lexicon.db"

"""What somebody looks for: words, ``"phrases"``, ``-words`` that must not be there, and ``title:words``."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from fermata.content.words import words
from fermata.domain.errors import InvalidInput

MAX_QUESTION = 500
"""Characters."""

MAX_WORDS = 16
"""Words of a question that are looked for."""

MAX_FORMS = 8
"""Terms that a word is looked for by, at most: most languages leave a word of another one's script as it is."""

Term = frozenset[str]
"""A word of a question: the terms that it is found by, any of them."""

_CLAUSE = re.compile(r'(?P<not>-)?(?P<title>title:)?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))', re.IGNORECASE)


@dataclass(frozen=True)
class Clause:
    """A word or phrase of a question.

    Attributes:
        terms: of its words, in order.
        phrase: whether they have to follow one another.
        title: whether only titles and headings count.
    """

    terms: tuple[Term, ...]
    phrase: bool = False
    title: bool = False


@dataclass(frozen=True)
class Question:
    """Attributes:
    ranked: words that count for the rank; a passage need not have them all.
    needed: phrases, and words of titles, that have to be there.
    unwanted: what must not be there.
    """

    ranked: tuple[Term, ...] = ()
    needed: tuple[Clause, ...] = ()
    unwanted: tuple[Clause, ...] = ()

    @property
    def terms(self) -> list[str]:
        """All that has to be looked up, each once."""
        clauses = (*self.needed, *self.unwanted)
        found = [*self.ranked, *(term for clause in clauses for term in clause.terms)]
        return list(dict.fromkeys(alternative for term in found for alternative in sorted(term)))


def question_of(text: str, languages: Collection[str] = ()) -> Question:
    """Raises InvalidInput for one that names no word to look for. ``languages``: those of the workspace's
    texts, the most usual first."""
    if len(text) > MAX_QUESTION:
        raise InvalidInput("q", f"must have at most {MAX_QUESTION} characters")
    ranked: list[Term] = []
    needed: list[Clause] = []
    unwanted: list[Clause] = []
    left = MAX_WORDS
    for found in _CLAUSE.finditer(text):
        terms = tuple(_terms(found["phrase"] or found["word"] or "", languages))[: max(left, 0)]
        if not terms:
            continue
        left -= len(terms)
        # A word that is several to the index, as `e-mail`, is a phrase where each of them alone would say too little.
        phrase = found["phrase"] is not None and len(terms) > 1
        clause = Clause(terms, phrase or bool(found["not"] and len(terms) > 1), bool(found["title"]))
        if found["not"]:
            unwanted.append(clause)
            continue
        if clause.phrase or clause.title:
            needed.append(clause)
        ranked += [term for term in terms if term not in ranked]
    if not ranked:
        raise InvalidInput("q", "has no word to look for")
    return Question(tuple(ranked), tuple(needed), tuple(unwanted))


def _terms(text: str, languages: Collection[str]) -> Iterator[Term]:
    """The words of a text, each with the terms that it has in any of the languages and in none."""
    readings = [list(words(text, language)) for language in ("", *languages)]
    for same in zip(*readings, strict=True):
        yield frozenset(list(dict.fromkeys(term for reading in same for term in reading))[:MAX_FORMS])

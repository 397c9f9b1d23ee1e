"""A record as it is compared: its DOI, its title without what people write differently, its authors, a sketch of its text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

from fermata.domain.kind import Json
from fermata.toolkit.papers import normal_doi, plain
from fermata.toolkit.papers.paper import year_of
from fermata.toolkit.text.folding import folded

PERMUTATIONS = 128
"""Of a sketch: the similarity of two texts is told to about 0.03."""

SEED = 20_260_101
PHRASE = 3
"""Words of a phrase by which texts are compared."""

SHORTEST = 20
"""Words that a text needs to be compared."""

MAX_TEXT = 200_000
Method = Literal["doi", "title", "fuzzy", "text"]
_WORD = re.compile(r"\w+")
_ROMAN = re.compile(r"[ivx]{1,4}")


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What makes two records the same.

    Attributes:
        methods: the same DOI, the same ``title`` but for case, accents and signs, a ``fuzzy`` title with authors and year that
            agree, most of the same ``text``.
        title_field, authors_field, year_field, doi_field, text_field: where a record has them.
        title_similarity: how much of two titles must be the same for ``fuzzy``, from 0 to 1.
        text_similarity: how many phrases of two texts must be the same for ``text``, from 0 to 1.
    """

    methods: tuple[Method, ...] = ("doi", "title", "fuzzy", "text")
    title_field: str = "title"
    authors_field: str = "authors"
    year_field: str = "year"
    doi_field: str = "doi"
    text_field: str = "abstract"
    title_similarity: float = 0.9
    text_similarity: float = 0.7


@dataclass(frozen=True)
class Fingerprint:
    """What is compared of a record.

    Attributes:
        by: what added the record; tells later whether somebody has changed it.
        title: its words, folded, between single blanks.
        numbers: those in the title, Roman ones at its end too: part 1 is not part 2.
        surnames: of the authors, folded, sorted.
        sketch: MinHash of the text's phrases; empty for a short one.
        filled: how many columns have a value.
    """

    key: str
    by: str
    doi: str
    title: str
    numbers: tuple[str, ...]
    surnames: tuple[str, ...]
    year: int | None
    sketch: tuple[int, ...]
    filled: int

    def shown(self) -> dict[str, Json]:
        return asdict(self)

    @classmethod
    def of(cls, shown: Mapping[str, Json]) -> Self:
        lists = {name: tuple(shown[name]) for name in ("numbers", "surnames", "sketch")}
        return cls(**{**shown, **lists})


def fingerprint(key: str, by: str, values: Mapping[str, Json], rules: Rules) -> Fingerprint:
    words = _words(plain(_text(values.get(rules.title_field))))
    text = _words(plain(_text(values.get(rules.text_field))[:MAX_TEXT])) if "text" in rules.methods else []
    return Fingerprint(
        key=key,
        by=by,
        doi=normal_doi(values.get(rules.doi_field)),
        title=" ".join(words),
        numbers=tuple(
            sorted(word for number, word in enumerate(words) if _is_number(word, last=number == len(words) - 1))
        ),
        surnames=tuple(sorted(_surnames(values.get(rules.authors_field)))),
        year=year_of(values.get(rules.year_field)),
        sketch=_sketch(text),
        filled=sum(value not in (None, "", [], {}) for value in values.values()),
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _words(text: str) -> list[str]:
    return _WORD.findall(folded(unicodedata.normalize("NFKC", text)))


def _is_number(word: str, *, last: bool) -> bool:
    return any(map(str.isdigit, word)) or (last and _ROMAN.fullmatch(word) is not None)


def _surnames(authors: Any) -> set[str]:
    """Of a list, or of a text with commas, semicolons or ``and`` between names."""
    if isinstance(authors, str):
        parts = re.split(r"\s*;\s*|\s+and\s+", authors) if ";" in authors or " and " in authors else authors.split(",")
        authors = parts
    names = [name for name in authors if isinstance(name, str)] if isinstance(authors, list) else []
    return {surname for name in names if (surname := _surname(name))}


def _surname(name: str) -> str:
    """``Doe, Jane``, ``Jane Doe`` and ``Doe J`` alike."""
    before, comma, _ = name.partition(",")
    words = _words(before if comma else name)
    if not words:
        return ""
    if comma:
        return words[-1]
    long = [word for word in words if len(word) > 1]
    initials = len(words[-1]) <= 2 and name.split()[-1].strip(".").isupper()
    return (long[0] if initials and long else words[-1]) if words else ""


def _sketch(words: list[str]) -> tuple[int, ...]:
    if len(words) < SHORTEST:
        return ()
    from rensa import RMinHash  # type: ignore[import-untyped]

    minhash = RMinHash(num_perm=PERMUTATIONS, seed=SEED)
    minhash.update([" ".join(words[at : at + PHRASE]) for at in range(len(words) - PHRASE + 1)])
    return tuple(minhash.digest())

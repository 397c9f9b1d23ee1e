"""Whether two records mean the same, and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fermata.toolkit.duplicates.fingerprints import Fingerprint, Rules

TELLING = 3
"""Words from which on a title by itself says which work is meant; "Editorial" and "Introduction" say nothing."""

AUTHORS = 0.5
"""Share of the shorter list of authors that must be in the longer."""

YEARS = 2
"""Years between a preprint and what is made of it, at most."""

SPELLING = 0.85
"""How much of two surnames must be the same for one to be a slip of the other."""


def reasons(one: Fingerprint, other: Fingerprint, rules: Rules) -> list[dict[str, Any]]:
    """``{"method", "score"}`` for each way in which they are the same; none: they are not."""
    checks = {"doi": _doi, "title": _title, "fuzzy": _fuzzy, "text": _text}
    found = ((method, checks[method](one, other, rules)) for method in rules.methods)
    return [{"method": method, "score": round(score, 3)} for method, score in found if score is not None]


def _doi(one: Fingerprint, other: Fingerprint, rules: Rules) -> float | None:
    return 1.0 if one.doi and one.doi == other.doi else None


def _title(one: Fingerprint, other: Fingerprint, rules: Rules) -> float | None:
    if not one.title or one.title != other.title:
        return None
    agreed, known = _agreement(one, other)
    if len(one.title.split()) < TELLING:
        same = one.year == other.year and one.surnames == other.surnames and not (one.doi and other.doi)
        return 1.0 if known == 2 and same else None
    return 1.0 if agreed else None


def _fuzzy(one: Fingerprint, other: Fingerprint, rules: Rules) -> float | None:
    """Titles that differ by slips, words in another order or a subtitle, with authors and year that agree."""
    if one.numbers != other.numbers or not one.title or not other.title or one.title == other.title:
        return None
    agreed, known = _agreement(one, other)
    if not agreed:
        return None
    from rapidfuzz import fuzz

    score = max(fuzz.ratio(one.title, other.title), fuzz.token_sort_ratio(one.title, other.title)) / 100
    if known == 2 and _has_subtitle(one.title, other.title):
        score = max(score, 0.95)
    # Where little else is known, the titles must say more.
    needed: float = rules.title_similarity + (0.0 if known == 2 else 0.05 if known == 1 else 0.08)
    return score if score >= min(needed, 1.0) else None


def _text(one: Fingerprint, other: Fingerprint, rules: Rules) -> float | None:
    if not one.sketch or not other.sketch or one.numbers != other.numbers:
        return None
    score = sum(a == b for a, b in zip(one.sketch, other.sketch, strict=True)) / len(one.sketch)
    return score if score >= rules.text_similarity else None


def _agreement(one: Fingerprint, other: Fingerprint) -> tuple[bool, int]:
    """Whether authors and years agree where both records know them, and how many of the two are known."""
    checks = list(_checks(one, other))
    return all(checks), len(checks)


def _checks(one: Fingerprint, other: Fingerprint) -> Iterator[bool]:
    if one.year is not None and other.year is not None:
        yield abs(one.year - other.year) <= YEARS
    if one.surnames and other.surnames:
        fewer, more = sorted((one.surnames, other.surnames), key=len)
        yield sum(_is_among(name, more) for name in fewer) >= AUTHORS * len(fewer)


def _is_among(name: str, names: tuple[str, ...]) -> bool:
    from rapidfuzz import fuzz

    return any(name == other or fuzz.ratio(name, other) >= SPELLING * 100 for other in names)


def _has_subtitle(one: str, other: str) -> bool:
    """Whether one title is the other and a subtitle."""
    shorter, longer = sorted((one, other), key=len)
    return len(shorter.split()) >= TELLING + 1 and longer.startswith(f"{shorter} ")

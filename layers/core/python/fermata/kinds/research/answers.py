"""What a model is asked on the way, and what of its answers is taken."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, Field

from fermata.domain.kind import Unit
from fermata.toolkit.llm import Model, Usage, ask_for, fenced


class Queries(BaseModel):
    queries: list[str] = Field(min_length=1, max_length=10, description="Words to type into a search box.")


class Cited(BaseModel):
    text: str = Field(min_length=1, max_length=1_000, description="One sentence.")
    passages: list[int] = Field(max_length=10, description="Numbers of the passages that say so.")


class Report(BaseModel):
    sentences: list[Cited] = Field(max_length=200)


def planned_queries(model: Model, question: str, unit: Unit) -> tuple[list[str], Usage]:
    rules = ["You plan a search. Give two to five queries that together find what answers a question."]
    unit.check()
    found, usage = ask_for(Queries, model, fenced(rules, [question]), unit.settings, unit.deadline)
    return [" ".join(query.split())[:500] for query in found.queries if query.strip()], usage


def written_report(
    model: Model, question: str, passages: Sequence[str], most: int, unit: Unit
) -> tuple[list[Cited], int, Usage]:
    """Its sentences, each with passages that exist, how many were dropped since they name none, and what asking took."""
    rules = [
        f"You write a report of at most {most} sentences that answers a question, from numbered passages and nothing else.",
        "Each sentence names the numbers of the passages that say so. Say where the passages disagree or do not answer.",
    ]
    numbered = [f"[{number}] {passage}" for number, passage in enumerate(passages, 1)]
    unit.check()
    messages = fenced(rules, numbered, f"The question: {question}")
    found, usage = ask_for(Report, model, messages, unit.settings, unit.deadline)
    sound = []
    for sentence in found.sentences[:most]:
        numbers = [number for number in dict.fromkeys(sentence.passages) if 1 <= number <= len(passages)]
        if numbers:
            sound.append(Cited(text=" ".join(sentence.text.split()), passages=numbers))
    return sound, len(found.sentences) - len(sound), usage

"""Improvements that a model proposes for a record's fields."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic import BaseModel, Field

from fermata.domain.kind import Unit
from fermata.toolkit.llm import Model, Usage, ask_for, fenced

GROWTH, SLACK = 2, 200
"""How many times as long as before, and how many characters more, a value may become; a longer one is not taken."""


class ProposedChange(BaseModel):
    field: str = Field(max_length=200)
    value: str = Field(max_length=50_000, description="The whole value as it should be.")


class ProposedChanges(BaseModel):
    changes: list[ProposedChange] = Field(max_length=200, description="Only fields that need a change.")


def model_changes(model: Model, values: Mapping[str, str], unit: Unit) -> tuple[dict[str, str], int, Usage]:
    """Field and new value of what is to be changed, how many proposals were not taken, and what asking took."""
    rules = [
        "You improve a record of a table: a JSON object of fields and their values.",
        f"What is to be improved: {unit.params['instructions']}",
        "Add no facts, leave no fact out, and leave a field alone that needs no change.",
    ]
    unit.check()
    messages = fenced(rules, [json.dumps(dict(values), ensure_ascii=False)])
    found, usage = ask_for(ProposedChanges, model, messages, unit.settings, unit.deadline)
    taken: dict[str, str] = {}
    for change in found.changes:
        before = values.get(change.field)
        if before is not None and change.value.strip() and len(change.value) <= GROWTH * len(before) + SLACK:
            taken[change.field] = change.value
    return (
        {name: value for name, value in taken.items() if value != values[name]},
        len(found.changes) - len(taken),
        usage,
    )

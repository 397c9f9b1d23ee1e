"""The stages of an improvement: each record's differences as a draft, and once a person approves, apply."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from fermata.content.model import Record
from fermata.content.workspace import content_of
from fermata.domain.kind import Finishing, JobError, Json, Kind, Planned, Planning, Policy, Stage, Unit
from fermata.domain.ranges import Ranges
from fermata.kinds.ai_improvement.model_changes import model_changes
from fermata.kinds.ai_improvement.parameters import AiImprovement
from fermata.kinds.ai_improvement.rules import tidied
from fermata.toolkit.llm import SECRETS, Usage, model_for, terms, total_usage
from fermata.toolkit.parameters import parser, schema
from fermata.toolkit.storage import patience

IMPROVE, APPLY = "improve", "apply"
PAGE = 200
MAX_VALUE = 20_000
"""Characters of a value; longer ones are left alone, and named in the draft."""


def plan_improve(job: Planning) -> Iterator[Planned]:
    """The table's records. Cursor: the last key that is named, and how many are."""
    after, known = job.cursor or ("", 0)
    table, limit = content_of(job), job.params["limit"]
    while known < limit and (records := table.records(job.params["table"], after, min(PAGE, limit - known))):
        for record in records:
            known, after = known + 1, record.key
            yield Planned({"key": record.key}, [after, known])
    if not known:
        raise JobError(f"there is nothing in the table {job.params['table']}")


def improve_record(unit: Unit) -> Json:
    """The draft of one record.

    ``{"key", "by": what added the record, null when it is gone, "changes": [{"field", "before", "after", "why": rules}],
    "too_long": fields left alone, "refused": proposals of the model that were not taken, "usage"}``.
    """
    with patience():
        record = content_of(unit).find_records(unit.params["table"], [unit.value["key"]]).get(unit.value["key"])
    if record is None:
        return {"key": unit.value["key"], "by": None, "changes": [], "too_long": [], "refused": 0, "usage": None}
    before = _texts(record.values, unit.params["fields"])
    too_long = [name for name, text in before.items() if len(text) > MAX_VALUE]
    before = {name: text for name, text in before.items() if name not in too_long}
    params = unit.params
    after, why = {}, {}
    for name, text in before.items():
        after[name], why[name] = tidied(text, name, params["rules"], params["date_order"])
    model, refused, usage = model_for(unit), 0, Usage()
    if model is not None and after:
        proposed, refused, usage = model_changes(model, after, unit)
        for name, text in proposed.items():
            after[name] = text
            why[name].append("model")
    changed = [name for name in before if after[name] != before[name]]
    changes = [{"field": name, "before": before[name], "after": after[name], "why": why[name]} for name in changed]
    return {
        "key": record.key,
        "by": record.by,
        "changes": changes,
        "too_long": too_long,
        "refused": refused,
        "usage": usage.shown() if usage.requests else None,
    }


def plan_apply(job: Planning) -> Iterator[Planned]:
    """The records with a change that were approved, by the numbers that the draft gives them."""
    approved = None if job.params.get("approved") is None else Ranges.parse(job.params["approved"])
    for result in job.previous():
        chosen = approved is None or bool(approved & Ranges.span(result.number, result.number + 1))
        if result.error is None and result.value["changes"] and chosen:
            values = {change["field"]: change["after"] for change in result.value["changes"]}
            yield Planned({"key": result.value["key"], "by": result.value["by"], "values": values}, None)


def apply_changes(unit: Unit) -> Json:
    """``{"key", "applied": whether; false when somebody has changed or removed the record since}``."""
    change, table, content = unit.value, unit.params["table"], content_of(unit)
    mine = f"{unit.key}/improved"
    with patience():
        record = content.find_records(table, [change["key"]]).get(change["key"])
        if record is None or record.by not in (change["by"], mine):
            return {"key": change["key"], "applied": False}
        improved = Record(record.key, mine, {**record.values, **change["values"]})
        return {"key": record.key, "applied": content.replace_record(table, improved, change["by"])}


def summary(job: Finishing) -> Json:
    """``{"table", "records", "changed": records with a change, "changes": fields, "by": fields by rule, "applied": records,
    "stale": approved records that somebody has changed since, "usage": null without a model}``."""
    total = {"records": 0, "changed": 0, "changes": 0}
    reasons: dict[str, int] = {}
    usages = []
    for draft in _values(job, IMPROVE):
        total["records"] += 1
        total["changed"] += bool(draft["changes"])
        total["changes"] += len(draft["changes"])
        usages.append(draft["usage"])
        for change in draft["changes"]:
            for reason in change["why"]:
                reasons[reason] = reasons.get(reason, 0) + 1
    applied = [done["applied"] for done in _values(job, APPLY)]
    outcome = {"applied": sum(applied), "stale": len(applied) - sum(applied)}
    usage = total_usage(usages) if job.params["model_name"] else None
    return {"table": job.params["table"], **total, "by": reasons, **outcome, "usage": usage}


def _texts(values: Mapping[str, Json], fields: list[str] | None) -> dict[str, str]:
    return {name: value for name, value in values.items() if isinstance(value, str) and value and _wanted(name, fields)}


def _wanted(name: str, fields: list[str] | None) -> bool:
    return fields is None or name in fields


def _values(job: Finishing, stage: str) -> Iterator[Any]:
    return (result.value for result in job.results(stage) if result.error is None)


ASKING = Policy(concurrency=4, chunk_size=25, timeout=120.0, attempts=4, backoff=1.0)
POLICY = replace(ASKING, rated=False)

AI_IMPROVEMENT = Kind(
    name="ai_improvement",
    title="Improve the records of a table",
    stages=(
        Stage(IMPROVE, plan_improve, improve_record, ASKING),
        Stage(APPLY, plan_apply, apply_changes, POLICY, review=True),
    ),
    families=frozenset({"processes"}),
    parse=parser(AiImprovement),
    schema=schema(AiImprovement),
    finish=summary,
    secrets=SECRETS,
    terms=terms,
)

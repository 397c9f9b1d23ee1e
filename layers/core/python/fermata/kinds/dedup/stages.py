"""The stages of a deduplication: scan the table, compare candidates, group what matches, and once approved, merge."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from fermata.content.model import Record
from fermata.content.workspace import content_of
from fermata.domain import interruption
from fermata.domain.errors import NotFound
from fermata.domain.kind import Files, Finishing, JobError, Json, Kind, Planned, Planning, Policy, Stage, Unit
from fermata.domain.ranges import Ranges
from fermata.kinds.dedup.groups import merged, survivor
from fermata.kinds.dedup.parameters import Dedup, rules
from fermata.toolkit.duplicates import MAX_GROUP, Fingerprint, fingerprint, grouped, pairs, reasons
from fermata.toolkit.parameters import parser, schema
from fermata.toolkit.storage import patience

SCAN, COMPARE, GROUP, MERGE = "scan", "compare", "group", "merge"
PAGE = 200
"""Records that one unit scans."""

BLOCK = 2_000
"""Pairs that one unit compares."""

MAX_RECORDS = 50_000
PRINTS = "prints.json"
"""The job's file with all fingerprints, by the number of the unit that made them."""


def plan_scan(job: Planning) -> Iterator[Planned]:
    """Ranges of keys, of :data:`PAGE` records each. Cursor: the last key that is named, and how many are."""
    after, known = job.cursor or ("", 0)
    table = content_of(job)
    while records := table.records(job.params["table"], after, PAGE):
        known += len(records)
        if known > MAX_RECORDS:
            raise JobError(f"the table has more than {MAX_RECORDS} records")
        last = records[-1].key
        yield Planned({"after": after, "last": last}, [last, known])
        after = last
    if not known:
        raise JobError(f"there is nothing in the table {job.params['table']}")


def scan_page(unit: Unit) -> Json:
    """``{"records", "prints": [their fingerprints]}``."""
    with patience():
        records = list(_range(unit))
    prints = []
    for record in records:
        interruption.check()
        prints.append(fingerprint(record.key, record.by, record.values, rules(unit.params)).shown())
    return {"records": len(prints), "prints": prints}


def plan_compare(job: Planning) -> Iterator[Planned]:
    """Blocks of pairs that are worth comparing, each with the fingerprints it needs among the job's files."""
    known = _load(job.files)
    for result in job.previous():
        if result.error is None:
            known[str(result.number)] = result.value["prints"]
    job.files.put(PRINTS, json.dumps(known).encode())
    prints = _prints(known)
    try:
        wanted = pairs(prints, job.params["methods"])
    except ValueError as error:
        raise JobError(str(error)) from None
    for number, start in enumerate(range(0, len(wanted), BLOCK)):
        block = wanted[start : start + BLOCK]
        used = {str(place): prints[place].shown() for place in sorted({place for pair in block for place in pair})}
        job.files.put(_block(number), json.dumps({"prints": used, "pairs": block}).encode())
        yield Planned({"block": number, "pairs": len(block)}, None)


def compare_block(unit: Unit) -> Json:
    """``{"pairs", "matches": [{"a", "b": keys, "why": [{"method", "score"}]}]}``."""
    with patience():
        block = json.loads(unit.files.get(_block(unit.value["block"])))
    prints = {place: Fingerprint.of(shown) for place, shown in block["prints"].items()}
    matches = []
    for one, other in block["pairs"]:
        interruption.check()
        a, b = prints[str(one)], prints[str(other)]
        if why := reasons(a, b, rules(unit.params)):
            matches.append({"a": a.key, "b": b.key, "why": why})
    return {"pairs": len(block["pairs"]), "matches": matches}


def plan_group(job: Planning) -> Iterator[Planned]:
    """The groups of records that matches join: ``{"keys", "by": what added each record as it was compared, "why"}``."""
    known = json.loads(job.files.get("matches.json")) if job.files.exists("matches.json") else {}
    for result in job.previous():
        if result.error is None:
            known[str(result.number)] = result.value["matches"]
    job.files.put("matches.json", json.dumps(known).encode())
    matches = [match for number in sorted(known, key=int) for match in known[number]]
    by = {one.key: one.by for one in _prints(_load(job.files))}
    for keys in grouped(matches):
        inside = set(keys)
        why = [match for match in matches if match["a"] in inside]
        yield Planned({"keys": keys, "by": [by.get(key) for key in keys], "why": why}, None)


def show_group(unit: Unit) -> Json:
    """The draft of one group.

    ``{"keep": key of the record that stays, "drop": [keys], "titles": by key, "by": what added each record, "why": the matches,
    "record": what the kept one becomes, "changed": [keys of records that are no longer what was compared, which stay as they
    are]}``. A group of too many records is shown without ``keep``: it is not merged.
    """
    with patience():
        found = content_of(unit).find_records(unit.params["table"], unit.value["keys"])
    compared = dict(zip(unit.value["keys"], unit.value["by"], strict=True))
    changed = [key for key, by in compared.items() if key not in found or found[key].by != by]
    records = [found[key] for key in compared if key not in changed]
    field = unit.params["title_field"]
    draft: dict[str, Json] = {
        "keep": None,
        "drop": [],
        "titles": {record.key: str(record.values.get(field) or "")[:300] for record in records},
        "by": {record.key: record.by for record in records},
        "why": unit.value["why"],
        "record": None,
        "changed": changed,
    }
    if not 2 <= len(records) <= MAX_GROUP:
        return draft
    kept = survivor(records, unit.params["doi_field"])
    others = [record for record in records if record is not kept]
    drop = [record.key for record in others]
    return {**draft, "keep": kept.key, "drop": drop, "record": merged(kept, others)}


def plan_merge(job: Planning) -> Iterator[Planned]:
    """The groups that were approved, by the numbers that their drafts have."""
    approved = None if job.params.get("approved") is None else Ranges.parse(job.params["approved"])
    if job.params["merge"] == "never":
        return
    for result in job.previous():
        chosen = approved is None or bool(approved & Ranges.span(result.number, result.number + 1))
        if result.error is None and result.value["keep"] is not None and chosen:
            yield Planned({name: result.value[name] for name in ("keep", "drop", "by")}, None)


def merge_group(unit: Unit) -> Json:
    """``{"keep", "merged": whether, "removed": [keys], "changed": [keys of records that somebody has changed since]}``.

    The kept record is written first, and only over what the draft was made of; then the others go, each only if it is still the
    same. So nothing is lost, whenever this ends.
    """
    group, table = unit.value, unit.params["table"]
    content = content_of(unit)
    with patience():
        found = content.find_records(table, [group["keep"], *group["drop"]])
        mine = f"{unit.key}/merged"
        if group["keep"] in found and found[group["keep"]].by == mine:
            return _removed(unit, [])  # it was written by an attempt that ended here
        changed = [key for key, by in group["by"].items() if key not in found or found[key].by != by]
        if changed:
            return {"keep": group["keep"], "merged": False, "removed": [], "changed": changed}
        kept, others = found[group["keep"]], [found[key] for key in group["drop"]]
        if not content.replace_record(table, Record(kept.key, mine, merged(kept, others)), kept.by):
            return {"keep": kept.key, "merged": False, "removed": [], "changed": [kept.key]}
    return _removed(unit, [])


def summary(job: Finishing) -> Json:
    """``{"table", "records", "pairs": compared, "matches", "groups", "duplicates": records beyond one of each group, "merged":
    groups, "removed": records, "changed": groups that were left since somebody changed them, "methods": matches by method}``.
    """
    total = {
        "records": 0,
        "pairs": 0,
        "matches": 0,
        "groups": 0,
        "duplicates": 0,
        "merged": 0,
        "removed": 0,
        "changed": 0,
    }
    methods: dict[str, int] = dict.fromkeys(job.params["methods"], 0)
    for page in _values(job, SCAN):
        total["records"] += page["records"]
    for block in _values(job, COMPARE):
        total["pairs"] += block["pairs"]
        total["matches"] += len(block["matches"])
        for match in block["matches"]:
            for why in match["why"]:
                methods[why["method"]] += 1
    for group in _values(job, GROUP):
        total["groups"] += 1
        total["duplicates"] += len(group["titles"]) - 1
    for done in _values(job, MERGE):
        total["merged"] += done["merged"]
        total["removed"] += len(done["removed"])
        total["changed"] += bool(done["changed"])
    return {"table": job.params["table"], **total, "methods": methods}


def _range(unit: Unit) -> Iterator[Record]:
    """The records of the unit's range as they are now; ones that have come since are among them."""
    after, last = unit.value["after"], unit.value["last"]
    while records := content_of(unit).records(unit.params["table"], after, PAGE):
        for record in records:
            if record.key.encode() > last.encode():
                return
            yield record
        after = records[-1].key


def _removed(unit: Unit, changed: list[str]) -> dict[str, Json]:
    group = unit.value
    removed: list[str] = []
    with patience():
        for key in group["drop"]:
            gone = content_of(unit).remove_record(unit.params["table"], key, group["by"][key])
            (removed if gone else changed).append(key)
    return {"keep": group["keep"], "merged": True, "removed": removed, "changed": changed}


def _load(files: Files) -> dict[str, Any]:
    try:
        return dict(json.loads(files.get(PRINTS)))
    except (NotFound, KeyError):
        return {}


def _prints(known: Mapping[str, Any]) -> list[Fingerprint]:
    """All fingerprints, each key once."""
    listed = (Fingerprint.of(shown) for number in sorted(known, key=int) for shown in known[number])
    return list({one.key: one for one in listed}.values())


def _block(number: int) -> str:
    return f"blocks/{number}.json"


def _values(job: Finishing, stage: str) -> Iterator[Any]:
    return (result.value for result in job.results(stage) if result.error is None)


POLICY = Policy(concurrency=2, chunk_size=10, timeout=120.0, attempts=5, backoff=1.0)

DEDUP = Kind(
    name="dedup",
    title="Find and merge duplicates",
    stages=(
        Stage(SCAN, plan_scan, scan_page, POLICY),
        Stage(COMPARE, plan_compare, compare_block, POLICY),
        Stage(GROUP, plan_group, show_group, POLICY),
        Stage(MERGE, plan_merge, merge_group, POLICY, review=True, unless=lambda params: params["merge"] != "review"),
    ),
    families=frozenset({"tasks"}),
    parse=parser(Dedup),
    schema=schema(Dedup),
    finish=summary,
)

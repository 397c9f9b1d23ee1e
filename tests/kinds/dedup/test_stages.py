from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fermata.content.model import Record, WorkspaceRef
from fermata.domain.transitions import Status
from fermata.kinds.dedup import DEDUP
from fermata.testing import Workbench
from fermata.toolkit.parameters import InvalidParameters

HERE = WorkspaceRef("default", "default")
TEXT = " ".join(f"word{number}" for number in range(120))

BEES = {"title": "Honey bees and the yield of apple orchards", "authors": ["Jane Doe", "Rita Roe"], "year": 2020}
PAPERS: dict[str, dict[str, Any]] = {
    "arxiv:1": {**BEES, "doi": "10.48550/arXiv.1", "abstract": "A preprint."},
    "doi:10.1/b": {**BEES, "title": "Honey-Bees and the Yield of Apple Orchards.", "year": 2021, "doi": "10.1000/b"},
    "s2:1": {**BEES, "title": "Honey bees and the yeild of apple orchards", "authors": ["Doe, J.", "Roe, R."]},
    "x:1": {"title": "Sensors, part 1", "authors": ["A. Poe"], "year": 2019},
    "x:2": {"title": "Sensors, part 2", "authors": ["A. Poe"], "year": 2019},
    "y:1": {"title": "Editorial", "abstract": TEXT},
    "y:2": {"title": "From the editors", "abstract": TEXT.replace("word7 ", "")},
    "z:1": {"title": "Editorial"},
}


def fill(jobs: Any, papers: dict[str, dict[str, Any]] = PAPERS) -> None:
    jobs.content.records.add(HERE, "papers", [Record(key, f"by-{key}", values) for key, values in papers.items()])


def table(jobs: Any) -> dict[str, Any]:
    return {record.key: dict(record.values) for record in jobs.content.records.page(HERE, "papers", limit=5_000)}


def groups(jobs: Any, ref: Any) -> list[set[str]]:
    return [set(group["titles"]) for group in jobs.values(ref, 2)]


BEE_KEYS, EDITORIALS = {"arxiv:1", "doi:10.1/b", "s2:1"}, {"y:1", "y:2"}


def test_duplicates_are_shown_with_reasons_and_nothing_is_merged_unasked(jobs: Any) -> None:
    fill(jobs)
    ref = jobs.run("dedup")
    assert jobs.job(ref).status is Status.WAITING_REVIEW
    assert groups(jobs, ref) == [BEE_KEYS, EDITORIALS]
    bees, editorials = jobs.values(ref, 2)
    assert (bees["keep"], bees["drop"]) == ("doi:10.1/b", ["arxiv:1", "s2:1"])
    assert {why["method"] for match in bees["why"] for why in match["why"]} == {"title", "fuzzy"}
    assert [why["method"] for why in editorials["why"][0]["why"]] == ["text"]
    assert table(jobs) == PAPERS


def test_approved_groups_are_merged_and_others_stay(jobs: Any) -> None:
    fill(jobs)
    ref = jobs.run("dedup")
    jobs.approve(ref, "0")
    left = table(jobs)
    assert set(left) == set(PAPERS) - {"arxiv:1", "s2:1"}
    assert left["doi:10.1/b"]["abstract"] == "A preprint."
    assert left["doi:10.1/b"]["merged_from"] == ["arxiv:1", "s2:1"]
    result = jobs.job(ref).result
    assert (result["records"], result["groups"], result["duplicates"]) == (8, 2, 3)
    assert (result["merged"], result["removed"], result["changed"]) == (1, 2, 0)


@pytest.mark.parametrize(("merge", "left"), [("now", 5), ("never", 8)])
def test_a_job_that_is_told_so_does_not_ask(jobs: Any, merge: str, left: int) -> None:
    fill(jobs)
    ref = jobs.run("dedup", merge=merge)
    assert (jobs.job(ref).status, len(table(jobs))) == (Status.COMPLETED, left)


def test_a_rejected_draft_changes_nothing(jobs: Any) -> None:
    fill(jobs)
    jobs.reject(jobs.run("dedup"))
    assert table(jobs) == PAPERS


def test_a_record_that_somebody_changed_since_is_left_alone(jobs: Any) -> None:
    fill(jobs)
    ref = jobs.run("dedup")
    jobs.content.records.replace(HERE, "papers", Record("s2:1", "ann", {"title": "New"}), "by-s2:1")
    jobs.approve(ref)
    assert set(table(jobs)) > BEE_KEYS and table(jobs)["s2:1"] == {"title": "New"}
    assert jobs.values(ref, 3)[0] == {"keep": "doi:10.1/b", "merged": False, "removed": [], "changed": ["s2:1"]}
    assert (jobs.job(ref).result["merged"], jobs.job(ref).result["changed"]) == (1, 1)


@pytest.mark.parametrize("unit", range(1, 6))
def test_a_table_that_changes_meanwhile_loses_nothing_but_what_was_compared(unit: int) -> None:
    bench = Workbench()
    bench.content.add("papers", [Record(key, f"by-{key}", values) for key, values in PAPERS.items()])

    def change() -> None:
        bench.content.remove_record("papers", "s2:1", "by-s2:1")
        bench.content.replace_record("papers", Record("y:1", "ann", {"title": "New"}), "by-y:1")
        bench.content.add("papers", [Record("n:1", "ann", BEES)])

    bench.before_unit(unit, change)
    job = bench.run("dedup", merge="now")
    left = {record.key: record.values for record in bench.content.records("papers")}
    assert job.status == "completed" and left["y:1"] == {"title": "New"}
    assert set(PAPERS) - set(left) <= BEE_KEYS
    assert "n:1" in left or any("n:1" in record.get("merged_from", ()) for record in left.values())


def test_a_killed_worker_loses_no_record(killing: Any) -> None:
    jobs = killing("dedup", stage=3, nth=1)
    fill(jobs)
    ref = jobs.start("dedup", merge="now")
    jobs.outlive()
    assert jobs.job(ref).status is Status.COMPLETED
    assert table(jobs)["doi:10.1/b"]["merged_from"] == ["arxiv:1", "s2:1"] and len(table(jobs)) == 5


def test_many_records_are_compared_in_blocks_by_few_pairs(jobs: Any) -> None:
    fill(
        jobs,
        {
            f"k{number:04}": {"title": f"Study of topic{number // 2}", "doi": f"10.1000/{number // 2}"}
            for number in range(450)
        },
    )
    ref = jobs.run("dedup", merge="never")
    result = jobs.job(ref).result
    assert (result["records"], result["groups"], len(jobs.values(ref))) == (450, 225, 3)
    assert result["pairs"] < 2_000


def test_the_sample_has_three_duplicates(jobs: Any, samples: Path) -> None:
    rows = [json.loads(line) for line in (samples / "papers.jsonl").read_text().splitlines()]
    fill(jobs, {row["key"]: row for row in rows})
    result = jobs.job(jobs.run("dedup", merge="never")).result
    assert (result["groups"], result["duplicates"]) == (2, 3)


@pytest.mark.parametrize(
    "papers", [{}, {"a": {"title": 3, "doi": ["x"], "authors": {"a": 1}, "year": [], "abstract": None}}]
)
def test_a_table_without_anything_to_compare_is_no_crash(jobs: Any, papers: dict[str, Any]) -> None:
    fill(jobs, papers)
    job = jobs.job(jobs.run("dedup", merge="never"))
    assert job.status is (Status.COMPLETED if papers else Status.FAILED)
    assert papers or "there is nothing in the table papers" in job.error


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("table", "a/b"),
        ("methods", []),
        ("methods", ["guess"]),
        ("title_similarity", 1.1),
        ("merge", "maybe"),
        ("x", 1),
    ],
)
def test_a_bad_parameter_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(InvalidParameters) as refusal:
        DEDUP.parse({name: value})
    assert refusal.value.errors()[0]["loc"][0] == name

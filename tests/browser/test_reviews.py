"""The draft of each kind that asks for a review: all of it, some or none, with a reason."""

import re
from dataclasses import dataclass, field

import pytest
from fermata.bootstrap import memory_content
from fermata.content.model import Record, WorkspaceRef
from fermata.kinds.registry import Registry
from playwright.sync_api import expect

BEES = {"title": "Honey bees and the yield of apple orchards", "authors": ["Jane Doe", "Rita Roe"], "year": 2020}
SENSORS = {"title": "Sensors for the moisture of sandy soils", "authors": ["A. Poe"], "year": 2019}
PAPERS = {"a": BEES, "b": {**BEES, "year": 2021}, "c": SENSORS, "d": {**SENSORS, "title": SENSORS["title"].upper()}}


@dataclass
class Draft:
    """A job whose draft has parts.

    Attributes:
        records: what its table has before, by key.
        shows: what the draft has in it.
        applied: which number of the result says how much was applied, and how much that is when the first part is not.
    """

    params: dict
    shows: str
    applied: tuple[str, int]
    records: dict = field(default_factory=dict)
    table: str = "records"


DRAFTS = {
    "csv_import": Draft({"text": "id,name\n1,Ann\n2,Bo\n3,Cy\n", "unique": "id"}, "Bo", ("applied", 2)),
    "dedup": Draft({}, "alike by title", ("merged", 1), PAPERS, "papers"),
    "ai_location_import": Draft({"text": "Trains from Łódź stop in Warsaw and in Paris."}, "Warsaw", ("stored", 2)),
    "ai_improvement": Draft({}, "Köln", ("applied", 1), {"1": {"city": "KÃ¶ln"}, "2": {"city": "BERLIN IST GROSS"}}),
    "research": Draft({"question": "How do swifts find their way?", "review": True}, "swifts", ("queries", 0)),
}
REVIEWED = sorted(name for name, kind in Registry().items() if any(stage.review for stage in kind.stages))


@pytest.fixture
def reviewed(scene, page, request):
    """The page of a draft, and its job."""

    def reviewed(name):
        draft, workspace = DRAFTS[name], f"{request.function.__name__[5:9]}-{name}"
        records = [Record(key, f"by-{key}", values) for key, values in draft.records.items()]
        memory_content(scene.server.world).records.add(WorkspaceRef("default", workspace), draft.table, records)
        job = scene.client.jobs.create(name, draft.params, workspace=workspace)
        scene.until(job, "waiting_review")
        page.goto(f"/dashboard/review/{job.id}")
        expect(page.locator("main")).to_contain_text(draft.shows)
        return job

    return reviewed


def decide(page, button, verb, reason):
    page.get_by_role("button", name=button).click()
    page.get_by_label("Reason").fill(reason)
    page.get_by_role("dialog").get_by_role("button", name=verb, exact=True).click()


def history(job):
    return str([event.data for event in job.events()])


@pytest.mark.parametrize("name", REVIEWED)
def test_all_of_a_draft_is_approved_or_the_first_part_left_out(scene, page, reviewed, name):
    job, (counted, some) = reviewed(name), DRAFTS[name].applied
    ticks = page.locator("main").get_by_role("checkbox", disabled=False)
    if ticks.count() == 1:
        decide(page, "Approve all", "Approve", "looked at it")
    else:
        ticks.first.uncheck()
        decide(page, re.compile(r"Approve \d+ of \d+"), "Approve these", "looked at it")
    expect(page.get_by_role("region", name="Progress")).to_contain_text("Completed")
    assert some == 0 or job.refresh().result[counted] == some
    assert "looked at it" in history(job)


@pytest.mark.parametrize("name", REVIEWED)
def test_none_of_a_draft_is_applied_when_it_is_rejected(page, reviewed, name):
    job = reviewed(name)
    page.get_by_role("button", name="Tick none").click()
    expect(page.get_by_role("button", name=re.compile(r"Approve 0 of \d+"))).to_be_disabled()
    decide(page, "Reject", "Reject", "the wrong file")
    expect(page.get_by_role("region", name="Progress")).to_contain_text("Cancelled")
    assert "the wrong file" in history(job)

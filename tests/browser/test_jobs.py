"""The list of jobs."""

import re

import crowd
import pytest
from playwright.sync_api import expect


def rows(page):
    return page.get_by_role("table", name="Jobs").locator(".rows .row")


def test_a_new_job_appears_by_itself_and_moves_on(scene, page):
    page.goto("/dashboard/jobs")
    scene.letterbox.gate.clear()
    job = scene.start(title="Summer letters")
    row = rows(page).filter(has_text=job.id)
    expect(row).to_contain_text("Running")
    scene.letterbox.gate.set()
    expect(row).to_contain_text("Completed")


def test_filters_stand_in_the_address_and_are_read_from_it(scene, page):
    for bad in (6, 0):
        scene.end(scene.start(title="Filtered", bad=bad))
    page.goto("/dashboard/jobs?q=filtered")
    expect(rows(page)).to_have_count(2)
    page.get_by_role("button", name=re.compile("^Failed [0-9]")).click()
    expect(rows(page)).to_have_count(1)
    assert "status=failed" in page.url
    page.reload()
    expect(rows(page)).to_have_count(1)
    expect(page.get_by_role("button", name=re.compile("^Failed [0-9]"))).to_have_attribute("aria-pressed", "true")


LINKS = {
    "q=deep+link": ("Search jobs", "deep link", "q=shallow"),
    "kind=letters": ("Kind", "letters", "kind=probe"),
    "sort=failed": ("Order", "failed", "q=shallow"),
    "family=jobs": ("Started by", "jobs", "family=tasks"),
    "workspace=attic": ("Workspace", "attic", "workspace=cellar"),
    "user=embedded": ("Person", "embedded", "user=nobody"),
    "label=team%3Ddeep": ("Labels", "team=deep", "label=team%3Dflat"),
    "from=2020-01-01": ("From", "2020-01-01", "from=2999-01-01"),
    "to=2999-12-31": ("to", "2999-12-31", "to=2020-12-31"),
}
CHIPS = {"status=completed": ("Completed", "status=failed"), "failed_units=true": ("With failed units", "held=true")}


@pytest.fixture
def linked(scene):
    """A job that every one of the links leads to."""
    params = {"title": "Deep link", "units": 2, "bad": 1}
    job = scene.client.jobs.create("letters", params, workspace="attic", labels={"team": "deep"})
    scene.end(job)
    return job


def test_each_filter_is_a_link(page, linked):
    """It says what it lets through, and lets nothing else through."""
    row = rows(page).filter(has_text=linked.id)
    for link, (control, value, other) in LINKS.items():
        page.goto(f"/dashboard/jobs?{link}")
        expect(row).to_have_count(1)
        expect(page.get_by_label(control, exact=True)).to_have_value(value)
        page.goto(f"/dashboard/jobs?{other}")
        expect(page.locator("main h2, main .row").first).to_be_visible()
        expect(row).to_have_count(0)
    for link, (chip, other) in CHIPS.items():
        page.goto(f"/dashboard/jobs?{link}")
        expect(row).to_have_count(1)
        expect(page.get_by_role("button", name=re.compile(f"^{chip}"))).to_have_attribute("aria-pressed", "true")
        page.goto(f"/dashboard/jobs?{other}&q=deep+link")
        expect(page.get_by_role("heading", level=2).first).to_be_visible()
        expect(row).to_have_count(0)


def test_a_job_with_failed_units_says_so(scene, page):
    scene.start(title="Half good", units=4, bad=2).wait()
    page.goto("/dashboard/jobs?q=half+good")
    expect(rows(page)).to_contain_text("Completed, 2 failed")


def test_those_with_failed_units_are_chosen_by_the_server_and_acted_on(scene, page):
    scene.client.jobs.create("letters", {"units": 4, "bad": 2}, labels={"post": "odd"}).wait()
    scene.client.jobs.create("letters", {"units": 4}, labels={"post": "odd"}).wait()
    page.goto("/dashboard/jobs?label=post%3Dodd")
    expect(rows(page)).to_have_count(2)
    page.get_by_role("button", name="With failed units").click()
    expect(rows(page)).to_have_count(1)
    assert "failed_units=true" in page.url
    page.get_by_role("link", name="Act on all of these").click()
    page.get_by_role("button", name="Retry", exact=True).click()
    expect(page.get_by_text("failed units")).to_be_visible()
    expect(page.get_by_role("region", name="What would happen")).to_contain_text("1 would be retried")


def test_keys_walk_open_and_hold(scene, page):
    scene.letterbox.gate.clear()
    job = scene.start(title="By keyboard", units=40)
    page.goto("/dashboard/jobs?q=keyboard")
    expect(rows(page)).to_have_count(1)
    page.keyboard.press("j")
    expect(rows(page).get_by_role("link")).to_be_focused()
    page.keyboard.press("p")
    page.get_by_role("dialog").get_by_role("button", name="Pause").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(rows(page)).to_contain_text(re.compile("Paus"))
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search jobs")).to_be_focused()
    page.keyboard.press("Escape")
    job.resume()


@pytest.fixture
def crowded(scene):
    """The tenant ``crowded`` has 2,000 jobs."""
    crowd.fill(scene.server.world, "crowded", 2_000)
    yield
    crowd.empty(scene.server.world, "crowded")


def test_of_many_jobs_what_is_in_sight_is_drawn_and_each_page_is_read_once(context, sign_in, crowded, crowded_key):
    sign_in(context, crowded_key)
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url) if "/jobs?" in request.url else None)
    page.goto("/dashboard/jobs")
    expect(page.get_by_text("more than 100 jobs")).to_be_visible()
    assert (rows(page).count() < 60, [url for url in asked if "cursor" in url]) == (True, [])
    page.mouse.wheel(0, 100_000)
    expect(page.get_by_text("more than 100 jobs")).to_have_count(0)
    assert rows(page).count() < 60
    page.get_by_label("Order").select_option("Most failures first")
    expect(page.get_by_text("2,000 jobs", exact=True)).to_be_visible()
    page.get_by_role("searchbox", name="Search jobs").fill("crowd-00711")
    expect(rows(page)).to_have_count(1)
    page.get_by_role("searchbox", name="Search jobs").fill("")
    expect(page.get_by_text("2,000 jobs", exact=True)).to_be_visible()
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    expect(rows(page).last).to_have_attribute("aria-rowindex", "2001")
    assert (rows(page).count() < 60, sum("cursor" in url for url in asked)) == (True, 4)


def test_the_list_goes_on_after_the_server_was_away(scene, page):
    page.goto("/dashboard/jobs")
    expect(page.get_by_role("heading", name="Jobs")).to_be_visible()
    scene.door.open = False
    expect(page.get_by_text("The server can't be reached")).to_be_visible()
    scene.door.open = True
    expect(page.get_by_text("The server can't be reached")).to_have_count(0)
    expect(rows(page).filter(has_text=scene.start(title="After").id)).to_have_count(1)


def test_where_there_is_no_stream_the_list_is_read_again(scene, page):
    page.route("**/api/v1/stream", lambda route: route.abort())
    page.goto("/dashboard/jobs")
    expect(page.get_by_role("heading", name="Jobs")).to_be_visible()
    job = scene.start(title="Without a stream", units=2)
    expect(rows(page).filter(has_text=job.id)).to_contain_text("Completed")
    expect(page.get_by_text("The server can't be reached")).to_have_count(0)


def test_each_status_is_counted(scene, page):
    scene.end(scene.start(units=1))
    page.goto("/dashboard/jobs")
    expect(page.get_by_role("button", name=re.compile("^Completed [1-9]"))).to_be_visible()

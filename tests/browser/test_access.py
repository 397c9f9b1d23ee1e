"""Whoever can't see well, or has no mouse, or little room."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

VIEWS = [
    "jobs",
    "start",
    "start?kind=csv_import",
    "review",
    "bulk",
    "batches",
    "sources",
    "search?q=anything",
    "records",
    "schedules",
    "start?kind=letters&when=schedule",
    "system",
    "audit",
    "keys",
    "webhooks",
    "more",
]
ROWS = "main tbody tr, main .cards > li"
FOCUSED = f"[...document.querySelectorAll('{ROWS}')].findIndex((row) => row.contains(document.activeElement))"
SERIOUS = {"serious", "critical"}


def faults(page):
    found = Axe().run(page).response["violations"]
    return [(one["id"], one["nodes"][0]["html"][:160]) for one in found if one["impact"] in SERIOUS]


@pytest.fixture
def jobs(scene):
    """Jobs that look different."""
    made = {"good": scene.start(title="Good", units=2), "bad": scene.start(title="Bad", units=4, bad=2)}
    for job in made.values():
        scene.end(job)
    scene.letterbox.gate.clear()
    made["held"] = scene.start(title="Held", units=40)
    made["held"].pause(reason="Lunch")
    made["review"] = scene.start("csv_import", text="a,b\n1,x\n2,y\n", table="axe")
    scene.letterbox.gate.set()
    scene.until(made["review"], "waiting_review")
    yield made
    for name in ("held", "review"):
        made[name].cancel()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_is_found_in_any_view(page, jobs, scheme):
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    tabs = [f"jobs/{jobs['bad'].id}{tab}" for tab in ("", "?tab=timeline", "?tab=history", "?tab=parameters")]
    for view in [*VIEWS, *tabs, f"jobs/{jobs['held'].id}", f"jobs/{jobs['good'].id}", f"review/{jobs['review'].id}"]:
        page.goto(f"/dashboard/{view}")
        expect(page.locator("main h1")).to_be_visible()
        expect(page.locator("main > :nth-child(2)").first).to_be_attached()
        assert (view, faults(page)) == (view, [])


def test_nothing_serious_is_found_where_one_signs_in(anybody):
    anybody.goto("/dashboard/")
    expect(anybody.get_by_label("API key")).to_be_visible()
    assert faults(anybody) == []


def test_a_dialog_has_nothing_serious_and_gives_the_focus_back(page, jobs):
    page.goto(f"/dashboard/jobs/{jobs['bad'].id}")
    page.get_by_role("button", name="Retry", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert faults(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Retry", exact=True)).to_be_focused()


def test_keys_walk_the_rows_of_each_list_and_choose_in_them(page, jobs):
    for view in ("review", "audit", "keys", "start", f"jobs/{jobs['bad'].id}"):
        page.goto(f"/dashboard/{view}")
        expect(page.locator(ROWS).first).to_be_visible()
        first, _, again = [(page.keyboard.press(key), page.evaluate(FOCUSED))[1] for key in "jjk"]
        assert (view, first >= 0, again) == (view, True, first)
    page.keyboard.press("x")
    expect(page.get_by_role("button", name="Retry 1 unit")).to_be_visible()


def test_keys_search_help_and_lead_elsewhere(page):
    for view in ("jobs", "search", "schedules", "audit", "records", "sources"):
        page.goto(f"/dashboard/{view}")
        expect(page.locator("main .filters input").first).to_be_visible()
        page.keyboard.press("/")
        expect(page.locator("main .filters input").first).to_be_focused()
        page.keyboard.press("Escape")
        page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    expect(page.get_by_role("heading", name="Start a job")).to_be_visible()
    page.keyboard.press("g")
    expect(page.get_by_role("heading", name="Jobs", exact=True)).to_be_visible()


def test_what_changes_by_itself_is_said(scene, page, jobs):
    page.goto(f"/dashboard/jobs/{jobs['held'].id}")
    said = page.get_by_role("status")
    expect(said.filter(has_text="Job paus").first).to_be_attached()
    expect(said.filter(has_text="Lunch").first).to_be_attached()
    page.goto("/dashboard/jobs")
    expect(said.filter(has_text="job").first).to_be_attached()


def test_no_view_is_wider_than_a_phone(page, jobs):
    page.set_viewport_size({"width": 390, "height": 844})
    for view in [*VIEWS, f"jobs/{jobs['bad'].id}", f"jobs/{jobs['held'].id}", f"review/{jobs['review'].id}"]:
        page.goto(f"/dashboard/{view}")
        expect(page.locator("main h1")).to_be_visible()
        assert (view, page.evaluate("document.documentElement.scrollWidth")) <= (view, 390)


def test_what_is_hidden_in_a_wide_table_does_not_widen_the_page(page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/dashboard/keys")
    expect(page.get_by_role("row").nth(1)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_first_view_loads_little(page):
    sizes = []
    page.on(
        "response",
        lambda response: (
            sizes.append(response.request.sizes()["responseBodySize"]) if "/assets/" in response.url else None
        ),
    )
    page.goto("/dashboard/")
    expect(page.get_by_role("heading", name="Jobs")).to_be_visible()
    assert 10_000 < sum(sizes) < 200_000

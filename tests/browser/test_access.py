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
    "system",
    "audit",
    "more",
]
READ = "() => !document.querySelector('[aria-busy=true]') && document.querySelector('main').childElementCount > 1"
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
        page.wait_for_load_state("networkidle") if "jobs" not in view else expect(
            page.locator("main h1")
        ).to_be_visible()
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


def test_no_view_is_wider_than_a_phone(page, jobs):
    page.set_viewport_size({"width": 390, "height": 844})
    for view in [*VIEWS, f"jobs/{jobs['bad'].id}", f"jobs/{jobs['held'].id}", f"review/{jobs['review'].id}"]:
        page.goto(f"/dashboard/{view}")
        expect(page.locator("main h1")).to_be_visible()
        assert (view, page.evaluate("document.documentElement.scrollWidth")) <= (view, 390)


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

"""Watching jobs, and what can be done to them."""

import re
from urllib.parse import quote

from playwright.sync_api import expect


def overview(page):
    return page.get_by_role("region", name="Progress")


def test_a_job_is_watched_paused_and_resumed(scene, page):
    scene.letterbox.gate.clear()
    job = scene.start(units=40)
    page.goto(f"/dashboard/jobs/{job.id}")
    expect(overview(page)).to_contain_text("Running")
    page.get_by_role("button", name="Pause").click()
    page.get_by_label("Reason").fill("The printer is out of paper")
    page.get_by_role("dialog").get_by_role("button", name="Pause").click()
    expect(overview(page)).to_contain_text("Pausing")
    expect(page.get_by_text("The pause", exact=True)).to_be_visible()
    scene.letterbox.gate.set()
    expect(overview(page)).to_contain_text("Paused")
    why = page.get_by_role("region", name="Why it waits")
    expect(why).to_contain_text("The printer is out of paper")
    expect(why.get_by_role("listitem").filter(has_text="At rest")).to_contain_text(re.compile("after|at once"))
    page.get_by_role("button", name="Resume").click()
    expect(overview(page)).to_contain_text("Completed")
    expect(overview(page)).to_contain_text("100 %")


def test_a_hold_is_released_from_where_it_is_explained(scene, page):
    scene.letterbox.gate.clear()
    job = scene.start(units=40)
    job.pause(reason="Lunch")
    scene.letterbox.gate.set()
    page.goto(f"/dashboard/jobs/{job.id}")
    page.get_by_role("region", name="Why it waits").get_by_role("button", name="Release").click()
    expect(overview(page)).to_contain_text("Completed")


def test_a_job_is_cancelled_for_good(scene, page):
    scene.letterbox.gate.clear()
    job = scene.start(units=40)
    page.goto(f"/dashboard/jobs/{job.id}")
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_label("Reason").fill("Wrong list")
    page.get_by_role("button", name="Cancel for good").click()
    expect(overview(page)).to_contain_text("Cancelled")
    assert job.refresh().status == "cancelled"


def test_what_failed_is_grouped_and_tried_again(scene, page):
    job = scene.start(units=9, bad=3)
    job.wait()
    page.goto(f"/dashboard/jobs/{job.id}")
    expect(overview(page)).to_contain_text("Completed, 3 failed")
    group = page.get_by_role("list", name="Errors, the most frequent first").get_by_role("listitem")
    expect(group).to_contain_text("letter <number> has no address")
    scene.letterbox.mended.set()
    group.get_by_role("button", name="Retry these").click()
    expect(page.get_by_role("dialog")).to_contain_text("This becomes run 2")
    page.get_by_role("button", name="Run again").click()
    expect(overview(page)).not_to_contain_text("3 failed")
    expect(page.get_by_text("Run 2 has begun.")).to_be_visible()


def test_the_units_that_were_chosen_are_tried_again(scene, page):
    job = scene.start(units=9, bad=3)
    job.wait()
    page.goto(f"/dashboard/jobs/{job.id}")
    page.get_by_label("Choose unit 1").check()
    scene.letterbox.mended.set()
    page.get_by_role("button", name="Retry 1 unit").click()
    expect(page.get_by_role("dialog")).to_contain_text("1 unit: those you chose")
    page.get_by_role("button", name="Run again").click()
    expect(overview(page)).to_contain_text("Completed, 2 failed")
    assert [result.unit for result in job.results(failed=True)] == [0, 2]


def test_only_what_never_ran_is_tried_again(scene, page):
    job = scene.start("probe", units=4, fail_every=1)
    scene.end(job)
    page.goto(f"/dashboard/jobs/{job.id}")
    expect(overview(page)).to_contain_text("Failed")
    page.get_by_role("button", name="Retry", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text("What failed and what never ran: 4 units")
    expect(page.get_by_label("Only what never ran")).to_have_count(0)  # there is none
    page.keyboard.press("Escape")
    late = scene.client.jobs.create("probe", {"units": 40, "seconds": 0.5}, timeout=1)
    scene.until(late, "timed_out")
    page.goto(f"/dashboard/jobs/{late.id}")
    page.get_by_role("button", name="Retry", exact=True).click()
    page.get_by_label("Only what never ran").check()
    page.get_by_role("button", name="Run again").click()
    expect(page.get_by_text("Run 2 has begun.")).to_be_visible()
    late.cancel()


def test_a_job_that_ended_before_its_units_were_named_is_tried_again(scene, page):
    job = scene.start("probe", units=1, fail_every=1)
    scene.end(job)

    def unnamed(route):
        answer = route.fetch()
        told = answer.json()
        told |= {"stages": [{**stage, "units": 0, "planned": False} for stage in told["stages"]]}
        told |= {"counts": dict.fromkeys(told["counts"], 0)}
        route.fulfill(response=answer, json=told)

    page.route(f"**/api/v1/jobs/{quote(job.id)}", unnamed)
    page.route(f"**/api/v1/jobs/{quote(job.id, safe='')}", unnamed)
    page.goto(f"/dashboard/jobs/{job.id}")
    page.get_by_role("button", name="Retry", exact=True).click()
    expect(page.get_by_label("Only what never ran: 0 units, and those that have no name yet")).to_be_visible()


def test_a_pause_is_given_an_end(scene, page):
    scene.letterbox.gate.clear()
    job = scene.start(units=40)
    page.goto(f"/dashboard/jobs/{job.id}")
    page.get_by_role("button", name="Pause").click()
    page.get_by_label("For how long").select_option("15 minutes")
    page.get_by_role("dialog").get_by_role("button", name="Pause").click()
    why = page.get_by_role("region", name="Why it waits")
    expect(why).to_contain_text(re.compile("ends in 1[45] min"))
    (hold,) = job.refresh().holds
    assert 890 < (hold.until - hold.since).total_seconds() < 910
    job.cancel()


def test_a_job_is_followed_again_after_the_server_was_away(scene, page):
    scene.letterbox.gate.clear()
    job = scene.start(units=4)
    page.goto(f"/dashboard/jobs/{job.id}")
    expect(overview(page)).to_contain_text("Running")
    scene.door.open = False
    expect(page.get_by_text("The server can't be reached")).to_be_visible()
    scene.letterbox.gate.set()
    scene.door.open = True
    expect(overview(page)).to_contain_text("Completed")


def test_results_are_a_file(scene, page):
    job = scene.start(units=3)
    job.wait()
    page.goto(f"/dashboard/jobs/{job.id}")
    files = []
    for button in ("CSV", "JSON Lines"):
        with page.expect_download() as download:
            page.get_by_role("button", name=button, exact=True).click()
        files.append(download.value.path().read_text(encoding="utf-8"))
    assert [len(text.splitlines()) for text in files] == [4, 3]


def test_what_failed_stands_first(scene, page):
    scene.end(job := scene.start("probe", units=120, fail_every=100))
    page.goto(f"/dashboard/jobs/{job.id}")
    shown = page.get_by_role("group", name="Units").locator("tbody tr")
    expect(shown.first).to_contain_text("Failed")
    page.get_by_role("link", name="Succeeded").click()
    expect(shown.first).to_contain_text("Succeeded")
    assert "show=succeeded" in page.url


def test_a_unit_is_shown_in_full(scene, page):
    job = scene.start(units=2, bad=1)
    job.wait()
    page.goto(f"/dashboard/jobs/{job.id}")
    page.get_by_role("button", name="letter 0 has no address").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text('"to": "somebody"')
    expect(dialog).to_contain_text("Attempts1")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_its_history_and_timeline_tell_of_a_pause(scene, page):
    scene.letterbox.gate.clear()
    job = scene.start(units=8)
    job.pause(reason="Lunch")
    scene.letterbox.gate.set()
    page.goto(f"/dashboard/jobs/{job.id}?tab=history")
    expect(page.get_by_role("list", name="What happened, newest first")).to_contain_text(
        "Pause asked for by embedded: Lunch"
    )
    page.get_by_role("link", name="Timeline").click()
    expect(page.locator("svg rect.band")).not_to_have_count(0)
    assert page.url.endswith("?tab=timeline")


def test_its_timeline_shows_each_chunk_to_the_eye_the_keyboard_and_a_screen_reader(scene, page):
    scene.letterbox.gate.clear()
    job = scene.start(units=9, bad=1)
    page.goto(f"/dashboard/jobs/{job.id}?tab=timeline")
    chunks = page.get_by_role("listbox", name="Chunks")
    expect(chunks.get_by_role("option", name="units 0 to 3: running")).to_be_visible()
    assert "url" in page.locator(".chunk.running .body").first.evaluate("bar => getComputedStyle(bar).fill")
    scene.letterbox.gate.set()
    expect(page.get_by_role("row").filter(has_text="Done")).to_have_count(3)
    chunks.focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("region", name="Chunk 1")).to_contain_text("4 of 4")
    page.get_by_role("link", name="Done, some units failed").click()
    expect(page.get_by_role("row").filter(has_text="4 of 4")).to_have_count(1)
    page.get_by_role("row").get_by_role("link").click()
    expect(page.get_by_role("link", name="Chunk 0")).to_be_visible()
    expect(page.locator("table.units tbody tr")).to_have_count(4)


def test_a_timeline_of_a_thousand_chunks_is_drawn_at_once(scene, page):
    job = scene.start(units=4)
    scene.end(job)
    (one,) = scene.client.jobs.chunks(job.id)
    many = [one.model_dump(mode="json") | {"chunk": n, "first": n * 1000, "last": n * 1000 + 999} for n in range(1000)]
    page.route("**/chunks?*", lambda route: route.fulfill(json={"chunks": many, "next_cursor": None}))
    page.goto(f"/dashboard/jobs/{job.id}?tab=timeline")
    expect(page.get_by_role("option")).to_have_count(1000)
    expect(page.get_by_role("button", name="Show all 1,000")).to_be_visible()


def test_a_job_that_starts_after_another_says_so(scene, page):
    scene.letterbox.gate.clear()
    first = scene.start(units=4)
    second = scene.client.jobs.create("letters", {"units": 1}, after=[first.id])
    page.goto(f"/dashboard/jobs/{second.id}")
    expect(page.get_by_role("region", name="Why it waits")).to_contain_text(f"It starts after {first.id}")
    scene.letterbox.gate.set()
    expect(overview(page)).to_contain_text("Completed")


def test_a_job_that_is_over_is_not_followed(scene, page):
    job = scene.start(units=2)
    job.wait()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"/dashboard/jobs/{job.id}?tab=history")
    expect(page.get_by_role("list", name="What happened, newest first")).to_contain_text("Completed")
    assert [url for url in asked if url.endswith("/stream")] == []

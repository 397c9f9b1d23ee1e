"""Starting, reviewing, acting on many, and the whole."""

from playwright.sync_api import expect

ROWS = "id,name,age\n1,Ann,30\n2,Bo,many\n3,Cy,41\n"
COLUMNS = [{"name": "id", "type": "integer"}, {"name": "name"}, {"name": "age", "type": "integer"}]


def imported(scene, table):
    job = scene.start("csv_import", text=ROWS, columns=COLUMNS, unique="id", table=table)
    scene.until(job, "waiting_review")
    return job


def dialog(page):
    return page.get_by_role("dialog")


def test_a_job_is_started_from_the_form_of_its_kind(page):
    page.goto("/dashboard/start")
    page.get_by_role("link", name="Send letters").click()
    page.get_by_label("Title").fill("From the form")
    page.get_by_label("Units", exact=True).fill("3")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_role("region", name="Progress")).to_contain_text("Completed")
    expect(page.get_by_text("From the form")).to_be_visible()


def test_who_is_told_is_named_in_the_form_and_seen_with_the_job(scene, page):
    page.goto("/dashboard/start?kind=letters")
    page.get_by_label("Units", exact=True).fill("1")
    page.get_by_text("Who is told").click()
    page.get_by_label("Tell", exact=True).fill(f"{scene.server.url}/nobody-takes-this")
    page.get_by_role("button", name="Start", exact=True).click()
    told = page.get_by_role("group").filter(has_text="It tells")
    expect(told).to_contain_text("1 waits for its next try")
    told.locator("summary").click()
    expect(told.get_by_role("listitem")).to_contain_text("answered 404")
    page.get_by_role("link", name="Start again").click()
    expect(page.get_by_text("The job before told")).to_be_visible()


def test_a_job_is_started_again_with_the_same(scene, page):
    job = scene.start(title="Once more", units=2)
    page.goto(f"/dashboard/jobs/{job.id}")
    page.get_by_role("link", name="Start again").click()
    expect(page.get_by_label("Title")).to_have_value("Once more")
    expect(page.get_by_label("Units", exact=True)).to_have_value("2")


def test_what_is_wrong_with_a_parameter_stands_at_its_field(page):
    page.goto("/dashboard/start?kind=crawl")
    page.get_by_label("User agent").fill("!")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_label("User agent")).to_have_attribute("aria-invalid", "true")


def test_a_file_is_dropped_in(page):
    page.goto("/dashboard/start?kind=csv_import")
    page.locator("input[type=file]").set_input_files(
        {"name": "People.csv", "mimeType": "text/csv", "buffer": ROWS.encode()}
    )
    expect(page.get_by_text("input.csv", exact=True)).to_be_visible()
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_role("link", name="Review it")).to_be_visible()


def test_some_rows_of_a_draft_are_approved(scene, page):
    job = imported(scene, "some")
    page.goto(f"/dashboard/review/{job.id}")
    expect(page.get_by_role("row").filter(has_text="many")).to_contain_text("age")
    expect(page.get_by_label("Approve row 2")).to_be_disabled()
    page.get_by_label("Approve row 3").uncheck()
    page.get_by_role("button", name="Approve 1 of 2").click()
    dialog(page).get_by_role("button", name="Approve these").click()
    expect(page.get_by_role("region", name="Progress")).to_contain_text("Completed")
    page.goto("/dashboard/records/some")
    expect(page.get_by_role("cell", name="Ann")).to_be_visible()
    expect(page.get_by_role("cell", name="Cy")).to_have_count(0)


def test_a_draft_is_rejected_with_a_reason(scene, page):
    job = imported(scene, "none")
    page.goto("/dashboard/review")
    page.get_by_role("link", name=job.id).click()
    page.get_by_role("button", name="Reject").click()
    dialog(page).get_by_label("Reason").fill("The wrong file")
    dialog(page).get_by_role("button", name="Reject").click()
    expect(page.get_by_text("The wrong file").first).to_be_visible()
    assert job.refresh().status == "cancelled"


def test_many_are_tried_first_and_then_done(scene, page):
    scene.letterbox.gate.clear()
    jobs = [scene.start(title="Many", units=30) for _ in range(3)]
    page.goto("/dashboard/bulk?kind=letters&status=running&status=pending&verb=cancel")
    would = page.get_by_role("region", name="What would happen")
    expect(would).to_contain_text("3 would be cancelled")
    assert all(job.refresh().status in ("pending", "running") for job in jobs)
    page.get_by_role("button", name="Cancel 3 jobs").click()
    expect(page.get_by_role("region", name="What became of it")).to_contain_text("3 of 3 cancelled")
    assert all(job.refresh().status == "cancelled" for job in jobs)


def test_what_became_of_each_is_told_and_why_not(scene, page):
    scene.letterbox.gate.clear()
    held, over = scene.start(title="Bulk", units=30), scene.start("probe", units=0)
    scene.end(over)
    page.goto(f"/dashboard/bulk?verb=pause&id={held.id}&id={over.id}")
    outcome = page.get_by_role("group", name="Outcome of each job").get_by_role("row")
    expect(outcome.filter(has_text=over.id)).to_contain_text("Refused")
    expect(outcome.filter(has_text=held.id)).to_contain_text("Would be done")
    page.get_by_label("Reason").fill("Inventory")
    page.get_by_role("button", name="Pause 1 job").click()
    expect(page.get_by_role("region", name="What became of it")).to_contain_text("1 of 1 paused, 1 not")
    expect(outcome.filter(has_text=held.id)).to_contain_text("Done")
    expect(outcome.filter(has_text=over.id)).to_contain_text("cannot pause a job that is completed")
    assert held.refresh().holds[0].reason == "Inventory"
    page.get_by_role("button", name="Resume", exact=True).click()
    page.get_by_role("button", name="Resume 1 job").click()
    expect(page.get_by_role("region", name="What became of it")).to_contain_text("1 of 1 resumed")
    held.cancel()


def test_many_that_failed_are_tried_again(scene, page):
    params = {"title": "Again", "units": 3, "bad": 3}
    jobs = [scene.client.jobs.create("letters", params, labels={"of": "again"}) for _ in range(2)]
    for job in jobs:
        scene.end(job)
    scene.letterbox.mended.set()
    page.goto("/dashboard/bulk?label=of%3Dagain&status=failed&verb=retry")
    page.get_by_role("button", name="Retry 2 jobs").click()
    expect(page.get_by_role("region", name="What became of it")).to_contain_text("2 of 2 retried")
    assert all(job.wait().status == "completed" for job in jobs)


def test_the_whole_is_held_and_released(scene, page):
    page.goto("/dashboard/system")
    page.get_by_role("button", name="Pause all processing").click()
    dialog(page).get_by_label("Reason").fill("Moving house")
    dialog(page).get_by_role("button", name="Pause everything").click()
    expect(page.get_by_text("Everything is held", exact=True)).to_be_visible()
    job = scene.start(units=2)
    page.goto(f"/dashboard/jobs/{job.id}")
    expect(page.get_by_role("region", name="Why it waits")).to_contain_text("The whole system held by embedded")
    page.get_by_role("button", name="Release").click()
    expect(page.get_by_role("region", name="Progress")).to_contain_text("Completed")


def test_the_audit_log_tells_who_did_what_and_is_verified(scene, page):
    scene.end(scene.start(units=1))
    page.goto("/dashboard/audit?action=jobs.create")
    expect(page.get_by_role("table").get_by_role("row").nth(1)).to_contain_text("embedded")
    page.get_by_role("button", name="Verify the log").click()
    expect(page.get_by_text("What was done is as it was written.")).to_be_visible()


def test_a_source_is_added_found_and_deleted(page):
    page.goto("/dashboard/sources")
    page.get_by_role("button", name="Add a source").click()
    dialog(page).get_by_label("Title").fill("On swifts")
    dialog(page).get_by_label("Text").fill("Swifts sleep in the air, and nest under roofs.")
    dialog(page).get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("row").filter(has_text="On swifts")).to_contain_text("Completed")
    page.goto("/dashboard/search?q=swifts+nest")
    expect(page.get_by_role("listitem").filter(has_text="under roofs")).to_be_visible()
    page.goto("/dashboard/sources")
    page.get_by_role("button", name="Delete On swifts").click()
    dialog(page).get_by_role("button", name="Delete").click()
    expect(page.get_by_role("row").filter(has_text="On swifts")).to_have_count(0)


def test_a_batch_shows_the_tags_of_each_document(page, samples):
    page.goto("/dashboard/batches")
    page.get_by_role("button", name="Tag documents").click()
    dialog(page).get_by_label("Documents").fill(f"{samples}/swifts.md\n{samples}/none.md")
    dialog(page).get_by_role("button", name="Start").click()
    expect(page.get_by_role("row").filter(has_text="swifts.md")).to_contain_text("swifts")
    expect(page.get_by_role("row").filter(has_text="none.md")).to_contain_text("Failed")

"""Keys, schedules, queues and limits, costs; and what somebody may not do."""

import re

import pytest
from fermata_client import Client
from playwright.sync_api import expect


def dialog(page):
    return page.get_by_role("dialog")


def test_a_key_is_made_shown_once_and_revoked(scene, page):
    page.goto("/dashboard/keys")
    page.get_by_role("button", name="Create a key").click()
    dialog(page).get_by_label("What for").fill("Nightly import")
    dialog(page).get_by_label("For how long").select_option("30 days")
    dialog(page).get_by_role("button", name="Create").click()
    made = page.get_by_role("dialog", name="The new key").locator("code").inner_text()
    with Client(scene.server.url, api_key=made) as nightly:
        assert nightly.keys is not None and list(nightly.jobs.list()) is not None
    page.get_by_role("button", name="I have kept it").click()
    row = page.get_by_role("row").filter(has_text="Nightly import")
    expect(row).to_contain_text(re.compile("control, read.*Good.*until", re.DOTALL))
    expect(page.get_by_text(made)).to_have_count(0)
    row.get_by_role("button", name="Revoke Nightly import").click()
    dialog(page).get_by_role("button", name="Revoke").click()
    expect(row).to_contain_text("Revoked")


def test_a_webhook_is_made_tested_and_what_was_given_up_is_sent_again(page):
    page.goto("/dashboard/webhooks")
    page.get_by_role("button", name="Create a webhook").click()
    dialog(page).get_by_label("Name").fill("Failures to the team")
    dialog(page).get_by_label("Address").fill("http://127.0.0.1:9/hook")
    dialog(page).get_by_role("button", name="Create").click()
    secret = page.get_by_role("dialog", name="The secret").locator("code").inner_text()
    assert secret.startswith("whsec_")
    page.get_by_role("button", name="I have kept it").click()
    expect(page.get_by_role("heading", name="Failures to the team")).to_be_visible()
    page.get_by_role("button", name="Send a test").click()
    sent = page.get_by_role("group", name="Deliveries").get_by_role("row").nth(1)
    expect(sent).to_contain_text("webhook.test")
    page.get_by_role("button", name="Disable").click()
    dialog(page).get_by_role("button", name="Disable").click()
    expect(sent).to_contain_text("Given up")
    page.get_by_role("button", name="Enable").click()
    page.get_by_role("link", name="Given up").click()
    page.get_by_role("button", name="Send all again").click()
    expect(page.get_by_text("1 delivery sent again.")).to_be_visible()


def test_a_schedule_is_made_by_the_form_paused_run_and_deleted(page):
    page.goto("/dashboard/start?kind=letters&when=schedule")
    page.get_by_label("Name", exact=True).fill("Monday's letters")
    page.get_by_label("How often").select_option("Once a week")
    page.get_by_label("At", exact=True).fill("07:15")
    page.get_by_label("Units", exact=True).fill("2")
    expect(page.get_by_text("on Mondays at 07:15")).to_be_visible()
    page.get_by_role("button", name="Create the schedule").click()
    expect(page.get_by_role("heading", name="Monday's letters")).to_be_visible()
    expect(page.get_by_role("region", name="Next times").get_by_role("listitem")).to_have_count(5)
    page.keyboard.press("p")
    dialog(page).get_by_label("Reason").fill("Holidays")
    dialog(page).get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Holidays")).to_be_visible()
    page.keyboard.press("r")
    expect(page.get_by_text("Holidays")).to_have_count(0)
    page.get_by_role("button", name="Run now").click()
    expect(page.get_by_role("region", name="Progress")).to_contain_text("Completed")
    page.goto("/dashboard/schedules?q=monday")
    page.get_by_role("link", name="Monday's letters").click()
    expect(page.get_by_role("group", name="History").get_by_role("row").nth(1)).to_contain_text("by hand")
    page.get_by_role("button", name="Delete").click()
    dialog(page).get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No schedules yet")).to_be_visible()


@pytest.fixture
def daily(scene):
    made = scene.client.schedules.create("Daily letters", "cron(0 5 * * ? *)", "letters", {"units": 1})
    yield made
    scene.client.schedules.delete(made.id)


def test_a_backfill_is_tried_before_it_is_done(scene, page, daily):
    page.goto(f"/dashboard/schedules/{daily.id}")
    page.get_by_role("button", name="Backfill").click()
    dialog(page).get_by_label("From").fill("2026-01-05T00:00")
    dialog(page).get_by_label("To, not with it").fill("2026-01-08T00:00")
    dialog(page).get_by_role("button", name="See what would start").click()
    expect(dialog(page)).to_contain_text("3 jobs would start")
    assert list(scene.client.schedules.history(daily.id)) == []
    dialog(page).get_by_role("button", name="Start 3 jobs").click()
    expect(page.get_by_role("group", name="History").get_by_role("row")).to_have_count(4)


def test_a_schedule_is_changed_in_the_form_that_made_it(scene, page, daily):
    page.goto(f"/dashboard/start?schedule={daily.id}")
    expect(page.get_by_label("At", exact=True)).to_have_value("05:00")
    page.get_by_label("How often").select_option("On weekdays")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("on weekdays at 05:00")).to_be_visible()
    assert scene.client.schedules.get(daily.id).expression == "cron(0 5 ? * MON-FRI *)"


def test_queues_and_limits_are_told(scene, page):
    scene.server.works.clear()
    page.goto("/dashboard/system")
    queues = page.get_by_role("region", name="Queues and workers")
    expect(queues.get_by_role("row").filter(has_text="express")).to_contain_text("Quick work")
    job = scene.start(units=8)
    expect(queues).to_contain_text(re.compile(r"Quick work express\s*[1-9]"))
    expect(page.get_by_role("region", name="Limits")).to_contain_text("Units of a job")
    scene.server.works.set()
    scene.end(job)


def test_a_job_says_what_it_has_cost(scene, page):
    job = scene.start(units=4)
    scene.end(job)
    page.goto(f"/dashboard/jobs/{job.id}")
    page.get_by_text("It cost about").click()
    expect(page.get_by_role("group").filter(has_text="It cost about")).to_contain_text("Step Functions")


def test_labels_and_what_a_job_starts_after_are_given_in_the_form(scene, page):
    first = scene.start(units=1)
    page.goto("/dashboard/start?kind=letters")
    page.get_by_text("How the engine runs it").click()
    page.get_by_label("Labels").fill("team=post\nurgent")
    page.get_by_label("Starts after", exact=True).fill(first.id)
    page.get_by_role("button", name="Start", exact=True).click()
    page.get_by_role("list", name="Labels").get_by_role("link", name="team=post").click()
    expect(page.get_by_role("table", name="Jobs").locator(".rows .row")).to_have_count(1)
    assert page.url.endswith("label=team%3Dpost")


def test_a_reader_sees_all_and_is_told_what_the_key_may_not(scene, context, sign_in):
    scene.letterbox.gate.clear()
    job = scene.start(units=20)
    reader = scene.client.keys.create("reader", scopes=["read"])
    sign_in(context, reader.key)
    page = context.new_page()
    page.goto(f"/dashboard/jobs/{job.id}")
    pause = page.get_by_role("button", name="Pause")
    expect(pause).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("p")
    expect(page.get_by_role("status").filter(has_text="lacks the scope control")).to_be_visible()
    expect(dialog(page)).to_have_count(0)
    expect(page.get_by_role("link", name="Keys")).to_have_count(0)
    page.goto("/dashboard/system")
    expect(page.get_by_role("region", name="Queues and workers")).to_contain_text("with the scope admin")


def test_another_users_job_is_not_offered_for_steering(scene, context, sign_in):
    scene.letterbox.gate.clear()
    job = scene.start(units=20)
    ben = scene.client.keys.create("ben")
    sign_in(context, ben.key)
    page = context.new_page()
    page.goto(f"/dashboard/jobs/{job.id}")
    cancel = page.get_by_role("button", name="Cancel", exact=True)
    expect(cancel).to_have_attribute("title", re.compile("It is embedded's"))
    cancel.click(force=True)
    expect(dialog(page)).to_have_count(0)
    assert scene.client.jobs.get(job.id).status != "cancelled"

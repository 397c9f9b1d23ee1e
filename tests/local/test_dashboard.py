"""The dashboard of the deployed local stack, used as a person would use it."""

import re
from collections.abc import Callable, Iterator

import chromium
import httpx
import pytest
from fermata.local import stack as local
from playwright.sync_api import Browser, BrowserContext, Page, expect

pytestmark = pytest.mark.local

OURS, OTHERS = "sk_test_123456", "sk_test_other"
ROWS = "id,name,age\n1,Ann,30\n2,Bo,many\n3,Cy,41\n"

Start = Callable[..., str]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if chromium.found() is None:
        pytest.skip("there is no Chromium here: apt-get install chromium")
    with chromium.browser() as opened:
        yield opened


@pytest.fixture
def context(browser: Browser, stack: local.Stack) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=stack.api_url)
    context.set_default_timeout(30_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A page of somebody who has signed in."""
    assert context.request.post("/api/v1/session", data={"api_key": OURS}).status == 201
    return context.new_page()


@pytest.fixture
def start(stack: local.Stack) -> Start:
    def start(kind: str = "probe", **params: object) -> str:
        body = {"kind": kind, "params": params, "labels": {"of": "the-dashboard"}}
        headers = {"X-API-Key": OURS}
        return str(httpx.post(f"{stack.api_url}/api/v1/jobs", json=body, headers=headers, timeout=60).json()["id"])

    return start


def shows(page: Page, text: str | re.Pattern[str]) -> None:
    """The job's progress has come to say this."""
    expect(page.get_by_role("region", name="Progress")).to_contain_text(text, timeout=60_000)


def confirm(page: Page, verb: str) -> None:
    page.get_by_role("dialog").get_by_role("button", name=verb, exact=True).click()


def test_a_newcomer_signs_in_imports_a_file_and_reviews_it(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/dashboard/start?kind=csv_import")
    page.get_by_label("API key").fill(OURS)
    page.get_by_role("button", name="Sign in").click()
    file = {"name": "People.csv", "mimeType": "text/csv", "buffer": ROWS.encode()}
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_label("Columns").fill(
        '[{"name": "id", "type": "integer"}, {"name": "name"}, {"name": "age", "type": "integer"}]'
    )
    page.get_by_role("button", name="Start", exact=True).click()
    page.get_by_role("link", name="Review it").click(timeout=60_000)
    expect(page.get_by_label("Approve row 2")).to_be_disabled()
    page.get_by_role("button", name="Approve all").click()
    confirm(page, "Approve")
    shows(page, "Completed")
    page.goto("/dashboard/records/records")
    expect(page.get_by_role("cell", name="Cy")).to_be_visible()


def test_a_job_is_watched_and_paused_in_one_tab_and_resumed_and_cancelled_in_another(
    context: BrowserContext, page: Page, start: Start
) -> None:
    job = start(units=4000, seconds=0.2)
    page.goto(f"/dashboard/jobs/{job}")
    page.get_by_role("button", name="Pause").click(timeout=60_000)
    page.get_by_label("Reason").fill("The printer is out of paper")
    confirm(page, "Pause")
    shows(page, "Paused")
    other = context.new_page()
    other.goto(f"/dashboard/jobs/{job}")
    expect(other.get_by_role("region", name="Why it waits")).to_contain_text("out of paper")
    other.get_by_role("button", name="Resume").click()
    shows(page, "Running")
    other.get_by_role("button", name="Cancel", exact=True).click()
    confirm(other, "Cancel for good")
    shows(page, "Cancelled")


def test_what_failed_is_tried_again(page: Page, start: Start) -> None:
    job = start(units=20, fail_every=10)
    page.goto(f"/dashboard/jobs/{job}")
    shows(page, "Completed, 2 failed")
    expect(page.get_by_text("It cost about")).to_be_visible()
    page.get_by_role("button", name="Retry", exact=True).click()
    confirm(page, "Run again")
    expect(page.get_by_text("Run 2 has begun.")).to_be_visible()


def test_many_are_tried_first_and_then_done(page: Page, start: Start) -> None:
    for _ in range(2):
        start(units=2000, seconds=0.2)
    page.goto("/dashboard/bulk?label=of%3Dthe-dashboard&verb=cancel")
    expect(page.get_by_role("region", name="What would happen")).to_contain_text("2 would be cancelled")
    page.get_by_role("button", name="Cancel 2 jobs").click()
    expect(page.get_by_role("region", name="What became of it")).to_contain_text("2 of 2 cancelled")


def test_the_list_goes_on_by_itself_after_the_server_was_away(
    context: BrowserContext, page: Page, start: Start
) -> None:
    page.goto("/dashboard/jobs")
    expect(page.get_by_role("table", name="Jobs")).to_be_visible()
    context.set_offline(True)
    expect(page.get_by_text("The server can't be reached")).to_be_visible(timeout=60_000)
    context.set_offline(False)
    job = start(units=0)
    expect(page.get_by_role("row").filter(has_text=job)).to_contain_text("Completed", timeout=60_000)
    expect(page.get_by_text("The server can't be reached")).to_have_count(0)


def test_signing_out_in_one_tab_signs_out_the_other_and_another_tenant_sees_nothing(
    context: BrowserContext, page: Page, start: Start
) -> None:
    job = start(units=0)
    page.goto(f"/dashboard/jobs/{job}")
    other = context.new_page()
    other.goto("/dashboard/jobs")
    other.get_by_role("button", name="Sign out").click()
    page.get_by_label("API key").fill(OTHERS)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("There is no such job")).to_be_visible()

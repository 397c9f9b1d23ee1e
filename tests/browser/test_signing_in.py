"""Signing in and out, tabs, tenants."""

from playwright.sync_api import expect


def test_a_wrong_key_is_told_so_and_a_right_one_leads_to_where_one_wanted(scene, anybody):
    job = scene.start()
    anybody.goto(f"/dashboard/jobs/{job.id}")
    anybody.get_by_label("API key").fill("sk_wrong")
    anybody.get_by_role("button", name="Sign in").click()
    expect(anybody.get_by_role("alert")).to_contain_text("not valid")
    anybody.get_by_label("API key").fill(scene.server.api_key)
    anybody.get_by_role("button", name="Sign in").click()
    expect(anybody.get_by_role("heading", name="Send letters")).to_be_visible()


def test_whoever_signs_in_elsewhere_comes_back_to_where_one_wanted(issuer, scene, anybody):
    issuer.claims |= {"tenant": "default", "scope": "openid read control"}
    job = scene.start(title="For Ann")
    anybody.goto(f"/dashboard/jobs/{job.id}?tab=history")
    anybody.get_by_role("link", name="Sign in at localhost").click()
    expect(anybody.get_by_role("heading", name="Send letters")).to_be_visible()
    assert anybody.url == f"{scene.server.url}/dashboard/jobs/{job.id}?tab=history"
    expect(anybody.get_by_text("ann@example")).to_be_visible()
    anybody.reload()
    anybody.get_by_role("button", name="Sign out").click()
    expect(anybody.get_by_role("link", name="Sign in at localhost")).to_be_visible()


def test_no_script_can_read_who_is_signed_in(context, page):
    page.goto("/dashboard/")
    expect(page.get_by_role("heading", name="Jobs")).to_be_visible()
    assert [cookie["httpOnly"] for cookie in context.cookies()] == [True]
    assert page.evaluate("[document.cookie, localStorage.length, sessionStorage.length]") == ["", 0, 0]


def test_signing_out_in_one_tab_signs_out_the_others(context, page):
    page.goto("/dashboard/")
    other = context.new_page()
    other.goto("/dashboard/")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("API key")).to_be_visible()
    expect(other.get_by_label("API key")).to_be_visible()


def test_another_tenant_sees_none_of_it(scene, context, sign_in, other_key):
    job = scene.start(title="Not for everybody")
    sign_in(context, other_key)
    page = context.new_page()
    page.goto("/dashboard/jobs")
    expect(page.get_by_text("No jobs yet")).to_be_visible()
    page.goto(f"/dashboard/jobs/{job.id}")
    expect(page.get_by_text("There is no such job")).to_be_visible()

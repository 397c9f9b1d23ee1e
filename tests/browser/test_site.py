"""The site of docs/, opened as files, with no network at all."""

import re

import pytest
from fermata.local.template import project_root
from playwright.sync_api import expect

SITE = project_root() / "build" / "site"
pytestmark = pytest.mark.skipif(not (SITE / "index.html").is_file(), reason="make site builds it")
FOREIGN = re.compile(
    r'<(?:script|img|iframe)[^>]+src="?(https?:[^">\s]+)|<link[^>]+stylesheet[^>]+href="?(https?:[^">\s]+)'
)


def test_no_page_loads_anything_from_elsewhere():
    pages = [*SITE.rglob("*.html")]
    assert len(pages) > 30
    assert [(page.name, found) for page in pages for found in FOREIGN.findall(page.read_text(encoding="utf-8"))] == []


def test_it_is_searched_offline(browser):
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 900})
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url) if not request.url.startswith("file:") else None)
    page.goto((SITE / "index.html").as_uri())
    page.get_by_placeholder("Search").click()
    page.keyboard.type("conformance kit")
    found = page.locator(".md-search-result__item").filter(has_text="Conformance")
    expect(found.first).to_be_visible()
    found.first.get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert asked == []
    context.close()

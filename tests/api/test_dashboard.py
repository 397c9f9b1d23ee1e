"""The dashboard's files over HTTP."""

from __future__ import annotations

import gzip
import hashlib
import re
from importlib import resources

import pytest

TRANSFERRED = 200_000
"""Bytes that a browser may load at most."""


@pytest.fixture
def client(service):
    return service.client()


@pytest.fixture
def page(client):
    response = client.get("/dashboard/")
    assert response.status_code == 200
    return response


def assets(page):
    return sorted(set(re.findall(r'"(/dashboard/assets/[^"]+)"', page.text)))


def test_the_address_of_the_api_leads_to_it(client):
    response = client.get("/", follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (302, "/dashboard/")


def test_every_address_of_a_view_is_answered_by_the_page(client, page):
    assert client.get("/dashboard/jobs/jobs%3Aone?tab=timeline").text == page.text


def test_its_policy_lets_nothing_run_but_its_own_files(page):
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=", page.text) is None


def test_its_files_may_be_kept_for_ever_and_the_page_is_asked_for_again(client, page):
    script = next(path for path in assets(page) if path.endswith("/dashboard.js"))
    assert "immutable" in client.get(script).headers["cache-control"]
    again = client.get("/dashboard/", headers={"If-None-Match": page.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_file_of_another_version_is_not_kept(client, page):
    script = next(path for path in assets(page) if path.endswith("/dashboard.js"))
    other = re.sub(r"assets/\w+", "assets/other", script)
    assert client.get(other).headers["cache-control"] == "no-store"


def test_all_of_it_is_small(client, page):
    sizes = [len(client.get(path, headers={"Accept-Encoding": "identity"}).content) for path in assets(page)]
    compressed = [gzip.compress(client.get(path).content, 9) for path in assets(page)]
    assert len(sizes) == 4
    assert sum(map(len, compressed)) < TRANSFERRED


def test_who_takes_no_gzip_gets_none(client, page):
    script = next(path for path in assets(page) if path.endswith("/dashboard.js"))
    plain = client.get(script, headers={"Accept-Encoding": "identity"})
    packed = client.get(script, headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert (packed.headers["content-encoding"], packed.content) == ("gzip", plain.content)


@pytest.mark.parametrize(
    "path", ["assets/x/__init__.py", "assets/x/app.js", "assets/x/../../environment.py", "assets/x/vendor/README.md"]
)
def test_nothing_else_of_its_folder_is_served(client, path):
    assert client.get(f"/dashboard/{path}").headers["content-type"].startswith(("text/plain", "text/html"))
    assert "fermata.api" not in client.get(f"/dashboard/{path}").text


def test_the_library_is_the_one_that_is_named():
    vendor = resources.files("fermata_dashboard") / "vendor"
    digest = hashlib.sha256((vendor / "htm-preact.js").read_bytes()).hexdigest()
    assert digest in (vendor / "README.md").read_text()

"""Small sites of ``tests/corpus/crawl``, each with what a crawl of it asks for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

CORPUS = Path(__file__).parents[2] / "corpus" / "crawl"


@pytest.mark.parametrize("name", sorted(path.stem for path in CORPUS.glob("*.json")))
def test_a_site_is_crawled_as_expected(jobs: Any, web: Any, name: str) -> None:
    case = json.loads((CORPUS / f"{name}.json").read_text())
    for path, page in case["pages"].items():
        page = {"body": page} if isinstance(page, str) else page
        body = page.get("body", "").replace("{site}", web.url(""))
        web.answer(path, body.encode(), page.get("status", 200), Content_Type="text/html", **page.get("headers", {}))
    ref = jobs.run("crawl", url=web.url("/"), delay=0, **case["params"])
    asked = sorted(path for _, path, _, _ in web.requests if path != "/robots.txt")
    assert asked == case["fetched"]
    assert (jobs.counts(ref)[1], (jobs.job(ref).result or {}).get("repeated", 0)) == (case["failed"], case["repeated"])

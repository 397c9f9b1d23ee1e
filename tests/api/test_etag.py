"""Tags of statuses that are polled."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fermata.api.etag import polled, tag_of
from fermata.domain.chunks import Counts
from fermata.domain.jobs import Job

JOB = Job(tenant="a", id="tasks:1", family="tasks", kind="crawl", workspace="w", user="u", created_at=1.0, rev=3)
TAG = tag_of(JOB, Counts(3, 1, 0))


@pytest.mark.parametrize(
    "other",
    [
        tag_of(replace(JOB, rev=4), Counts(3, 1, 0)),
        tag_of(JOB, Counts(3, 2, 0)),
        tag_of(JOB, Counts(3, 0, 1)),
        tag_of(JOB, Counts(4, 1, 0)),
        tag_of(replace(JOB, tenant="b"), Counts(3, 1, 0)),
    ],
)
def test_whatever_a_status_shows_changes_its_tag(other: str) -> None:
    assert other != TAG
    assert tag_of(JOB, Counts(3, 1, 0)) == TAG


@pytest.mark.parametrize("header", [TAG, TAG.removeprefix("W/"), f'"x", {TAG}', "*"])
def test_a_caller_who_has_the_answer_is_told_so(header: str) -> None:
    answer = polled(header, TAG, lambda: pytest.fail("it was made"))
    assert (answer.status_code, answer.body, answer.headers["etag"]) == (304, b"", TAG)


@pytest.mark.parametrize("header", [None, "", '"x"', TAG[:-2], "W/", TAG.strip('W/"')])
def test_a_caller_who_has_another_answer_gets_this_one(header: str | None) -> None:
    answer = polled(header, TAG, lambda: {"a": 1})
    assert (answer.status_code, answer.body, answer.headers["etag"]) == (200, b'{"a":1}', TAG)
    assert answer.headers["cache-control"] == "private, no-cache"

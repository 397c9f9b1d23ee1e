from __future__ import annotations

import pytest
from fermata.api import formatting
from fermata.domain.chunks import Counts
from fermata.domain.transitions import Status

LEGAL = {
    "batch": (formatting.BATCH, {"pending", "processing", "completed", "failed", "cancelled", "paused"}),
    "tasks": (formatting.TASKS, {"pending", "running", "completed", "failed", "cancelled"}),
    "processes": (formatting.PROCESSES, {"pending", "running", "waiting_review", "completed", "failed", "cancelled"}),
}


@pytest.mark.parametrize("family", LEGAL)
@pytest.mark.parametrize("status", Status)
def test_every_status_has_a_legal_word_in_every_family(family: str, status: Status) -> None:
    words, legal = LEGAL[family]
    assert words[status] in legal
    if status.final:
        assert words[status] == ("failed" if status is Status.TIMED_OUT else status.value)


def test_a_share_is_whole_only_when_every_unit_is_settled() -> None:
    almost = Counts(1_000_000, 999_998, 1)
    assert formatting.share(almost, Status.RUNNING) < 1.0
    assert formatting.share(Counts(4, 1, 1), Status.RUNNING) == 0.5


def test_a_job_without_units_is_done_once_it_is_completed() -> None:
    assert [formatting.share(Counts(), status) for status in (Status.PENDING, Status.COMPLETED, Status.CANCELLED)] == [
        0,
        1,
        0,
    ]


def test_times_have_seconds_and_the_zone_where_it_is_wanted() -> None:
    assert formatting.naive_time(1_776_070_800.9) == "2026-04-13T09:00:00"
    assert formatting.zoned_time(1_776_070_800.9) == "2026-04-13T09:00:00Z"
